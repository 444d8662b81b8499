/* SPDX-License-Identifier: Apache-2.0 */
/*
 * golden.c - every decision of every policy in a few small scenarios, compared
 * with the logs in golden/, which are there to be read.
 *
 * A decision that changes on purpose: BATON_TEST_REGENERATE=1 and this program
 * write the logs anew, and the difference is part of the change.
 */
#include "sched/policies.h"
#include "sim/sim.h"
#include "test.h"

#define NAMES_MOST 4

struct scenario {
	const char *name;
	const char *about; /* lines for the head of the log */
	const char *names[NAMES_MOST];
	struct baton__sim_entity entity[NAMES_MOST];
	uint32_t count;
	uint64_t slice_ns, until_ns;
	uint32_t burst;
	const char *schedule;
	struct baton__sim_overrun overrun;
};

static const struct scenario scenarios[] = {
	{
		.name = "matrix",
		.about = "# Two that are always busy, of weights 70 and 30.\n",
		.names = { "neo", "morpheus" },
		.entity = { { .weight = 70 }, { .weight = 30 } },
		.count = 2, .slice_ns = 10 * MS, .burst = 1, .schedule = "21", .until_ns = 200 * MS,
	},
	{
		.name = "exits",
		.about = "# Neo is always busy, Morpheus exits every 2 to 3 ms, Trinity every\n"
			 "# 5 ms. Weights 7, 3 and 0, bursts of 2 exits.\n",
		.names = { "neo", "morpheus", "trinity" },
		.entity = { { .weight = 7, .exit_ns = { 40 * MS, 40 * MS } },
			    { .weight = 3, .exit_ns = { 2 * MS, 3 * MS } },
			    { .exit_ns = { 5 * MS, 5 * MS } } },
		.count = 3, .slice_ns = 10 * MS, .burst = 2, .schedule = "413", .until_ns = 300 * MS,
	},
	{
		.name = "mixed",
		.about = "# Weights 1, 2 and 5: Tank runs for up to 15 ms and sleeps for up to\n"
			 "# 30, Dozer yields every 4 ms and arrives at 40 ms, Switch is always\n"
			 "# busy and ends after 150 ms of its own. Slices end up to 1 ms late.\n",
		.names = { "tank", "dozer", "switch" },
		.entity = { { .weight = 1, .run_ns = { MS, 15 * MS }, .sleep_ns = { MS, 30 * MS } },
			    { .weight = 2, .arrives_ns = 40 * MS, .run_ns = { 4 * MS, 4 * MS } },
			    { .weight = 5, .work_ns = 150 * MS } },
		.count = 3, .slice_ns = 10 * MS, .burst = 1, .until_ns = 300 * MS,
		.schedule = "1211322232112233321",
		.overrun = { .usual = { 0, MS } },
	},
};

struct log {
	const struct scenario *scenario;
	const struct baton_sched_ops *ops;
	FILE *file;
};

static void print_ms(FILE *file, uint64_t ns)
{
	fprintf(file, "%5llu.%06llu", (unsigned long long)(ns / MS), (unsigned long long)(ns % MS));
}

static void saw_wake(void *context, baton_entity_t e, uint64_t now)
{
	struct log *log = context;

	print_ms(log->file, now);
	fprintf(log->file, "  %-8s  wakes\n", log->scenario->names[e]);
}

static void saw_turn(void *context, const struct baton__sim_turn *turn)
{
	struct log *log = context;

	print_ms(log->file, turn->begin_ns);
	fprintf(log->file, "  %-8s  runs ", log->scenario->names[turn->entity]);
	print_ms(log->file, turn->charged_ns);
	if (turn->exits)
		fprintf(log->file, ", exits %llu", (unsigned long long)turn->exits);
	fprintf(log->file, ": %s\n", baton_why_name(turn->why));
}

static void saw_remove(void *context, baton_entity_t e, uint64_t now)
{
	struct log *log = context;

	print_ms(log->file, now);
	fprintf(log->file, "  %-8s  removed\n", log->scenario->names[e]);
}

static void print_end(struct log *log, const struct baton__sim *sim)
{
	struct baton__sim_stats stats;

	baton__sim_stats(sim, &stats);
	print_ms(log->file, stats.now_ns);
	fprintf(log->file, "  the end: idle ");
	print_ms(log->file, stats.idle_ns);
	fprintf(log->file, ", lag %llu and %llu ns, overrun %llu ns\n",
		(unsigned long long)stats.lag.lag_ns, (unsigned long long)stats.lag.lag_later_ns,
		(unsigned long long)stats.lag.overrun_ns);
	if (log->ops == &baton__sched_script)
		fprintf(log->file, "%14sof schedule %s, %llu skipped\n", "", log->scenario->schedule,
			(unsigned long long)stats.skipped);
	for (baton_entity_t e = 0; e < log->scenario->count; e++) {
		struct baton__sim_entity_stats had;

		baton__sim_entity_stats(sim, e, &had);
		fprintf(log->file, "%14s%-8s  had  ", "", log->scenario->names[e]);
		print_ms(log->file, had.charged_ns);
		fprintf(log->file, ", turns %llu, exits %llu\n", (unsigned long long)had.turns,
			(unsigned long long)had.exits);
	}
}

/* The log as text; freed by the caller. */
static char *make_log(const struct scenario *scenario, const struct baton_sched_ops *ops)
{
	static const struct baton__sim_observer observer = { saw_wake, saw_turn, saw_remove };
	struct log log = { .scenario = scenario, .ops = ops };
	struct test_script script;
	const struct baton__sim_config config = {
		.ops = ops,
		.sched = { .slice_ns = scenario->slice_ns, .burst = scenario->burst,
			   .script = &script.script },
		.entities = scenario->entity, .count = scenario->count,
		.overrun = scenario->overrun, .seed = 1,
		.observer = &observer, .context = &log,
	};
	struct baton__sim *sim;
	char *text = NULL;
	size_t size;

	test_script_init(&script, scenario->schedule, false);
	log.file = open_memstream(&text, &size);
	assert_non_null(log.file);
	fprintf(log.file, "# Policy %s, scenario %s. Times in ms; made by tests/sim/golden.c.\n%s",
		ops->name, scenario->name, scenario->about);
	assert_int_equal(baton__sim_create(&config, NULL, &sim), 0);
	assert_int_equal(baton__sim_run(sim, scenario->until_ns), 0);
	print_end(&log, sim);
	baton__sim_destroy(sim);
	assert_int_equal(fclose(log.file), 0);
	return text;
}

static void path_of(char *path, size_t size, const struct scenario *scenario, const char *policy)
{
	const char *root = getenv("BATON_SOURCE_ROOT");

	snprintf(path, size, "%s/tests/sim/golden/%s-%s.txt", root ? root : ".", scenario->name,
		 policy);
}

/* The whole file; freed by the caller. */
static char *read_log(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 16);

	assert_non_null(text);
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	assert_in_range(fread(text, 1, (1 << 16) - 1, file), 1, (1 << 16) - 2);
	fclose(file);
	return text;
}

/* Complains about the first line that differs. */
static void compare(const char *path, const char *is, const char *should_be)
{
	unsigned line = 1;

	if (!strcmp(is, should_be))
		return;
	while (*is && *is == *should_be) {
		line += *is == '\n';
		is++;
		should_be++;
	}
	print_error("%s:%u differs:\n  decided:  …%.*s\n  expected: …%.*s\n", path, line,
		    (int)strcspn(is, "\n"), is, (int)strcspn(should_be, "\n"), should_be);
	fail();
}

static void check_policy(const char *policy)
{
	const struct baton_sched_ops *ops = baton_policy(policy);
	const char *regenerate = getenv("BATON_TEST_REGENERATE");

	assert_non_null(ops);
	for (unsigned i = 0; i < COUNT(scenarios); i++) {
		char path[4096], *made = make_log(&scenarios[i], ops), *kept;

		path_of(path, sizeof(path), &scenarios[i], policy);
		if (regenerate && !strcmp(regenerate, "1")) {
			FILE *file = fopen(path, "w");

			assert_non_null(file);
			fputs(made, file);
			assert_int_equal(fclose(file), 0);
		}
		kept = read_log(path);
		compare(path, made, kept);
		free(kept);
		free(made);
	}
}

static void null_decides_as_logged(void **state)
{
	check_policy("null");
}

static void turns_decides_as_logged(void **state)
{
	check_policy("turns");
}

static void quantum_decides_as_logged(void **state)
{
	check_policy("quantum");
}

static void share_decides_as_logged(void **state)
{
	check_policy("share");
}

static void script_decides_as_logged(void **state)
{
	check_policy("script");
}

/* What the same seed gives must not depend on where things lie in memory. */
static void logs_repeat(void **state)
{
	for (unsigned i = 0; i < COUNT(scenarios); i++) {
		char *one = make_log(&scenarios[i], baton_policy("share"));
		char *two = make_log(&scenarios[i], baton_policy("share"));

		assert_string_equal(one, two);
		free(one);
		free(two);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_decides_as_logged),
		cmocka_unit_test(turns_decides_as_logged),
		cmocka_unit_test(quantum_decides_as_logged),
		cmocka_unit_test(share_decides_as_logged),
		cmocka_unit_test(script_decides_as_logged),
		cmocka_unit_test(logs_repeat),
	};

	return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
