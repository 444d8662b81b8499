/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team.h - threads that look ahead: where the moves of many states lead, as far as that is
 * known without asking a VM.
 *
 * They change nothing that others see: neither automata, nor words, nor the states that have
 * been found. So whoever goes on from those states, one after the other, finds what they
 * would have found alone, in the same order; only sooner. A state that has a move which is
 * not known yet, or that ends in another way than in a state, is left to be gone on from alone.
 */
#ifndef BATON_EXPLORE_TEAM_H
#define BATON_EXPLORE_TEAM_H

#include "model.h"
#include "store.h"

struct team;

/* Where a move leads. */
struct team_move {
	struct move move;
	uint32_t number; /* of the state; STORE_NONE: it had not been found when the team looked … */
	const void *bytes; /* … and is this, encoded … */
	uint32_t size, hash; /* … with its hash */
	uint32_t node_before; /* where the VM stood … */
	uint32_t node_after; /* … and stands */
};

/* `threads` besides the caller's own. The rest is borrowed. NULL: no threads, or no memory. */
struct team *team_new(unsigned threads, const struct model *model, const struct store *states);

/* NULL is allowed. */
void team_free(struct team *team);

/* Looks at `count` states from a number on; until that is over, nothing may change. 0 or -ENOMEM. */
int team_look(struct team *team, uint32_t first, uint32_t count);

/*
 * The moves of one of them, in order. NULL: it is to be gone on from alone. Good until the team
 * looks again.
 */
const struct team_move *team_moves(const struct team *team, uint32_t number, size_t *count);

/* Behind the last of the moves that lie behind those of that state, which are others'. */
const struct team_move *team_end(const struct team *team, uint32_t number);

#endif
