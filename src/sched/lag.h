/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lag.h - the lag meter: how far entities are from their ideal share.
 *
 * The ideal is a fluid: time that is charged to one of the runnable entities is
 * at once divided among all of them by weight. An entity's *lag* is what the
 * fluid gave it minus what it was charged: positive when it is owed time. At any
 * moment the lags of the runnable entities add up to zero.
 *
 * Whenever the set of runnable entities changes, lag is counted anew from zero
 * for everybody; a change before anything was charged changes nothing. Measured
 * is the largest distance of any entity at any moment, of those that wait as
 * well as of those that run: a starving entity shows its growing lag at the next
 * reading, whether or not it ever runs.
 *
 * The figures are exact, rounded up to whole nanoseconds. Time is charged when a
 * turn ends; a set that changes in the middle of a turn counts as if it had
 * changed at the turn's beginning. Entities of weight 0 do not count.
 *
 * Like a policy the meter is pure: no clock, no allocation, no pointers in its
 * state, which may be copied with memcpy(). It is called beside the policy, with
 * the same events in the same order. ran() is O(log n) amortised: a change of
 * the set costs O(log n) for each entity that was charged since the last one.
 */
#ifndef BATON_SCHED_LAG_H
#define BATON_SCHED_LAG_H

#include "baton/sched.h"

struct baton__lag_stats {
	uint64_t lag_ns;       /* largest before the set first changed */
	uint64_t lag_later_ns; /* largest since then */
	uint64_t overrun_ns;   /* most that a turn was charged beyond its slice */
};

/* Bytes of state for so many entities. */
size_t baton__lag_size(uint32_t capacity);

/* Prepares `baton__lag_size(capacity)` zeroed bytes, aligned to 16. */
void baton__lag_init(void *lag, uint32_t capacity);

/* Registers an entity, not yet runnable. `weight` is at most BATON_WEIGHT_MAX. */
void baton__lag_add(void *lag, baton_entity_t e, uint64_t weight);

void baton__lag_remove(void *lag, baton_entity_t e);
void baton__lag_wake(void *lag, baton_entity_t e, uint64_t now);

/* A turn of `slice_ns` (UINT64_MAX: no limit) ended, charged with `ns`. */
void baton__lag_ran(void *lag, baton_entity_t e, uint64_t ns, uint64_t slice_ns, enum baton_why why,
		    uint64_t now);

/* The figures up to the end of the last turn. O(n), and changes nothing. */
void baton__lag_read(const void *lag, struct baton__lag_stats *stats);

/* The largest distance at this moment alone: at the end of the last turn. O(n), changes nothing. */
uint64_t baton__lag_now(const void *lag);

/*
 * The figures up to now, in the middle of a turn of `e`, which was charged with
 * `ns` so far: who waits for a turn that never ends shows its lag too.
 */
void baton__lag_read_during(const void *lag, baton_entity_t e, uint64_t ns,
			    struct baton__lag_stats *stats);

/*
 * An entity's own lag now, counted from the last change of the set: above 0 it is owed
 * time. Rounded away from 0. `running` has been charged with `ns` so far in its turn; it
 * may be BATON_NOBODY. O(1).
 */
int64_t baton__lag_of(const void *lag, baton_entity_t e, baton_entity_t running, uint64_t ns);

#endif
