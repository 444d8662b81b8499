/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script.c - the policy `script`: whose turn it is, what is passed over, and
 * what a schedule does to those that come, go and wait.
 */
#include "sched/policies.h"

#include "sim/random.h"
#include "sim/sim.h"
#include "test.h"

#define OPS (&baton__sched_script)

/* Four are there and runnable: 0 to 3. */
static void *begin(struct test_script *s, const char *digits, bool again)
{
	void *policy;

	test_script_init(s, digits, again);
	policy = test_policy_by(OPS, 6, MS, &s->script);
	for (baton_entity_t e = 0; e < 4; e++)
		test_join(OPS, policy, e, 1);
	return policy;
}

static baton_entity_t turn(void *policy, enum baton_why why)
{
	baton_entity_t e = OPS->pick(policy, 0).entity;

	OPS->ran(policy, e, 1, why, 0);
	return e;
}

static void turns(void *policy, const char *digits)
{
	for (; *digits; digits++)
		assert_int_equal(turn(policy, BATON_WHY_YIELD), *digits - '1');
}

/* It is over, with so many skipped, and stays so. */
static void is_over(void *policy, uint64_t skipped)
{
	for (int i = 0; i < 3; i++) {
		struct baton_sched_pick pick = OPS->pick(policy, (uint64_t)i);

		assert_int_equal(pick.entity, BATON_NOBODY);
		assert_true(pick.over && pick.deadline_ns == NEVER);
		assert_int_equal(pick.skipped, skipped);
	}
}

static void turns_go_by_the_schedule_and_have_no_limit(void **state)
{
	struct test_script s;
	void *policy = begin(&s, "1124311", false);
	struct baton_sched_pick pick = OPS->pick(policy, 0);

	assert_true(pick.slice_ns == NEVER && pick.exits == NEVER && pick.deadline_ns == NEVER);
	assert_true(!pick.over && !pick.skipped);
	turns(policy, "1124311");
	is_over(policy, 0);
	free(policy);
}

static void an_empty_schedule_is_over_at_once(void **state)
{
	struct test_script s;
	void *policy = begin(&s, "", false);

	is_over(policy, 0);
	free(policy);
}

static void a_schedule_is_read_one_entry_at_a_time_and_not_past_its_end(void **state)
{
	struct test_script s;
	void *policy = begin(&s, "12", false);

	assert_int_equal(s.asked, 0);
	OPS->pick(policy, 0);
	assert_int_equal(s.asked, 1);
	OPS->ran(policy, 0, 1, BATON_WHY_YIELD, 0);
	assert_int_equal(s.asked, 1);
	turns(policy, "2");
	is_over(policy, 0);
	assert_int_equal(s.asked, 3);
	free(policy);
}

static void asking_again_changes_nothing(void **state)
{
	struct test_script s;
	void *policy = begin(&s, "65213", false);

	for (uint64_t i = 0; i < 5; i++) {
		struct baton_sched_pick pick = OPS->pick(policy, i);

		assert_int_equal(pick.entity, 1);
		assert_int_equal(pick.skipped, 2);
		OPS->wake(policy, 1, i);
	}
	turns(policy, "213");
	is_over(policy, 2);
	free(policy);
}

static void who_waits_or_is_not_there_is_passed_over_and_counted(void **state)
{
	const struct baton_sched_entity what = { 0 };
	struct test_script s;
	void *policy = begin(&s, "1" "1652" "3" "19" "3" "1" "4", false);

	OPS->add(policy, 4, &what, 0, NULL); /* '5': there, and never awake */
	assert_int_equal(turn(policy, BATON_WHY_BLOCK), 0);
	assert_int_equal(OPS->pick(policy, 0).skipped, 3);
	assert_int_equal(turn(policy, BATON_WHY_YIELD), 1);
	assert_int_equal(turn(policy, BATON_WHY_END), 2);
	assert_int_equal(OPS->pick(policy, 0).entity, 3);
	assert_int_equal(OPS->pick(policy, 0).skipped, 7);
	turns(policy, "4");
	is_over(policy, 7);
	free(policy);
}

/* Whatever lies behind the state says nothing of them. */
static void numbers_beyond_the_capacity_are_not_there(void **state)
{
	for (int filling = 0; filling < 4; filling++) {
		size_t size = OPS->size(6);
		char *policy = malloc(size + 64);
		struct test_script s;
		struct baton_sched_config config = { .script = &s.script };

		assert_non_null(policy);
		memset(policy, 0, size);
		memset(policy + size, filling, 64);
		test_script_init(&s, "789:1~", false);
		assert_int_equal(OPS->init(policy, 6, &config, NULL), 0);
		test_join(OPS, policy, 0, 1);
		turns(policy, "1");
		is_over(policy, 5);
		free(policy);
	}
}

static void who_wakes_in_time_is_not_passed_over(void **state)
{
	struct test_script s;
	void *policy = begin(&s, "1211", false);

	assert_int_equal(turn(policy, BATON_WHY_BLOCK), 0);
	assert_int_equal(OPS->pick(policy, 0).entity, 1);
	OPS->wake(policy, 0, 0);
	turns(policy, "211");
	is_over(policy, 0);
	free(policy);
}

static void waiting_uses_nothing_up(void **state)
{
	struct test_script s;
	void *policy = begin(&s, "1234" "1342", false);
	struct baton_sched_pick pick;

	for (baton_entity_t e = 0; e < 4; e++)
		assert_int_equal(turn(policy, BATON_WHY_BLOCK), e);
	for (uint64_t now = 0; now < 3; now++) {
		pick = OPS->pick(policy, now);
		assert_int_equal(pick.entity, BATON_NOBODY);
		assert_true(!pick.over && !pick.skipped && pick.deadline_ns == NEVER);
	}
	OPS->wake(policy, 3, 0);
	assert_int_equal(OPS->pick(policy, 0).skipped, 2);
	turns(policy, "4");
	is_over(policy, 3);
	free(policy);
}

static void the_end_is_the_end_though_all_wait(void **state)
{
	struct test_script s;
	void *policy = begin(&s, "1234", false);

	for (baton_entity_t e = 0; e < 4; e++)
		assert_int_equal(turn(policy, BATON_WHY_BLOCK), e);
	is_over(policy, 0);
	free(policy);
}

static void a_turn_ends_with_who_has_it(void **state)
{
	const struct baton_sched_entity what = { 0 };
	struct test_script s;
	void *policy = begin(&s, "112113", false);

	assert_int_equal(OPS->pick(policy, 0).entity, 0);
	OPS->remove(policy, 0, 0);
	assert_int_equal(OPS->pick(policy, 0).entity, 1);
	assert_int_equal(OPS->pick(policy, 0).skipped, 1);
	/* One that has no turn takes none with it, and may come back. */
	OPS->remove(policy, 2, 0);
	assert_int_equal(OPS->add(policy, 0, &what, 0, NULL), 0);
	turns(policy, "2");
	OPS->wake(policy, 0, 0);
	turns(policy, "11");
	is_over(policy, 2);
	free(policy);
}

/* One whose entry is next, but has not been decided on, is passed over when it goes. */
static void an_entry_that_was_read_early_counts_as_skipped(void **state)
{
	struct test_script s;
	void *policy = begin(&s, "123412", false);

	for (baton_entity_t e = 0; e < 4; e++)
		assert_int_equal(turn(policy, BATON_WHY_BLOCK), e);
	assert_int_equal(OPS->pick(policy, 0).entity, BATON_NOBODY); /* which read the fifth */
	OPS->remove(policy, 0, 0);
	OPS->wake(policy, 1, 0);
	turns(policy, "2");
	is_over(policy, 1);
	free(policy);
}

/* A schedule without an end that names nobody who can run. */
static void a_long_way_to_the_next_turn_is_made_in_stages(void **state)
{
	struct test_script s;
	void *policy = begin(&s, "19", true);
	struct baton_sched_pick first, again, later;

	OPS->remove(policy, 0, 0);
	first = OPS->pick(policy, 7);
	assert_int_equal(first.entity, BATON_NOBODY);
	assert_true(!first.over);
	assert_in_range(first.deadline_ns, 8, MS);
	assert_in_range(first.skipped, 1000, 1000000);
	assert_int_equal(first.skipped, s.asked);
	/* The same until then, whoever asks. */
	again = OPS->pick(policy, first.deadline_ns - 1);
	assert_true(again.entity == BATON_NOBODY && !again.over);
	assert_int_equal(again.deadline_ns, first.deadline_ns);
	assert_int_equal(again.skipped, first.skipped);
	later = OPS->pick(policy, first.deadline_ns);
	assert_int_equal(later.entity, BATON_NOBODY);
	assert_true(later.deadline_ns > first.deadline_ns);
	assert_int_equal(later.skipped, s.asked);
	assert_int_equal(later.skipped, 2 * first.skipped);
	/* Who joins meanwhile has the next turn that is its own. */
	test_join(OPS, policy, 0, 1);
	assert_int_equal(OPS->pick(policy, later.deadline_ns).entity, 0);
	free(policy);
}

/* Whatever happens: in the end, turns and entries passed over are the schedule. */
static void turns_and_what_is_skipped_are_the_whole_schedule(void **state)
{
	static const enum baton_why whys[] = { BATON_WHY_YIELD, BATON_WHY_BLOCK, BATON_WHY_END };
	const struct baton_sched_entity what = { 0 };
	struct baton__random r = baton__random_stream(3, 0);
	uint64_t all_skipped = 0;

	for (int run = 0; run < 200; run++) {
		char digits[200] = "";
		uint64_t had = 0, entries = baton__random_in(&r, 0, sizeof(digits) - 1);
		struct baton_sched_pick pick;
		struct test_script s;
		void *policy;

		for (uint64_t i = 0; i < entries; i++)
			digits[i] = (char)('1' + baton__random_in(&r, 0, 8));
		policy = begin(&s, digits, false);
		for (;;) {
			baton_entity_t e = (baton_entity_t)baton__random_in(&r, 0, 5);

			pick = OPS->pick(policy, 0);
			if (pick.over)
				break;
			if (pick.entity != BATON_NOBODY) {
				assert_int_equal(pick.entity, digits[had + pick.skipped] - '1');
				had++;
				if (baton__random_in(&r, 0, 4))
					OPS->ran(policy, pick.entity, 1,
						 whys[baton__random_in(&r, 0, 2)], 0);
				else
					OPS->remove(policy, pick.entity, 0);
			}
			OPS->add(policy, e, &what, 0, NULL); /* or it is there */
			OPS->wake(policy, e, 0);
		}
		assert_int_equal(had + pick.skipped, entries);
		all_skipped += pick.skipped;
		free(policy);
	}
	assert_true(all_skipped > 1000);
}

/* -------------------------------------------------------- in the simulator */

static struct baton__sim_stats simulate(struct test_script *s, const struct baton__sim_entity *who,
					uint32_t count, uint64_t until_ns)
{
	const struct baton__sim_config config = {
		.ops = OPS, .sched = { .script = &s->script }, .entities = who, .count = count,
	};
	struct baton__sim_stats stats;
	struct baton__sim *sim;

	assert_int_equal(baton__sim_create(&config, NULL, &sim), 0);
	assert_int_equal(baton__sim_run(sim, until_ns), 0);
	baton__sim_stats(sim, &stats);
	baton__sim_destroy(sim);
	return stats;
}

static void a_simulation_ends_with_its_schedule(void **state)
{
	const struct baton__sim_entity who[] = {
		{ .run_ns = { MS, MS } },
		{ .run_ns = { 2 * MS, 2 * MS }, .sleep_ns = { 10 * MS, 10 * MS } },
	};
	struct baton__sim_stats stats;
	struct test_script s;

	test_script_init(&s, "12121", false);
	stats = simulate(&s, who, COUNT(who), S);
	assert_int_equal(stats.turns, 4);
	assert_int_equal(stats.skipped, 1);
	assert_int_equal(stats.now_ns, 5 * MS);
	assert_int_equal(stats.idle_ns, 0);
}

static void a_simulation_of_a_schedule_for_nobody_ends_in_time(void **state)
{
	const struct baton__sim_entity who[] = { { .run_ns = { MS, MS } } };
	struct baton__sim_stats stats;
	struct test_script s;

	test_script_init(&s, "2", true);
	stats = simulate(&s, who, COUNT(who), MS);
	assert_int_equal(stats.turns, 0);
	assert_int_equal(stats.now_ns, MS);
	assert_int_equal(stats.idle_ns, MS);
	assert_int_equal(stats.skipped, s.asked);
}

static void a_simulation_takes_a_long_way_to_the_next_turn(void **state)
{
	const struct baton__sim_entity who[] = { { .run_ns = { MS, MS } } };
	struct baton__sim_stats stats;
	static char digits[200000];
	struct test_script s;

	memset(digits, '2', sizeof(digits) - 2);
	digits[sizeof(digits) - 2] = '1';
	test_script_init(&s, digits, false);
	stats = simulate(&s, who, COUNT(who), S);
	assert_int_equal(stats.turns, 1);
	assert_int_equal(stats.skipped, sizeof(digits) - 2);
	assert_in_range(stats.idle_ns, 1, MS);
	assert_int_equal(stats.now_ns, MS + stats.idle_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns_go_by_the_schedule_and_have_no_limit),
		cmocka_unit_test(an_empty_schedule_is_over_at_once),
		cmocka_unit_test(a_schedule_is_read_one_entry_at_a_time_and_not_past_its_end),
		cmocka_unit_test(asking_again_changes_nothing),
		cmocka_unit_test(who_waits_or_is_not_there_is_passed_over_and_counted),
		cmocka_unit_test(numbers_beyond_the_capacity_are_not_there),
		cmocka_unit_test(who_wakes_in_time_is_not_passed_over),
		cmocka_unit_test(waiting_uses_nothing_up),
		cmocka_unit_test(the_end_is_the_end_though_all_wait),
		cmocka_unit_test(a_turn_ends_with_who_has_it),
		cmocka_unit_test(an_entry_that_was_read_early_counts_as_skipped),
		cmocka_unit_test(a_long_way_to_the_next_turn_is_made_in_stages),
		cmocka_unit_test(turns_and_what_is_skipped_are_the_whole_schedule),
		cmocka_unit_test(a_simulation_ends_with_its_schedule),
		cmocka_unit_test(a_simulation_of_a_schedule_for_nobody_ends_in_time),
		cmocka_unit_test(a_simulation_takes_a_long_way_to_the_next_turn),
	};

	return cmocka_run_group_tests_name("script", tests, NULL, NULL);
}
