/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lag.c - the lag meter: figures that can be worked out by hand, and the same
 * random events for it and for the ideal by brute force.
 */
#include "sched/lag.h"

#include "ideal.h"
#include "sim/random.h"
#include "test.h"

static void *new_meter(uint32_t capacity)
{
	void *lag = calloc(1, baton__lag_size(capacity));

	assert_non_null(lag);
	baton__lag_init(lag, capacity);
	return lag;
}

static void join(void *lag, baton_entity_t e, uint64_t weight)
{
	baton__lag_add(lag, e, weight);
	baton__lag_wake(lag, e, 0);
}

static void check(const void *lag, uint64_t first, uint64_t later, uint64_t overrun)
{
	struct baton__lag_stats stats;

	baton__lag_read(lag, &stats);
	assert_int_equal(stats.lag_ns, first);
	assert_int_equal(stats.lag_later_ns, later);
	assert_int_equal(stats.overrun_ns, overrun);
}

static void ran(void *lag, baton_entity_t e, uint64_t ns)
{
	baton__lag_ran(lag, e, ns, 100, BATON_WHY_SLICE, 0);
}

static void those_who_run_and_those_who_wait_count(void **state)
{
	void *lag = new_meter(2);

	check(lag, 0, 0, 0);
	join(lag, 0, 3);
	join(lag, 1, 1);
	check(lag, 0, 0, 0);
	ran(lag, 0, 100); /* it should have had 75, the other 25 */
	check(lag, 25, 0, 0);
	ran(lag, 0, 100);
	check(lag, 50, 0, 0);
	ran(lag, 1, 100);
	check(lag, 50, 0, 0);
	ran(lag, 1, 130); /* 430 in all: 1 had 230 instead of 107.5 */
	check(lag, 123, 0, 30);
	free(lag);
}

static void a_starving_entity_shows_though_it_never_runs(void **state)
{
	void *lag = new_meter(3);

	join(lag, 0, 1);
	join(lag, 1, 1);
	join(lag, 2, 2);
	ran(lag, 1, 100); /* 75 more than its quarter of it */
	check(lag, 75, 0, 0);
	for (unsigned i = 2; i <= 100; i++) {
		ran(lag, i % 2, 100);
		check(lag, 50 * i, 0, 0); /* number 2 should have had half of it all */
	}
	free(lag);
}

static void a_turn_that_never_ends_can_be_seen(void **state)
{
	struct baton__lag_stats stats;
	void *lag = new_meter(3);

	join(lag, 0, 1);
	join(lag, 1, 3);
	join(lag, 2, 0);
	baton__lag_read_during(lag, 0, 1000, &stats);
	assert_int_equal(stats.lag_ns, 750);
	baton__lag_read_during(lag, 1, 1000, &stats);
	assert_int_equal(stats.lag_ns, 250);
	baton__lag_read_during(lag, 2, 1000, &stats);
	assert_int_equal(stats.lag_ns, 0);
	ran(lag, 1, 100); /* 25 too much, and it waits from then on */
	baton__lag_read_during(lag, 0, 300, &stats);
	assert_int_equal(stats.lag_ns, 200);
	check(lag, 25, 0, 0);
	free(lag);
}

static void a_change_of_the_set_starts_anew(void **state)
{
	void *lag = new_meter(3);

	join(lag, 0, 1);
	join(lag, 1, 1);
	ran(lag, 0, 100);
	check(lag, 50, 0, 0);
	join(lag, 2, 1);
	check(lag, 50, 0, 0);
	ran(lag, 1, 30);
	check(lag, 50, 20, 0);
	baton__lag_wake(lag, 2, 0); /* runnable already: no change */
	ran(lag, 1, 30);
	check(lag, 50, 40, 0);
	baton__lag_ran(lag, 0, 30, 100, BATON_WHY_BLOCK, 0);
	check(lag, 50, 40, 0);
	ran(lag, 1, 90);
	check(lag, 50, 45, 0);
	baton__lag_remove(lag, 2);
	ran(lag, 1, 1000); /* alone: what it gets is what it should get */
	check(lag, 50, 45, 900);
	free(lag);
}

static void changes_before_the_first_charge_are_part_of_the_start(void **state)
{
	void *lag = new_meter(4);

	join(lag, 0, 1);
	join(lag, 1, 1);
	join(lag, 2, 1);
	baton__lag_remove(lag, 1);
	/* A turn of no length charges nothing. */
	baton__lag_ran(lag, 2, 0, 100, BATON_WHY_BLOCK, 0);
	join(lag, 3, 1);
	ran(lag, 0, 100);
	check(lag, 50, 0, 0);
	free(lag);
}

static void weight_zero_does_not_count(void **state)
{
	void *lag = new_meter(3);

	join(lag, 0, 1);
	join(lag, 1, 1);
	ran(lag, 0, 10);
	join(lag, 2, 0);
	ran(lag, 2, 500);
	baton__lag_remove(lag, 2);
	ran(lag, 1, 10);
	check(lag, 5, 0, 400);
	free(lag);
}

/* A handler that runs past the slice and then blocks has overrun it as well. */
static void every_turn_that_exceeds_its_slice_is_an_overrun(void **state)
{
	void *lag = new_meter(1);

	join(lag, 0, 1);
	baton__lag_ran(lag, 0, 5000, UINT64_MAX, BATON_WHY_EXITS, 0);
	check(lag, 0, 0, 0);
	baton__lag_ran(lag, 0, 90, 100, BATON_WHY_SLICE, 0);
	check(lag, 0, 0, 0);
	baton__lag_ran(lag, 0, 107, 100, BATON_WHY_YIELD, 0);
	check(lag, 0, 0, 7);
	baton__lag_ran(lag, 0, 109, 100, BATON_WHY_BLOCK, 0);
	check(lag, 0, 0, 9);
	free(lag);
}

static void fractions_are_rounded_up(void **state)
{
	void *lag = new_meter(2);

	join(lag, 0, BATON_WEIGHT_MAX);
	join(lag, 1, 1);
	ran(lag, 0, 1); /* it should have had a little less */
	check(lag, 1, 0, 0);
	free(lag);
}

#define ENTITIES 8

static void agrees_with_the_ideal_by_brute_force(void **state)
{
	static struct ideal ideal;

	for (uint64_t seed = 1; seed <= 2000; seed++) {
		struct baton__random r = baton__random_stream(seed, 0);
		size_t size = baton__lag_size(ENTITIES);
		void *lag = new_meter(ENTITIES), *copy = malloc(size);
		struct baton__lag_stats stats;

		ideal_init(&ideal, ENTITIES);
		for (baton_entity_t e = 0; e < ENTITIES; e++) {
			uint64_t weight = baton__random_in(&r, 0, seed % 2 ? 5 : BATON_WEIGHT_MAX);

			baton__lag_add(lag, e, weight);
			ideal_add(&ideal, e, weight);
		}
		for (unsigned i = 0; i < 100; i++) {
			baton_entity_t e = (baton_entity_t)baton__random_in(&r, 0, ENTITIES - 1);
			enum baton_why why = (enum baton_why)baton__random_in(&r, 0, 3);
			uint64_t ns = baton__random_in(&r, 0, 3) ? baton__random_in(&r, 1, 120) : 0;

			if (baton__random_in(&r, 0, 3) && ideal.runnable[e]) {
				baton__lag_ran(lag, e, ns, 100, why, 0);
				ideal_ran(&ideal, e, ns, 100, why);
			} else {
				baton__lag_wake(lag, e, 0);
				ideal_wake(&ideal, e);
			}
			memcpy(copy, lag, size);
			memset(lag, 0xA5, size);
			baton__lag_read(copy, &stats);
			assert_memory_equal(&stats, &ideal.stats, sizeof(stats));
			memcpy(lag, copy, size);
		}
		free(lag);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_who_run_and_those_who_wait_count),
		cmocka_unit_test(a_starving_entity_shows_though_it_never_runs),
		cmocka_unit_test(a_turn_that_never_ends_can_be_seen),
		cmocka_unit_test(a_change_of_the_set_starts_anew),
		cmocka_unit_test(changes_before_the_first_charge_are_part_of_the_start),
		cmocka_unit_test(weight_zero_does_not_count),
		cmocka_unit_test(every_turn_that_exceeds_its_slice_is_an_overrun),
		cmocka_unit_test(fractions_are_rounded_up),
		cmocka_unit_test(agrees_with_the_ideal_by_brute_force),
	};

	return cmocka_run_group_tests_name("lag", tests, NULL, NULL);
}
