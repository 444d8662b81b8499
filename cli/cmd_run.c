/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_run.c - `baton run`: reads the options, makes a cloud, runs it, reports.
 *
 * stdout carries what guests write to their consoles and nothing else, unless
 * `--json -` claims it; all that Baton itself has to say goes to stderr.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calibrate.h"
#include "cloud.h"
#include "cmd.h"
#include "from.h"
#include "interrupt.h"
#include "capacity.h"
#include "machine_facts.h"
#include "outlet.h"
#include "report.h"
#include "report_json.h"
#include "run_options.h"
#include "scenario.h"
#include "schedule.h"
#include "show.h"
#include "status.h"
#include "tape.h"
#include "terminal.h"
#include "trace_file.h"
#include "units.h"

#define SHOW_BUFFER (64 << 10)

static int print_help(void)
{
	puts("usage: baton run [OPTION ...] IMAGE[*N][:SHARE[:MODE]] ...\n"
	     "       baton run [OPTION ...] SCENARIO.yaml\n"
	     "       baton run [OPTION ...] --from FILE\n\n"
	     "Without --for, and unless the scenario says so, a run ends when every VM has.\n");
	run_options_help(stdout);
	return STATUS_MET;
}

static enum status complain(const struct scenario *scenario, const struct yaml_error *error,
			    enum status status)
{
	char *text = scenario_error(scenario, error);

	fprintf(stderr, "%s%s\n", text,
		status == STATUS_CANNOT ? "\nbaton doctor says what this machine can do" : "");
	free(text);
	return status;
}

/* From what the command line names to a scenario that is ready. */
static int prepare(const struct run_options *options, const struct from *from,
		   struct scenario *scenario, struct yaml_error *error)
{
	int result = run_options_prepare(options, scenario, error);

	if (!result && from)
		result = from_parse(from, scenario, error);
	else if (!result && scenario->file)
		result = scenario_load(scenario, error);
	else
		for (int i = 0; !result && i < options->operand_count; i++)
			result = scenario_add_image(scenario, options->operands[i], error);
	if (!result)
		result = run_options_apply(options, scenario, error);
	if (!result && from)
		result = from_blank(from, scenario, error);
	if (!result)
		result = scenario_finish(scenario, error);
	return result;
}

/* What the command line says to no effect. */
static void note_unused(const struct run_options *options, const struct scenario *scenario)
{
	bool turns = !strcmp(scenario->policy, "turns");
	bool json = scenario->format == FORMAT_JSON; /* of what guests write, too */

	if (options->given[RUN_OPTION_QUANTUM] && !scenario_uses_quantum(scenario))
		fprintf(stderr, "baton run: --quantum changes nothing: policy %s has none\n",
			scenario->policy);
	if (options->given[RUN_OPTION_BURST] && !turns)
		fprintf(stderr, "baton run: --burst changes nothing: policy %s has none\n",
			scenario->policy);
	if (scenario->count && !scenario->group_count)
		fputs("baton run: --count changes nothing: no VM has a count\n", stderr);
	if (options->given[RUN_OPTION_FORMAT] && scenario->show == SHOW_NONE && !json)
		fprintf(stderr, "baton run: --format changes nothing: nothing is shown; see --show\n");
}

/* A slice that this machine cannot carry is raised to one that it can. */
static void fit_quantum(struct scenario *scenario)
{
	uint64_t usable_ns;

	if (!scenario_uses_quantum(scenario) || scenario->quantum_ns >= CALIBRATE_FROM_NS)
		return;
	/* If it cannot be measured, the run itself will tell why. */
	if (calibrate_slice(NULL, &usable_ns) || usable_ns <= scenario->quantum_ns)
		return;
	fprintf(stderr, "baton run: a quantum of %s is too short for this machine; %s instead\n",
		units_duration(scenario->quantum_ns).text, units_duration(usable_ns).text);
	scenario->quantum_ns = usable_ns;
}

/* What the scenario takes besides its VMs. */
static struct capacity_need need_of(const struct scenario *scenario)
{
	struct capacity_need need = capacity_need_of(scenario->vm_count);

	need.of[LIMIT_FILES] += scenario->region_count;
	for (size_t i = 0; i < scenario->region_count; i++)
		need.of[LIMIT_MAPPINGS] += 2 * scenario->regions[i].place_count;
	for (size_t i = 0; i < scenario->vm_count; i++) {
		need.of[LIMIT_FILES] += scenario->vms[i].step_replay; /* its snapshot's memory */
		need.of[LIMIT_MAPPINGS] += scenario->vms[i].step_replay ? 3 : 0;
	}
	return need;
}

/* The soft limit is there for programs that cannot have many; the hard one stands. */
static void raise_files(uint64_t to)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= to || to > files.rlim_max)
		return;
	files.rlim_cur = to;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* Before anything is built: is there enough for all of it? */
static int check_limits(const struct scenario *scenario)
{
	const struct capacity_need need = need_of(scenario);
	struct machine_facts facts;
	char text[400];

	machine_limits_read("", &facts);
	if (!capacity_suffices(&facts, &need, text, sizeof(text))) {
		fprintf(stderr, "baton run: %s\n", text);
		return -EAGAIN;
	}
	raise_files(need.of[LIMIT_FILES] + facts.files_used);
	return 0;
}

static enum status judge(const struct cloud *cloud)
{
	if (expectation_sudden_deaths(cloud))
		return STATUS_DIED;
	return expectations_met(cloud) == cloud->scenario->expectation_count ? STATUS_MET
									      : STATUS_UNMET;
}

/* KVM's worker for a VM is made at the VM's first entry: then a limit on tasks shows. */
static void complain_of_run(int error)
{
	const char *why = error == -EAGAIN ? "; a limit on tasks: KVM takes one per VM; raise it "
					     "(ulimit -u, or the cgroup's pids.max)" :
			  error == -ENOMEM ? "; out of memory: fewer VMs, or less memory for each" :
					     "";

	fprintf(stderr, "baton run: KVM_RUN failed: %s%s\n"
		"baton doctor says what this machine can do\n", strerror(-error), why);
}

static enum status run_and_report(struct cloud *cloud, struct show_lines *lines, struct tape *tape,
				  struct trace_file *trace, struct outlet *guests, bool quiet,
				  FILE *json)
{
	struct terminal *terminal = lines->terminal;
	enum status taped, traced, judged;
	int error;

	tape->replay.host = cloud->host;
	trace_file_begin(trace, cloud->scenario,
			 tape->cloud.policy ? tape->cloud.policy->name : cloud->scenario->policy);
	show_begin(lines);
	interrupt_stops(cloud->host);
	error = tape->conducts ? conductor_begin(&tape->conductor, cloud) : 0;
	if (!error)
		error = cloud_run(cloud, terminal, quiet);
	interrupt_ends();
	trace_file_end(trace, cloud->host);
	outlet_drain(guests); /* the report comes last; how this went is asked in the end */
	if (error) {
		complain_of_run(error);
		return STATUS_CANNOT;
	}
	if (quiet)
		report_print_faults(cloud, terminal);
	else
		report_print(cloud, terminal);
	taped = tape_end(tape, cloud);
	traced = trace_file_report(trace);
	if (json && json != stdout)
		(void)!ftruncate(fileno(json), 0); /* a device has no length */
	if (json && report_json_write(cloud, json)) {
		fprintf(stderr, "baton run: cannot write the JSON report: %s\n", strerror(errno));
		return STATUS_USAGE;
	}
	judged = judge(cloud);
	return taped ? taped : traced ? traced : judged;
}

/* Opens and checks the schedule. What is wrong in it has a place of its own. */
static int open_schedule(struct scenario *scenario, struct schedule *schedule)
{
	struct yaml_error error;

	if (!schedule_open(schedule, scenario->schedule, scenario->vm_count, &error)) {
		scenario->script = &schedule->script;
		return 0;
	}
	if (error.at.line) {
		fprintf(stderr, "%s:%u:%u: %s\n", scenario->schedule, error.at.line,
			error.at.column, error.text);
	} else {
		error.at = scenario->schedule_at;
		complain(scenario, &error, STATUS_USAGE);
	}
	return -EINVAL;
}

/* Opens the JSON report before the run, so that a wrong name is not found out after it. */
static int open_json(const char *name, FILE **json)
{
	*json = NULL;
	if (!name)
		return 0;
	*json = strcmp(name, "-") ? fopen(name, "ae") : stdout; /* what is there stays, for now */
	if (*json)
		return 0;
	fprintf(stderr, "baton run: cannot write %s: %s\n", name, strerror(errno));
	return -EINVAL;
}

/* Closes the report, which has been flushed; if the run was refused, nothing is left of a new one. */
static void close_json(FILE *json, const char *name)
{
	struct stat file;

	if (!fstat(fileno(json), &file) && S_ISREG(file.st_mode) && !file.st_size)
		remove(name);
	fclose(json);
}

static enum status run(struct scenario *scenario, const struct from *from, struct tape *tape,
		       struct trace_file *trace,
		       bool quiet, FILE *json)
{
	struct outlet guests;
	struct show_lines lines;
	struct terminal terminal;
	struct yaml_error error;
	struct cloud cloud;
	enum status status;
	int error_out;

	signal(SIGPIPE, SIG_IGN); /* a write that nobody reads fails instead */
	outlet_init(&guests, json == stdout ? STDERR_FILENO : STDOUT_FILENO,
		    scenario->format == FORMAT_JSON ? OUTLET_SPARE_JSON : OUTLET_SPARE);
	guests.patient = tape->path; /* else the reader's speed would be on record */
	terminal_init(&terminal, stderr);
	if (scenario->show != SHOW_NONE) {
		if (!terminal.live)
			setvbuf(stderr, NULL, _IOFBF, SHOW_BUFFER);
		terminal.live = false; /* lines that come by themselves are progress enough */
	}
	show_init(&lines, scenario, &terminal, &guests);
	fit_quantum(scenario);
	status = cloud_create(&cloud, scenario, &lines, tape_begin(tape, scenario, &lines), &guests,
			      &terminal, &error);
	if (status)
		complain(scenario, &error, status);
	else if (from)
		status = from_load(from, &cloud, &lines, &guests);
	if (!status)
		status = run_and_report(&cloud, &lines, tape, trace, &guests, quiet, json);
	guests.host = NULL; /* it goes */
	cloud_destroy(&cloud);
	error_out = outlet_drain(&guests);
	outlet_fini(&guests);
	if (fflush(stderr) || ferror(stderr))
		return STATUS_USAGE; /* and there is nobody to tell */
	if (error_out) {
		fprintf(stderr, "baton run: cannot write what the guests said: %s\n",
			strerror(-error_out));
		return STATUS_USAGE;
	}
	return status;
}

/* With a JSON report, if one is wanted. */
static enum status run_and_write(struct scenario *scenario, const struct from *from,
				 const struct run_options *options)
{
	enum status status;
	struct yaml_error error;
	struct trace_file trace;
	struct tape tape;
	FILE *json;

	if (check_limits(scenario))
		return STATUS_CANNOT;
	if (trace_file_open(&trace, options, &error)) {
		fprintf(stderr, "baton run: %s\n", error.text);
		return STATUS_USAGE;
	}
	if (tape_open(&tape, options, scenario, &error)) {
		fprintf(stderr, "baton run: %s\n", error.text);
		status = STATUS_USAGE;
		goto close_trace;
	}
	if (open_json(options->given[RUN_OPTION_JSON], &json)) {
		status = STATUS_USAGE;
		goto close_tape;
	}
	note_unused(options, scenario);
	scenario->trace = trace.path ? &trace : NULL;
	status = run(scenario, from, &tape, &trace, options->given[RUN_OPTION_QUIET], json);
	if (json && json != stdout)
		close_json(json, options->given[RUN_OPTION_JSON]);
close_tape:
	tape_close(&tape);
close_trace:
	trace_file_close(&trace);
	return status;
}

static enum status run_by_schedule(struct scenario *scenario, const struct from *from,
				   const struct run_options *options)
{
	struct schedule schedule;
	enum status status;

	if (open_schedule(scenario, &schedule))
		return STATUS_USAGE;
	status = run_and_write(scenario, from, options);
	if (schedule.changed) {
		fprintf(stderr, "baton run: %s changed while it was read, and was followed up to "
			"line %u, column %u\n", scenario->schedule, schedule.at.line,
			schedule.at.column);
		status = STATUS_USAGE;
	}
	schedule_close(&schedule);
	return status;
}

/* A record, and what the kernel counts, begin where VMs do. */
static int check_from(const struct run_options *options)
{
	const char *with = options->given[RUN_OPTION_RECORD]	   ? "--record" :
			   options->given[RUN_OPTION_REPLAY]	   ? "--replay" :
			   options->given[RUN_OPTION_KERNEL_EXITS] ? "--kernel-exits" :
			   options->operand_count		   ? options->operands[0] :
								     NULL;

	if (!with)
		return 0;
	fprintf(stderr, "baton run: --from and %s; expected one of them\n", with);
	return -EINVAL;
}

/* Either one scenario or images. 0, or -EINVAL with a message. */
static int check_operands(const struct run_options *options)
{
	if (options->given[RUN_OPTION_FROM])
		return check_from(options);
	if (!options->operand_count) {
		fprintf(stderr, "baton run: nothing to run; expected images or one scenario, "
			"see baton run --help\n");
		return -EINVAL;
	}
	for (int i = 0; i < options->operand_count; i++)
		if (options->operand_count > 1 && run_options_is_scenario(options->operands[i])) {
			fprintf(stderr, "baton run: %s is not alone; expected one scenario, or "
				"images\n", options->operands[i]);
			return -EINVAL;
		}
	return 0;
}

/* `file`: of the scenario, or NULL. `from`: what it goes on from, or NULL. */
static enum status prepare_and_run(const struct run_options *options, const struct from *from,
				   const char *file)
{
	struct scenario scenario;
	struct yaml_error error;
	enum status status;

	scenario_init(&scenario, file);
	if (prepare(options, from, &scenario, &error))
		status = complain(&scenario, &error, STATUS_USAGE);
	else if (scenario_uses_schedule(&scenario))
		status = run_by_schedule(&scenario, from, options);
	else
		status = run_and_write(&scenario, from, options);
	scenario_fini(&scenario);
	return status;
}

int cmd_run_with(const struct run_options *options)
{
	const char *path = options->given[RUN_OPTION_FROM];
	enum status status;
	struct from from;

	if (check_operands(options))
		return STATUS_USAGE;
	if (!path)
		return prepare_and_run(options, NULL, run_options_is_scenario(options->operands[0]) ?
						      options->operands[0] : NULL);
	status = from_open(&from, "run", path);
	if (status)
		return status;
	from.anew = options->given[RUN_OPTION_SEED];
	status = prepare_and_run(options, &from, from_scenario(&from));
	from_close(&from);
	return status;
}

int cmd_run(int argc, char **argv)
{
	struct run_options options;

	if (run_options_parse(&options, argc, argv))
		return STATUS_USAGE;
	if (options.given[RUN_OPTION_HELP])
		return print_help();
	return cmd_run_with(&options);
}
