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
#include "labs.h"
#include "run_options.h"
#include "status.h"
#include "suggest.h"

static int print_help(void)
{
	puts("usage: baton explore [OPTION ...] SCENARIO.yaml | LAB\n\n"
	     "Every interleaving of the accesses of VMs to trapped regions and to devices that they\n"
	     "share: verified, or a shortest schedule that breaks them.\n");
	explore_options_help(stdout);
	return STATUS_MET;
}

static enum status complain(const struct scenario *scenario, const struct yaml_error *error,
			    enum status status)
{
	if (error->at.line)
		fprintf(stderr, "%s:%u:%u: %s\n", scenario->file, error->at.line, error->at.column,
			error->text);
	else
		fprintf(stderr, "%s: %s\n", scenario->file, error->text);
	return status;
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
		explore_show(e, options->quiet ? NULL : &path, out);
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

static enum status explore(const struct explore_options *options, const struct scenario *scenario,
			   const struct outputs *to)
{
	const struct search_config config = {
		.reduces = options->reduces, .steps = options->bound, .states = options->states, .bytes = options->space,
	};
	struct terminal terminal, out;
	struct exploration e;
	struct yaml_error error;
	enum status status;

	terminal_init(&terminal, stderr);
	terminal_init(&out, stdout);
	status = exploration_begin(&e, scenario, options->tso ? MEMORY_TSO : MEMORY_SC, &terminal, &error);
	if (!status)
		status = exploration_search(&e, &config, &error);
	if (status)
		complain(scenario, &error, status);
	else
		status = report(&e, options, &out, to);
	exploration_end(&e);
	return status;
}

/* A file, or a lab. NULL after a message. */
static const char *find_scenario(const struct labs *labs, const char *name)
{
	const struct lab *lab;
	const char *meant;

	if (run_options_is_scenario(name))
		return name;
	lab = labs_find(labs, name);
	if (lab)
		return lab->path;
	meant = suggest(name, labs_word, labs);
	fprintf(stderr, "baton explore: \"%s\" is no scenario, and no lab%s%s%s; baton lab lists them\n",
		name, meant ? " (did you mean \"" : "", meant ? meant : "", meant ? "\"?)" : "");
	return NULL;
}

static enum status load_and_explore(const struct explore_options *options, const char *file)
{
	struct scenario scenario;
	struct yaml_error error;
	enum status status = STATUS_USAGE;
	struct outputs to = { NULL };

	scenario_init(&scenario, file);
	if (scenario_load(&scenario, &error) || scenario_finish(&scenario, &error)) {
		complain(&scenario, &error, status);
		goto out;
	}
	if (!open_output(options->json, &to.json) && !open_output(options->html, &to.html))
		status = explore(options, &scenario, &to);
	if (close_output(to.json, options->json, status))
		status = STATUS_USAGE;
	if (close_output(to.html, options->html, status))
		status = STATUS_USAGE;
out:
	scenario_fini(&scenario);
	return status;
}

int cmd_explore(int argc, char **argv)
{
	struct explore_options options;
	enum status status = STATUS_USAGE;
	struct labs labs;
	const char *file;

	if (explore_options_parse(&options, argc, argv))
		return STATUS_USAGE;
	if (options.help)
		return print_help();
	labs_init(&labs);
	file = find_scenario(&labs, options.scenario);
	if (file)
		status = load_and_explore(&options, file);
	labs_fini(&labs);
	return status;
}
