/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_sim.c - `baton sim`: the policies on a virtual clock, or a traced run decided again.
 *
 * The tables are what it is for, so they go to stdout, unless `--json -` claims it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baton/baton.h"
#include "cmd.h"
#include "heap.h"
#include "scenario.h"
#include "sim_options.h"
#include "sim_plan.h"
#include "sim_plot.h"
#include "sim_redo.h"
#include "sim_report.h"
#include "sim_run.h"
#include "status.h"
#include "terminal.h"
#include "trace_reader.h"
#include "units.h"

static int print_help(void)
{
	puts("usage: baton sim [OPTION ...] SCENARIO.yaml\n"
	     "       baton sim [OPTION ...] --vms N | --sweep N,N... | --from TRACE\n"
	     "       baton sim --redo TRACE\n\n"
	     "The policies of baton run, on a virtual clock. VMs compute, or do what the scenario's\n"
	     "workload says; their images are not needed.\n");
	sim_options_help(stdout);
	return STATUS_MET;
}

/* ------------------------------------------------------------------- plans */

static int plan_by_scenario(struct sim_plan *plan, const struct sim_options *options)
{
	struct scenario scenario;
	struct yaml_error error;
	int result;

	*plan = (struct sim_plan){ 0 };
	scenario_init(&scenario, options->scenario);
	scenario.simulated = true;
	result = scenario_load(&scenario, &error);
	if (!result && scenario_uses_schedule(&scenario) && !options->policy) {
		error.at = scenario.policy_at;
		snprintf(error.text, sizeof(error.text), "policy script goes by a file; expected share, "
			 "quantum, turns or null, here or with --policy");
		result = -EINVAL;
	}
	if (result) {
		char *text = scenario_error(&scenario, &error);

		fprintf(stderr, "%s\n", text);
		free(text);
	} else {
		sim_plan_of_scenario(plan, &scenario);
	}
	scenario_fini(&scenario);
	return result;
}

/* Opens a trace. NULL after a message. */
static FILE *open_trace(const char *path, struct trace_reader *trace)
{
	FILE *file = fopen(path, "re");

	if (!file) {
		fprintf(stderr, "baton sim: cannot read %s: %s\n", path, strerror(errno));
		return NULL;
	}
	if (!trace_reader_init(trace, file))
		return file;
	fprintf(stderr, "baton sim: %s %s\n", path, trace->error);
	trace_reader_fini(trace);
	fclose(file);
	return NULL;
}

static int plan_by_trace(struct sim_plan *plan, const char *path)
{
	struct trace_reader trace;
	FILE *file = open_trace(path, &trace);
	int result;

	*plan = (struct sim_plan){ 0 };
	if (!file)
		return -EINVAL;
	result = sim_plan_of_trace(plan, &trace);
	if (result)
		fprintf(stderr, "baton sim: %s %s\n", path, trace.error);
	trace_reader_fini(&trace);
	fclose(file);
	return result;
}

static int make_plan(struct sim_plan *plan, const struct sim_options *options)
{
	int result = 0;

	if (options->scenario)
		result = plan_by_scenario(plan, options);
	else if (options->from)
		result = plan_by_trace(plan, options->from);
	else
		sim_plan_of_nothing(plan);
	if (!result)
		sim_plan_apply(plan, options);
	return result;
}

/* ----------------------------------------------------------------- running */

/* One simulation, or one for each row of a sweep. How many were made is in `count`. */
static enum status simulate(struct sim_plan *plan, const struct sim_options *options,
			    struct sim_result *results, size_t *count)
{
	size_t wanted = options->sweep_count ? options->sweep_count : 1;
	struct baton_diag diag = { .message = "out of memory" };
	struct terminal terminal;
	int error = 0;

	terminal_init(&terminal, stderr);
	for (*count = 0; *count < wanted && !error; ++*count) {
		if (options->sweep_count)
			plan->count = options->sweep[*count];
		error = sim_run(plan, options->progress ? &terminal : NULL,
				options->plot && !options->sweep_count, &results[*count], &diag);
	}
	if (!error)
		return STATUS_MET;
	fprintf(stderr, "baton sim: %s\n", diag.message);
	return error == -ENOMEM ? STATUS_CANNOT : STATUS_USAGE;
}

static enum status write_json(const char *name, json_t *object)
{
	FILE *file = strcmp(name, "-") ? fopen(name, "we") : stdout;
	bool failed = !file;

	if (file) {
		failed = json_dumpf(object, file, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) ||
			 fputc('\n', file) == EOF || fflush(file);
		if (file != stdout)
			failed |= fclose(file) != 0;
	}
	json_decref(object);
	if (!failed)
		return STATUS_MET;
	fprintf(stderr, "baton sim: cannot write %s: %s\n", name, strerror(errno));
	return STATUS_USAGE;
}

/* Says what came out, in all the ways that are wanted. */
static enum status report(const struct sim_plan *plan, const struct sim_options *options,
			  const struct sim_result *results, size_t count)
{
	bool sweep = options->sweep_count;
	enum status status = STATUS_MET;

	if (options->json)
		status = write_json(options->json, sim_report_json(plan, results, count, sweep));
	if (!options->json || strcmp(options->json, "-")) {
		if (sweep)
			sim_report_print_sweep(plan, results, count, stdout);
		else
			sim_report_print(plan, results, stdout);
	}
	if (options->plot && sim_plot(options->plot, plan, results, count))
		status = STATUS_USAGE;
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "baton sim: cannot write the tables: %s\n", strerror(errno));
		status = STATUS_USAGE;
	}
	for (size_t i = 0; i < count && !status; i++) {
		if (sim_result_within(&results[i]))
			continue;
		fprintf(stderr, "baton sim: %s VMs: lag is above what policy share allows\n",
			units_count(results[i].count).text);
		status = STATUS_UNMET;
	}
	return status;
}

static enum status simulate_and_report(const struct sim_options *options)
{
	struct sim_result *results;
	struct sim_plan plan;
	enum status status = STATUS_USAGE;
	size_t count = 0;

	results = heap_zeroed(options->sweep_count + 1, sizeof(*results));
	if (!make_plan(&plan, options)) {
		status = simulate(&plan, options, results, &count);
		if (status == STATUS_MET)
			status = report(&plan, options, results, count);
	}
	for (size_t i = 0; i < count; i++)
		sim_result_fini(&results[i]);
	free(results);
	sim_plan_fini(&plan);
	return status;
}

static enum status redo(const char *path)
{
	struct sim_redo redone = { 0 };
	struct trace_reader trace;
	FILE *file = open_trace(path, &trace);
	int result;

	if (!file)
		return STATUS_USAGE;
	result = sim_redo(&trace, &redone);
	if (result)
		fprintf(stderr, "baton sim: %s %s\n", path, trace.error);
	else if (redone.record)
		printf("%s: record %s, before byte %llu: decision %s differs\n  recorded: %s\n"
		       "  now:      %s\n", path, units_count(redone.record).text,
		       (unsigned long long)redone.offset, units_count(redone.decisions).text,
		       redone.was, redone.is);
	else
		printf("%s decision%s, all the same\n", units_count(redone.decisions).text,
		       redone.decisions == 1 ? "" : "s");
	trace_reader_fini(&trace);
	fclose(file);
	if (result)
		return STATUS_USAGE;
	return redone.record ? STATUS_UNMET : STATUS_MET;
}

int cmd_sim(int argc, char **argv)
{
	struct sim_options options;

	if (sim_options_parse(&options, argc, argv))
		return STATUS_USAGE;
	if (options.help)
		return print_help();
	if (options.redo)
		return redo(options.redo);
	if (options.plot && sim_plot_check()) {
		fprintf(stderr, "baton sim: --plot needs gnuplot, which cannot be started; in Debian it "
			"is in the package gnuplot-nox\n");
		return STATUS_CANNOT;
	}
	return simulate_and_report(&options);
}
