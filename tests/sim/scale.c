/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scale.c - the work for a decision grows with the logarithm of the number of
 * entities: comparisons in the heaps are counted, time is not measured. (There
 * is no other work that depends on the number: policies and meter hold heaps,
 * lists and arrays by number.)
 */
#include <stdint.h>

/* Counted in the heap itself, which is therefore compiled into this program. */
static uint64_t compared;
#define BATON__HEAP_COMPARED() (compared++)
#include "base/heap.c"

#include <math.h>

#include "sched/lag.h"
#include "sched/policies.h"
#include "sim/random.h"
#include "test.h"

#define FEW   1000
#define MANY  100000
#define TURNS 200000

enum kind {
	BUSY,	 /* all turns are slices */
	YIELDS,	 /* of any length */
	SLEEPS,	 /* each blocks after its turn, and wakes ten turns later */
	LATE,	 /* slices end late by anything: now and then all deadlines move */
	TIES,	 /* all alike: of one weight, all turns are slices */
};

/* Comparisons for a turn, with all that goes with it. */
static double per_turn(const struct baton_sched_ops *ops, bool meter, uint32_t n, enum kind kind)
{
	struct baton__random r = baton__random_stream(1, kind);
	void *policy = test_policy(ops, n, 10 * MS), *lag = calloc(1, baton__lag_size(n));
	baton_entity_t asleep[10] = { 0 };
	uint64_t before;

	baton__lag_init(lag, n);
	for (baton_entity_t e = 0; e < n; e++) {
		uint64_t weight = kind == TIES ? 1 : baton__random_in(&r, 1, 1000);

		test_join(ops, policy, e, weight);
		baton__lag_add(lag, e, weight);
		baton__lag_wake(lag, e, 0);
	}
	before = compared;
	for (unsigned i = 0; i < TURNS; i++) {
		struct baton_sched_pick pick = ops->pick(policy, 0);
		enum baton_why why = kind == SLEEPS ? BATON_WHY_BLOCK : BATON_WHY_SLICE;
		uint64_t ns = 10 * MS;

		if (kind == LATE)
			ns += baton__random_in(&r, 0, MS);
		else if (kind != BUSY && kind != TIES)
			ns = baton__random_in(&r, 1, ns);
		ops->ran(policy, pick.entity, ns, why, 0);
		if (meter)
			baton__lag_ran(lag, pick.entity, ns, pick.slice_ns, why, 0);
		if (kind != SLEEPS)
			continue;
		if (i >= COUNT(asleep)) {
			ops->wake(policy, asleep[i % COUNT(asleep)], 0);
			if (meter)
				baton__lag_wake(lag, asleep[i % COUNT(asleep)], 0);
		}
		asleep[i % COUNT(asleep)] = pick.entity;
	}
	free(policy);
	free(lag);
	return (double)(compared - before) / TURNS;
}

/*
 * At most so many comparisons for each doubling of the number. And a hundred times
 * as many entities must not cost anything like ten times as much, as they would
 * if the work grew with the square root.
 */
static void grows_slowly(const struct baton_sched_ops *ops, bool meter, double most)
{
	static const char *const names[] = { "busy", "yields", "sleeps", "late", "ties" };

	for (int kind = BUSY; kind <= TIES; kind++) {
		double few = per_turn(ops, meter, FEW, kind);
		double many = per_turn(ops, meter, MANY, kind);

		print_message("# %s%s, %s: %.1f comparisons a turn for %u, %.1f for %u\n",
			      ops->name, meter ? " and the meter" : "", names[kind], few, FEW,
			      many, MANY);
		assert_true(few <= most * log2(FEW));
		assert_true(many <= most * log2(MANY));
		assert_true(many <= 4 * few);
	}
}

static void share_is_logarithmic(void **state)
{
	grows_slowly(&baton__sched_share, false, 6);
}

/*
 * The most that a new longest turn can cost: all deadlines were equal, all of
 * them move, and each must be corrected before the first is known.
 */
static void a_longest_turn_costs_a_rebuild_at_most(void **state)
{
	const struct baton_sched_ops *ops = &baton__sched_share;
	void *policy = test_policy(ops, MANY, 10 * MS);
	uint64_t before;
	double each;

	for (baton_entity_t e = 0; e < MANY; e++)
		test_join(ops, policy, e, 1);
	ops->ran(policy, ops->pick(policy, 0).entity, 10 * MS + 1, BATON_WHY_SLICE, 0);
	before = compared;
	ops->pick(policy, 0);
	each = (double)(compared - before) / MANY;
	print_message("# share, all alike, once: %.1f comparisons for each of %u\n", each, MANY);
	assert_true(each <= 3 * log2(MANY));
	before = compared;
	ops->pick(policy, 0);
	assert_true(compared == before);
	free(policy);
}

static void the_meter_is_logarithmic(void **state)
{
	grows_slowly(&baton__sched_share, true, 8);
}

static void rounds_compare_nothing(void **state)
{
	grows_slowly(&baton__sched_quantum, false, 0);
	grows_slowly(&baton__sched_turns, false, 0);
}

static void null_is_logarithmic(void **state)
{
	grows_slowly(&baton__sched_null, false, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(share_is_logarithmic),
		cmocka_unit_test(a_longest_turn_costs_a_rebuild_at_most),
		cmocka_unit_test(the_meter_is_logarithmic),
		cmocka_unit_test(rounds_compare_nothing),
		cmocka_unit_test(null_is_logarithmic),
	};

	return cmocka_run_group_tests_name("scale", tests, NULL, NULL);
}
