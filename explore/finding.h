/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finding.h - what ends a search: shared by its orders.
 */
#ifndef BATON_EXPLORE_FINDING_H
#define BATON_EXPLORE_FINDING_H

#include "search.h"

/* The orders. 0 or -errno with a diagnostic; what they find stands in the search. */
int search_breadth(struct search *search, struct baton_diag *diag);
int search_depth(struct search *search, struct baton_diag *diag);
int search_walks(struct search *search, struct baton_diag *diag);

/* The state in which a search begins: MOVE_DONE, or as model_first(). */
enum move_end finding_first(struct search *search, struct state *state, struct baton_diag *diag);

/* The number of a state, which is new or not; STORE_NONE: out of memory. */
uint32_t finding_add_state(struct search *search, const struct state *state, bool *is_new);

/*
 * Each sets the verdict, and who and why, and returns 1; or 0 where there is nothing to be
 * found, or -errno. The way there is the caller's to set.
 */

/* A move that ended otherwise than MOVE_DONE, in the state `after`. */
int finding_of_move(struct search *search, enum move_end end, const struct state *after);

/* A state without moves: all have ended, as they should; or in a way that is wrong; or not all. */
int finding_of_end(struct search *search, const struct state *state);

/* Nothing was found, but not all was searched. */
int finding_of_bound(struct search *search, const char *which);

#endif
