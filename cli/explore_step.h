/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_step.h - one move of a schedule, in words: who does what, and where in its program.
 */
#ifndef BATON_CLI_EXPLORE_STEP_H
#define BATON_CLI_EXPLORE_STEP_H

#include "exploration.h"
#include "symbols.h"

/* One move. */
struct explore_step {
	struct move move;
	const struct node *node; /* where its VM stood, until the automaton grows; of a store that
				    lands, NULL */
	bool writes;		 /* READ: and writes, in one */
	bool passes;		 /* OPEN: no interrupt comes; nobody wants to read of that */
	uint64_t value, stored;	 /* what was read, written, passed or chosen, or the interrupt's line;
				    what an atomic one wrote */
	size_t region;		 /* SIZE_MAX: no access to one */
	uint32_t offset;
	unsigned size;
	uint64_t queued;	 /* stores of the VM on their way, after the move */
	bool forwarded;		 /* READ: from a store of its own that is on its way */
	uint32_t unseen;	 /* READ: others whose store to it is on its way; a bit each */

	struct symbols_place place; /* in its image, as far as it has symbols */
	char source[120];	    /* that line, or "" */
	char instruction[96];	    /* or "" */
	char text[128];		    /* what the move does */
};

/* Symbols of all VMs, for those below. */
struct symbols **explore_symbols_open(const struct scenario *scenario);
void explore_symbols_close(const struct scenario *scenario, struct symbols **symbols);

/* What a move is about to do, from the state before it. */
void explore_step_look(struct explore_step *step, struct exploration *exploration,
		       struct symbols *const *symbols, const struct state *before, struct move move);

/* Makes it, from the same state, and completes what is known of it. */
enum move_end explore_step_make(struct explore_step *step, struct exploration *exploration,
				struct state *state, struct baton_diag *diag);

/* Who is in which section, a bit each, after a step from a node was made. */
void explore_note_section(const struct node *node, uint32_t *inside);

/* The name of a call, or NULL. */
const char *explore_call_name(uint64_t port);

#endif
