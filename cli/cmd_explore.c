/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_explore.c - `baton explore`: takes the VMs of a scenario through every schedule.
 *
 * What it finds goes to stdout, unless `--json -` or `--html -` claims it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "conductor.h"
#include "explore_html.h"
#include "explore_options.h"
#include "explore_show.h"
#include "interrupt.h"
#include "explore_subject.h"
#include "status.h"

static int print_help(void)
{
	puts("usage: baton explore [OPTION ...] SCENARIO.yaml | LAB\n\n"
	     "Every interleaving of the accesses of VMs to trapped regions and to devices that they\n"
	     "share, and of the interrupts of their timers: verified, or a shortest schedule that\n"
	     "breaks them.\n");
	explore_options_help(stdout);
	return STATUS_MET;
}

/* What is written besides the text; NULL where it is not wanted. */
struct outputs {
	FILE *json, *html;
};

static int refuse_output(const char *name, int error)
{
	fprintf(stderr, "baton explore: cannot write %s: %s\n", name, strerror(-error));
	return error;
}

static int open_output(const char *name, FILE **file)
{
	*file = NULL;
	if (!name)
		return 0;
	*file = strcmp(name, "-") ? fopen(name, "we") : stdout;
	return *file ? 0 : refuse_output(name, -errno);
}

/* 0, or an error with a message, unless there has been one already. */
static int close_output(FILE *file, const char *name, bool told)
{
	if (!file || file == stdout || !fclose(file) || told)
		return 0;
	return refuse_output(name, -errno);
}

/* Writes the schedule, if one was found. 0 or -errno. */
static int record(const struct exploration *e, const struct explore_path *path, const char *name)
{
	FILE *file = fopen(name, "we");
	int error = file ? conductor_write(e, path, file) : -errno;

	if (file && fclose(file) && !error)
		error = -errno;
	if (error)
		fprintf(stderr, "baton explore: cannot write %s: %s\n", name, strerror(-error));
	return error;
}

static enum status report(struct exploration *e, const struct explore_options *options,
			  const struct terminal *out, const struct outputs *to)
{
	struct explore_path path;
	enum status status = exploration_is_met(e) ? STATUS_MET : STATUS_UNMET;
	int error;

	explore_path_init(&path, e);
	if (to->json != stdout && to->html != stdout)
		explore_show(e, &path, !options->quiet, out);
	if (to->json && (error = explore_json(e, &path, to->json))) {
		refuse_output(options->json, error);
		status = STATUS_USAGE;
	}
	if (to->html && (error = explore_html(e, &path, to->html))) {
		refuse_output(options->html, error);
		status = STATUS_USAGE;
	}
	if (options->record && e->search.path_length && record(e, &path, options->record))
		status = STATUS_USAGE;
	explore_path_fini(&path);
	return status;
}

/* Ctrl-C ends the search, and what there is then is reported. */
static enum status search(struct exploration *e, const struct search_config *config,
			  struct yaml_error *error)
{
	enum status status;

	interrupt_stops(NULL);
	status = exploration_search(e, config, error);
	interrupt_ends();
	return status;
}

static enum status explore(const struct explore_options *options, const struct explore_subject *subject,
			   const struct outputs *to)
{
	const struct search_config config = {
		.threads = (unsigned)options->threads, .order = options->order, .walks = options->walks, .seed = options->seed,
		.reduces = options->reduces, .steps = options->bound, .states = options->states,
		.bytes = options->space,
	};
	struct terminal terminal, out;
	struct exploration e;
	struct yaml_error error;
	enum status status;

	terminal_init(&terminal, stderr);
	terminal_init(&out, stdout);
	status = exploration_begin(&e, &subject->scenario, options->tso ? MEMORY_TSO : MEMORY_SC, &terminal, &error);
	if (!status)
		status = search(&e, &config, &error);
	if (status)
		explore_subject_complain(subject, &error);
	else
		status = report(&e, options, &out, to);
	exploration_end(&e);
	return status;
}

int cmd_explore(int argc, char **argv)
{
	struct explore_options options;
	enum status status = STATUS_USAGE;
	struct explore_subject subject;
	struct outputs to = { NULL };

	if (explore_options_parse(&options, argc, argv))
		return STATUS_USAGE;
	if (options.help)
		return print_help();
	if (!explore_subject_open(&subject, "explore", options.scenario) &&
	    !open_output(options.json, &to.json) && !open_output(options.html, &to.html))
		status = explore(&options, &subject, &to);
	if (close_output(to.json, options.json, status))
		status = STATUS_USAGE;
	if (close_output(to.html, options.html, status))
		status = STATUS_USAGE;
	explore_subject_close(&subject);
	return status;
}
