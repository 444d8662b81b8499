/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.c - what `baton sim` is made of: a sweep holds what policy `share` promises and shows
 * what another one breaks, whatever weights are drawn; workloads; ranges of durations.
 */
#include "test.h"

#include <stdlib.h>

#include "../sim/unfair.h"
#include "duration_range.h"
#include "scenario.h"
#include "sim_options.h"
#include "sim_plan.h"
#include "sim_run.h"

#define MS UINT64_C(1000000)

/* The largest lag among n VMs of random weights; and what share would be allowed. */
static uint64_t lag_of(const struct baton_sched_ops *ops, uint32_t n, uint64_t *allowed_ns)
{
	static struct sim_result result;
	struct sim_plan plan;
	uint64_t lag_ns;

	sim_plan_of_nothing(&plan);
	plan.ops = ops;
	plan.count = n;
	plan.draws_weights = true;
	plan.least_weight = 1;
	plan.most_weight = 1000;
	plan.overrun.usual.high = MS;
	assert_int_equal(sim_run(&plan, NULL, false, &result, NULL), 0);
	assert_int_equal(result.count, n);
	assert_true(result.stats.turns > 18 * (uint64_t)n);
	lag_ns = result.stats.lag.lag_ns;
	*allowed_ns = result.allowed.bound_ns;
	if (result.share)
		assert_int_equal(sim_result_within(&result), lag_ns <= *allowed_ns);
	sim_result_fini(&result);
	sim_plan_fini(&plan);
	return lag_ns;
}

static void lag_stays_within_what_is_allowed(void **state)
{
	static const uint32_t sizes[] = { 2, 10, 100, 1000, 10000 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		uint64_t allowed_ns, lag_ns = lag_of(baton_policy("share"), sizes[i], &allowed_ns);

		assert_true(lag_ns <= allowed_ns);
		assert_true(allowed_ns > 10 * MS && allowed_ns <= 11 * MS);
	}
}

static void an_unfair_policy_shows(void **state)
{
	uint64_t allowed_ns;

	assert_true(lag_of(&unfair_stride, 1000, &allowed_ns) > allowed_ns);
	assert_true(lag_of(&unfair_rotation, 1000, &allowed_ns) > allowed_ns);
}

static void durations_come_in_ranges(void **state)
{
	static const struct {
		const char *text;
		uint64_t low, high;
	} good[] = {
		{ "5ms", 5 * MS, 5 * MS }, { "1ms..5ms", MS, 5 * MS }, { "0..50us", 0, 50000 },
		{ "0", 0, 0 }, { "1.5s..2min", 1500 * MS, 120000 * MS },
	};
	static const char *const bad[] = {
		"", "..", "5", "1ms..", "..1ms", "2ms..1ms", "1ms...2ms", "1ms..2ms..3ms", "-1ms..1ms",
		"1..5ms", "1111111111111111111111111111111111111111111ns..2ms",
	};
	struct duration_range range;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_null(duration_range_read(good[i].text, &range));
		assert_int_equal(range.low_ns, good[i].low);
		assert_int_equal(range.high_ns, good[i].high);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		range = (struct duration_range){ 7, 7 };
		assert_non_null(duration_range_read(bad[i], &range));
		assert_int_equal(range.low_ns + range.high_ns, 14);
	}
}

/* Parses a scenario of such a VM. The error's text, or "". */
static const char *parse(struct scenario *scenario, const char *vm, bool simulated)
{
	static char text[900];
	struct yaml_error error;
	char yaml[500];

	snprintf(yaml, sizeof(yaml), "version: 1\nvms:\n  - %s\n", vm);
	scenario_init(scenario, "s.yaml");
	scenario->simulated = simulated;
	*text = '\0';
	if (scenario_parse(scenario, yaml, strlen(yaml), &error)) {
		char *whole = scenario_error(scenario, &error);

		snprintf(text, sizeof(text), "%s", whole);
		free(whole);
	}
	return text;
}

static void workloads_begin_with_a_shape(void **state)
{
	struct scenario s;
	const struct workload *w;

	assert_string_equal(parse(&s, "workload: {run: 1ms..2ms, shape: halting, leaves: 3s}", true),
			    "");
	w = &s.vms[0].workload;
	assert_int_equal(w->run.low_ns, MS);
	assert_int_equal(w->run.high_ns, 2 * MS);
	assert_int_equal(w->sleep.high_ns, 50 * MS); /* as the shape has it */
	assert_int_equal(w->leaves_ns, 3000 * MS);
	assert_string_equal(s.vms[0].name, "vm");
	scenario_fini(&s);
	assert_string_equal(parse(&s, "workload: exits", true), "");
	assert_int_equal(s.vms[0].workload.run.high_ns, 0);
	assert_true(s.vms[0].workload.exit.high_ns);
	scenario_fini(&s);
}

static void what_is_wrong_with_a_workload_has_a_place(void **state)
{
	static const struct {
		const char *vm, *text;
	} bad[] = {
		{ "workload: cpy", "s.yaml:3:15: workload \"cpy\" is unknown; expected cpu, exits, "
				   "halting or mixed (did you mean \"cpu\"?)" },
		{ "workload: {run: 5}", "s.yaml:3:21: run \"5\" has no unit; expected " DURATION_RANGE },
		{ "workload: {run: 5ms..1ms}", "s.yaml:3:21: run \"5ms..1ms\" ends before it begins; "
					       "expected " DURATION_RANGE },
		{ "workload: {sleep: 1ms}", "s.yaml:3:15: workload sleeps and never begins to; expected "
					    "a run beside sleep" },
		{ "workload: {shape: mixed, exit: 1ms}", "s.yaml:3:15: workload mixed is several; "
							 "expected no exit, run or sleep beside it" },
		{ "workload: {exit: 0}", "s.yaml:3:22: exit \"0\" is no time; expected " DURATION_RANGE },
		{ "workload: {work: 0s}", "s.yaml:3:22: work \"0s\" is too small; expected a duration "
					  "such as 500us, 10ms, 1.5s or 2min, at least 1 ns" },
	};
	struct scenario s;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_string_equal(parse(&s, bad[i].vm, true), bad[i].text);
		scenario_fini(&s);
	}
	assert_string_equal(parse(&s, "workload: cpu", false),
			    "s.yaml:3:5: a VM has no \"image\"; expected one");
	scenario_fini(&s);
	assert_string_equal(parse(&s, "{image: neo.bin, workload: cpu}", false), "");
	scenario_fini(&s);
}

/* Of VMs that stand for two rows each is as its row says, and the mixed ones differ. */
static void a_mixed_row_is_of_three_kinds(void **state)
{
	static struct sim_result result;
	struct scenario s;
	struct sim_plan plan;

	assert_string_equal(parse(&s, "{name: a, share: 2}\n  - {name: b, workload: mixed}", true), "");
	sim_plan_of_scenario(&plan, &s);
	plan.count = 600;
	assert_int_equal(plan.row_count, 2);
	assert_int_equal(plan.kind_count, 6);
	assert_int_equal(plan.kinds[1].exit_ns.high, 0);
	assert_true(plan.kinds[3].exit_ns.high && !plan.kinds[3].run_ns.high);
	assert_true(plan.kinds[5].sleep_ns.high);
	assert_int_equal(sim_run(&plan, NULL, false, &result, NULL), 0);
	assert_int_equal(result.rows[0].vms, 300);
	assert_int_equal(result.rows[0].exits, 0);
	assert_int_equal(result.rows[0].weight, 300 * plan.kinds[0].weight);
	assert_true(result.rows[1].exits);
	assert_int_equal(result.rows[0].charged_ns + result.rows[1].charged_ns + result.stats.idle_ns,
			 result.stats.now_ns);
	sim_result_fini(&result);
	sim_plan_fini(&plan);
	scenario_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lag_stays_within_what_is_allowed),
		cmocka_unit_test(an_unfair_policy_shows),
		cmocka_unit_test(durations_come_in_ranges),
		cmocka_unit_test(workloads_begin_with_a_shape),
		cmocka_unit_test(what_is_wrong_with_a_workload_has_a_place),
		cmocka_unit_test(a_mixed_row_is_of_three_kinds),
	};

	return cmocka_run_group_tests_name("sim", tests, NULL, NULL);
}
