/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine.c - the simulator itself: turns end when and as they should, time is
 * conserved, and a policy that breaks its contract is found out.
 */
#include "sched/policies.h"
#include "sim/sim.h"
#include "test.h"

#define MOST 64

struct seen {
	struct baton__sim_turn turn[MOST];
	unsigned turns, wakes, removes;
	uint64_t last_wake_ns;
};

static void saw_wake(void *context, baton_entity_t e, uint64_t now)
{
	struct seen *seen = context;

	seen->wakes++;
	seen->last_wake_ns = now;
}

static void saw_turn(void *context, const struct baton__sim_turn *turn)
{
	struct seen *seen = context;

	if (seen->turns < MOST)
		seen->turn[seen->turns] = *turn;
	seen->turns++;
}

static void saw_remove(void *context, baton_entity_t e, uint64_t now)
{
	struct seen *seen = context;

	seen->removes++;
}

static const struct baton__sim_observer observer = { saw_wake, saw_turn, saw_remove };

/* Runs entities under a policy with slices of 10 ms and bursts of 2. */
static struct baton__sim *run(const struct baton_sched_ops *ops,
			      const struct baton__sim_entity *entities, uint32_t count,
			      uint64_t overrun_ns, uint64_t until_ns, struct seen *seen)
{
	const struct baton__sim_config config = {
		.ops = ops, .sched = { .slice_ns = 10 * MS, .burst = 2 },
		.entities = entities, .count = count,
		.overrun = { .usual = { overrun_ns, overrun_ns } },
		.seed = 1, .observer = &observer, .context = seen,
	};
	struct baton__sim *sim;

	*seen = (struct seen){ 0 };
	assert_int_equal(baton__sim_create(&config, NULL, &sim), 0);
	assert_int_equal(baton__sim_run(sim, until_ns), 0);
	return sim;
}

static void check_turn(const struct seen *seen, unsigned i, uint64_t begin_ns, uint64_t charged_ns,
		       uint64_t exits, enum baton_why why)
{
	assert_true(i < seen->turns);
	assert_int_equal(seen->turn[i].begin_ns, begin_ns);
	assert_int_equal(seen->turn[i].charged_ns, charged_ns);
	assert_int_equal(seen->turn[i].exits, exits);
	assert_int_equal(seen->turn[i].why, why);
}

static void slices_end_late_by_the_overrun(void **state)
{
	const struct baton__sim_entity busy = { .weight = 1 };
	struct baton__sim_stats stats;
	struct seen seen;
	struct baton__sim *sim = run(&baton__sched_quantum, &busy, 1, MS, 20 * MS, &seen);

	assert_int_equal(seen.turns, 2);
	check_turn(&seen, 0, 0, 11 * MS, 0, BATON_WHY_SLICE);
	check_turn(&seen, 1, 11 * MS, 11 * MS, 0, BATON_WHY_SLICE);
	baton__sim_stats(sim, &stats);
	assert_int_equal(stats.now_ns, 22 * MS);
	assert_int_equal(stats.lag.overrun_ns, MS);
	baton__sim_destroy(sim);
}

static void what_happens_in_an_overrun_ends_the_turn(void **state)
{
	const struct baton__sim_entity blocks = { .weight = 1, .run_ns = { 11 * MS, 11 * MS },
						  .sleep_ns = { MS, MS } };
	const struct baton__sim_entity exits = { .weight = 1, .exit_ns = { 6 * MS, 6 * MS } };
	struct seen seen;

	baton__sim_destroy(run(&baton__sched_quantum, &blocks, 1, 2 * MS, 10 * MS, &seen));
	check_turn(&seen, 0, 0, 11 * MS, 0, BATON_WHY_BLOCK);
	baton__sim_destroy(run(&baton__sched_quantum, &exits, 1, 5 * MS, 10 * MS, &seen));
	check_turn(&seen, 0, 0, 12 * MS, 2, BATON_WHY_SLICE);
}

static void exits_end_turns_that_are_counted_in_them(void **state)
{
	const struct baton__sim_entity exits = { .weight = 1, .exit_ns = { 6 * MS, 6 * MS } };
	struct baton__sim_entity_stats had;
	struct baton__sim *sim;
	struct seen seen;

	sim = run(&baton__sched_turns, &exits, 1, MS, 24 * MS, &seen);
	assert_int_equal(seen.turns, 2);
	check_turn(&seen, 0, 0, 12 * MS, 2, BATON_WHY_EXITS);
	check_turn(&seen, 1, 12 * MS, 12 * MS, 2, BATON_WHY_EXITS);
	baton__sim_entity_stats(sim, 0, &had);
	assert_int_equal(had.exits, 4);
	assert_int_equal(had.turns, 2);
	baton__sim_destroy(sim);
}

static void sleepers_wake_in_time_and_idle_time_is_counted(void **state)
{
	const struct baton__sim_entity sleeps = { .weight = 1, .arrives_ns = 5 * MS,
						  .run_ns = { 3 * MS, 3 * MS },
						  .sleep_ns = { 7 * MS, 7 * MS } };
	struct baton__sim_stats stats;
	struct seen seen;
	struct baton__sim *sim = run(&baton__sched_share, &sleeps, 1, 0, 100 * MS, &seen);

	for (unsigned i = 0; i < 10; i++)
		check_turn(&seen, i, 5 * MS + i * 10 * MS, 3 * MS, 0, BATON_WHY_BLOCK);
	assert_int_equal(seen.turns, 10);
	assert_int_equal(seen.wakes, 10);
	assert_int_equal(seen.last_wake_ns, 95 * MS);
	baton__sim_stats(sim, &stats);
	assert_int_equal(stats.now_ns, 100 * MS);
	assert_int_equal(stats.idle_ns, 70 * MS);
	baton__sim_destroy(sim);
}

static void yielders_stay_and_enders_go(void **state)
{
	const struct baton__sim_entity two[] = {
		{ .weight = 1, .run_ns = { 4 * MS, 4 * MS } },
		{ .weight = 1, .work_ns = 12 * MS },
	};
	struct seen seen;

	baton__sim_destroy(run(&baton__sched_quantum, two, 2, 0, 24 * MS, &seen));
	check_turn(&seen, 0, 0, 4 * MS, 0, BATON_WHY_YIELD);
	check_turn(&seen, 1, 4 * MS, 10 * MS, 0, BATON_WHY_SLICE);
	check_turn(&seen, 2, 14 * MS, 4 * MS, 0, BATON_WHY_YIELD);
	check_turn(&seen, 3, 18 * MS, 2 * MS, 0, BATON_WHY_END);
	check_turn(&seen, 4, 20 * MS, 4 * MS, 0, BATON_WHY_YIELD);
	assert_int_equal(seen.turns, 5);
	assert_int_equal(seen.removes, 1);
}

static void some_are_removed_early(void **state)
{
	const struct baton__sim_entity three[] = {
		{ .weight = 1, .removed_ns = 15 * MS },
		{ .weight = 1 },
		{ .weight = 1, .arrives_ns = 20 * MS, .removed_ns = 20 * MS }, /* before it comes */
	};
	struct seen seen;

	baton__sim_destroy(run(&baton__sched_quantum, three, 3, 0, 40 * MS, &seen));
	assert_int_equal(seen.turns, 4);
	assert_int_equal(seen.removes, 2);
	assert_int_equal(seen.wakes, 2);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(seen.turn[i].entity, i > 0);
}

static void a_turn_without_end_is_cut_off(void **state)
{
	const struct baton__sim_entity two[] = {
		{ .weight = 1, .exit_ns = { 1, 1 } },
		{ .weight = 1 },
	};
	struct baton__sim_entity_stats had;
	struct baton__sim_stats stats;
	struct seen seen;
	struct baton__sim *sim = run(&baton__sched_null, two, 2, 0, S, &seen);

	assert_int_equal(seen.turns, 0);
	baton__sim_stats(sim, &stats);
	baton__sim_entity_stats(sim, 0, &had);
	assert_int_equal(stats.now_ns, S);
	assert_int_equal(stats.lag.lag_ns, S / 2);
	assert_int_equal(had.charged_ns, S);
	baton__sim_destroy(sim);
}

/* The same behaviour, whatever the policy: what matters is the CPU time that one had. */
static void behaviour_does_not_depend_on_the_policy(void **state)
{
	const struct baton__sim_entity two[] = {
		{ .weight = 1, .run_ns = { 1, 9 * MS }, .sleep_ns = { 1, 3 * MS } },
		{ .weight = 9, .run_ns = { 1, 9 * MS }, .sleep_ns = { 1, 3 * MS } },
	};
	struct seen one, other;
	unsigned j = 0;

	baton__sim_destroy(run(&baton__sched_null, two, 2, 0, S, &one));
	baton__sim_destroy(run(&baton__sched_share, two, 2, 0, S, &other));
	for (unsigned i = 0; i < MOST / 4; i++) {
		while (one.turn[i].entity != 0)
			i++;
		while (other.turn[j].entity != 0)
			j++;
		assert_int_equal(one.turn[i].charged_ns, other.turn[j++].charged_ns);
	}
}

static void those_who_are_told_the_same_do_not_do_the_same(void **state)
{
	const struct baton__sim_entity like = { .weight = 1, .run_ns = { 1, 9 * MS } };
	const struct baton__sim_entity two[] = { like, like };
	struct seen seen;

	baton__sim_destroy(run(&baton__sched_quantum, two, 2, 0, S, &seen));
	assert_int_not_equal(seen.turn[0].entity, seen.turn[1].entity);
	assert_int_not_equal(seen.turn[0].charged_ns, seen.turn[1].charged_ns);
}

/* ----------------------------------------------------------- broken policies */

static struct baton_sched_pick pick_nobody_there(void *state, uint64_t now)
{
	return (struct baton_sched_pick){ 7, MS, NEVER, NEVER, 0, false };
}

static struct baton_sched_pick pick_a_sleeper(void *state, uint64_t now)
{
	return (struct baton_sched_pick){ 1, MS, NEVER, NEVER, 0, false };
}

static struct baton_sched_pick pick_no_time(void *state, uint64_t now)
{
	return (struct baton_sched_pick){ 0, 0, NEVER, NEVER, 0, false };
}

static void broken_policies_are_found_out(void **state)
{
	struct baton_sched_pick (*const picks[])(void *, uint64_t) = {
		pick_nobody_there, pick_a_sleeper, pick_no_time,
	};
	const struct baton__sim_entity two[] = {
		{ .weight = 1 },
		{ .weight = 1, .arrives_ns = S },
	};

	for (unsigned i = 0; i < COUNT(picks); i++) {
		struct baton_sched_ops broken = baton__sched_quantum;
		const struct baton__sim_config config = {
			.ops = &broken, .sched = { .slice_ns = MS }, .entities = two, .count = 2,
		};
		struct baton__sim *sim;

		broken.pick = picks[i];
		assert_int_equal(baton__sim_create(&config, NULL, &sim), 0);
		assert_int_equal(baton__sim_step(sim, S), -EPROTO);
		assert_int_equal(baton__sim_run(sim, S), -EPROTO);
		baton__sim_destroy(sim);
	}
}

static void what_the_policy_refuses_is_refused(void **state)
{
	const struct baton__sim_entity heavy = { .weight = BATON_WEIGHT_MAX + 1 };
	struct baton__sim_config config = {
		.ops = &baton__sched_share, .entities = &heavy, .count = 1,
	};
	struct baton_diag diag = { 0 };
	struct baton__sim *sim = NULL;

	assert_int_equal(baton__sim_create(&config, &diag, &sim), -EINVAL);
	assert_non_null(strstr(diag.message, "slice"));
	config.sched.slice_ns = MS;
	assert_int_equal(baton__sim_create(&config, &diag, &sim), -EINVAL);
	assert_non_null(strstr(diag.message, "weight"));
	assert_null(sim);
	baton__sim_destroy(NULL);
}

static void parts_are_done_one_after_the_other(void **state)
{
	static const struct baton__sim_part parts[] = {
		{ 15 * MS, 5 * MS }, { 3 * MS, 0 }, { 2 * MS, UINT64_MAX },
	};
	const struct baton__sim_entity one = { .weight = 1, .parts = parts, .part_count = 3 };
	struct seen seen;
	struct baton__sim *sim = run(&baton__sched_quantum, &one, 1, 0, S, &seen);
	static const struct {
		uint64_t begin_ns, charged_ns, waited_ns;
		enum baton_why why;
	} expected[] = {
		{ 0, 10 * MS, 0, BATON_WHY_SLICE },
		{ 10 * MS, 5 * MS, UINT64_MAX, BATON_WHY_BLOCK },
		{ 20 * MS, 3 * MS, 0, BATON_WHY_YIELD },
		{ 23 * MS, 2 * MS, UINT64_MAX, BATON_WHY_BLOCK },
	};

	assert_int_equal(seen.turns, COUNT(expected));
	for (unsigned i = 0; i < COUNT(expected); i++) {
		assert_int_equal(seen.turn[i].begin_ns, expected[i].begin_ns);
		assert_int_equal(seen.turn[i].charged_ns, expected[i].charged_ns);
		assert_int_equal(seen.turn[i].waited_ns, expected[i].waited_ns);
		assert_int_equal(seen.turn[i].why, expected[i].why);
	}
	baton__sim_destroy(sim);
}

static void behind_the_last_part_an_entity_runs_or_ends(void **state)
{
	static const struct baton__sim_part part = { 3 * MS, 0 };
	struct baton__sim_entity one = { .weight = 1, .parts = &part, .part_count = 1 };
	struct seen seen;
	struct baton__sim *sim = run(&baton__sched_quantum, &one, 1, 0, 43 * MS, &seen);

	assert_int_equal(seen.turns, 5);
	assert_int_equal(seen.turn[1].charged_ns, 10 * MS);
	baton__sim_destroy(sim);
	one.work_ns = 4 * MS;
	sim = run(&baton__sched_quantum, &one, 1, 0, 43 * MS, &seen);
	assert_int_equal(seen.turns, 2);
	assert_int_equal(seen.turn[1].charged_ns, MS);
	assert_int_equal(seen.turn[1].why, BATON_WHY_END);
	baton__sim_destroy(sim);
}

static void who_waits_for_a_first_turn_is_told_apart(void **state)
{
	const struct baton__sim_entity two[] = {
		{ .weight = 1 }, { .weight = 1, .arrives_ns = 4 * MS },
	};
	struct seen seen;
	struct baton__sim *sim = run(&baton__sched_quantum, two, 2, 0, 35 * MS, &seen);

	assert_int_equal(seen.turn[0].waited_ns, 0);
	assert_int_equal(seen.turn[1].waited_ns, UINT64_MAX);
	assert_int_equal(seen.turn[2].entity, 1); /* it woke in the middle of a turn */
	assert_int_equal(seen.turn[2].waited_ns, 16 * MS);
	baton__sim_destroy(sim);
}

static void kinds_and_weights_make_many_of_few(void **state)
{
	const struct baton__sim_entity kinds[] = { { .weight = 7 }, { .weight = 7, .work_ns = MS } };
	const uint64_t weights[] = { 1, 1, 3, 1, 0 };
	const struct baton__sim_config config = {
		.ops = &baton__sched_share, .sched = { .slice_ns = MS }, .entities = kinds,
		.count = 5, .kinds = 2, .weights = weights, .seed = 1,
	};
	struct baton__sim_entity_stats had[5];
	struct baton__sim_stats stats;
	struct baton__sim *sim;

	assert_int_equal(baton__sim_create(&config, NULL, &sim), 0);
	assert_int_equal(baton__sim_run(sim, 402 * MS), 0);
	for (baton_entity_t e = 0; e < 5; e++)
		baton__sim_entity_stats(sim, e, &had[e]);
	assert_int_equal(had[1].charged_ns, MS);
	assert_int_equal(had[3].charged_ns, MS);
	assert_int_equal(had[4].charged_ns, 0);
	assert_in_range(had[2].charged_ns, 2 * had[0].charged_ns, 4 * had[0].charged_ns);
	baton__sim_stats(sim, &stats);
	assert_true(stats.bytes >= 5 * 64);
	baton__sim_destroy(sim);
}

/* Of two alike, after one turn, one is owed half of it; after two nobody is owed anything. */
static void lag_can_be_asked_for_at_any_time(void **state)
{
	const struct baton__sim_entity two[] = { { .weight = 1 }, { .weight = 1 } };
	struct seen seen;
	struct baton__sim *sim = run(&baton__sched_quantum, two, 2, 0, 10 * MS, &seen);

	assert_int_equal(baton__sim_lag_now(sim), 5 * MS);
	assert_int_equal(baton__sim_step(sim, S), 1);
	assert_int_equal(baton__sim_lag_now(sim), 0);
	baton__sim_destroy(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices_end_late_by_the_overrun),
		cmocka_unit_test(what_happens_in_an_overrun_ends_the_turn),
		cmocka_unit_test(exits_end_turns_that_are_counted_in_them),
		cmocka_unit_test(sleepers_wake_in_time_and_idle_time_is_counted),
		cmocka_unit_test(yielders_stay_and_enders_go),
		cmocka_unit_test(some_are_removed_early),
		cmocka_unit_test(a_turn_without_end_is_cut_off),
		cmocka_unit_test(behaviour_does_not_depend_on_the_policy),
		cmocka_unit_test(those_who_are_told_the_same_do_not_do_the_same),
		cmocka_unit_test(broken_policies_are_found_out),
		cmocka_unit_test(what_the_policy_refuses_is_refused),
		cmocka_unit_test(parts_are_done_one_after_the_other),
		cmocka_unit_test(behind_the_last_part_an_entity_runs_or_ends),
		cmocka_unit_test(who_waits_for_a_first_turn_is_told_apart),
		cmocka_unit_test(kinds_and_weights_make_many_of_few),
		cmocka_unit_test(lag_can_be_asked_for_at_any_time),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
