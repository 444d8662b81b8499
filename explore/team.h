/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team.h - threads that look ahead: where the moves of many states lead, as far as that is
 * known without asking a VM.
 *
 * They change nothing that others see: neither automata, nor words, nor which states have been
 * found. What is new they put into the store, but it gets no number. So whoever goes on from
 * those states, one after the other, finds what they would have found alone, in the same
 * order; only sooner. A state that has a move which is not known yet, or that ends in another
 * way than in a state, is left to be gone on from alone.
 */
#ifndef BATON_EXPLORE_TEAM_H
#define BATON_EXPLORE_TEAM_H

#include "model.h"
#include "store.h"

struct team;

/* Where a move leads. */
struct team_move {
	struct move move;
	bool gets_on; /* as model_gets_on() has it */
	uint32_t number; /* of the state; STORE_NONE: it had none when the team looked … */
	struct store_string *string; /* … and is this */
};

/* `threads` besides the caller's own, or as many as there can be. The rest is borrowed. NULL: no memory. */
struct team *team_new(unsigned threads, const struct model *model, struct store *states);

/* NULL is allowed. */
void team_free(struct team *team);

/* Looks at `count` states from a number on. 0 or -ENOMEM. */
int team_look(struct team *team, uint32_t first, uint32_t count);

/*
 * The moves of one of them, in order. NULL: it is to be gone on from alone. To be asked for state
 * by state, in order. Good until the team looks again.
 */
const struct team_move *team_moves(struct team *team, uint32_t number, size_t *count);

#endif
