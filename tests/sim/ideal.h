/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ideal.h - the fluid ideal, worked out the long way: after every event the lag
 * of every entity is computed anew as an exact fraction. What the lag meter and
 * the policies are held against.
 */
#ifndef BATON_TESTS_SIM_IDEAL_H
#define BATON_TESTS_SIM_IDEAL_H

#include "baton/sched.h"
#include "sched/lag.h"

#define IDEAL_MOST 1024

struct ideal {
	uint32_t count;
	uint64_t weight[IDEAL_MOST];
	bool runnable[IDEAL_MOST];
	uint64_t served_ns[IDEAL_MOST]; /* since the set changed */
	uint64_t charged_ns;		/* to all, since the set changed */
	uint64_t total;			/* weight of the runnable */
	bool later;
	struct baton__lag_stats stats;

	/* Beyond single sets: what an entity is entitled to since it last ran, in ns. */
	long double virtual_time, since[IDEAL_MOST], longest_wait_ns;
};

void ideal_init(struct ideal *ideal, uint32_t count);
void ideal_add(struct ideal *ideal, baton_entity_t e, uint64_t weight);
void ideal_wake(struct ideal *ideal, baton_entity_t e);
void ideal_remove(struct ideal *ideal, baton_entity_t e);
void ideal_ran(struct ideal *ideal, baton_entity_t e, uint64_t ns, uint64_t slice_ns,
	       enum baton_why why);

/* Looks at those that wait at the end. */
void ideal_finish(struct ideal *ideal);

#endif
