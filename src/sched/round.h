/* SPDX-License-Identifier: Apache-2.0 */
/*
 * round.h - round robin: what the policies `turns` and `quantum` share. They
 * differ in what limits a turn.
 *
 * State: a ring of the runnable entities, doubly linked by number. The entity
 * that has the turn stays at the front until the turn ends; then, if it is still
 * runnable, it goes to the back, and so does whoever wakes.
 *
 * Every operation is O(1). An entity that stays runnable waits for at most one
 * turn of each of the others. Weights are ignored.
 */
#ifndef BATON_SCHED_ROUND_H
#define BATON_SCHED_ROUND_H

#include "baton/sched.h"

/* Prepares the state; a turn is limited to `slice_ns` and `exits`. */
void baton__round_init(void *state, uint32_t capacity, uint64_t slice_ns, uint64_t exits);

/* The other operations of struct baton_sched_ops. */
size_t baton__round_size(uint32_t capacity);
int baton__round_add(void *state, baton_entity_t e, const struct baton_sched_entity *what,
		     uint64_t now, struct baton_diag *diag);
void baton__round_remove(void *state, baton_entity_t e, uint64_t now);
void baton__round_wake(void *state, baton_entity_t e, uint64_t now);
void baton__round_ran(void *state, baton_entity_t e, uint64_t ns, enum baton_why why, uint64_t now);
struct baton_sched_pick baton__round_pick(void *state, uint64_t now);

#endif
