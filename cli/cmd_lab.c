/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_lab.c - `baton lab`: lists the labs, or runs one as `baton run` does.
 */
#include <stdio.h>

#include "cmd.h"
#include "labs.h"
#include "run_options.h"
#include "status.h"
#include "suggest.h"
#include "table.h"

static int print_help(void)
{
	puts("usage: baton lab                      lists the labs\n"
	     "       baton lab [OPTION ...] NAME    runs one\n");
	run_options_help(stdout);
	return STATUS_MET;
}

static int list(const struct labs *labs)
{
	struct table table;

	if (!labs->count) {
		fprintf(stderr, "baton lab: no labs in %s; BATON_LABS can name another folder\n",
			labs->folder);
		return STATUS_USAGE;
	}
	table_init(&table, "lll");
	for (size_t i = 0; i < labs->count; i++) {
		table_cell(&table, "%s", labs->labs[i].name);
		table_cell(&table, "%s", labs->labs[i].aliases);
		table_cell(&table, "%s", labs->labs[i].summary);
	}
	table_print(&table, stdout);
	return STATUS_MET;
}

static int unknown(const struct labs *labs, const char *name)
{
	const char *meant = suggest(name, labs_word, labs);

	fprintf(stderr, "baton lab: lab \"%s\" is unknown%s%s%s; baton lab lists them\n", name,
		meant ? " (did you mean \"" : "", meant ? meant : "", meant ? "\"?)" : "");
	return STATUS_USAGE;
}

static int run(const struct labs *labs, struct run_options *options)
{
	const struct lab *lab = labs_find(labs, options->operands[0]);

	if (!lab)
		return unknown(labs, options->operands[0]);
	options->operands[0] = lab->path;
	return cmd_run_with(options);
}

int cmd_lab(int argc, char **argv)
{
	struct run_options options;
	struct labs labs;
	int status;

	if (run_options_parse(&options, argc, argv))
		return STATUS_USAGE;
	if (options.given[RUN_OPTION_HELP])
		return print_help();
	if (options.operand_count > 1) {
		fprintf(stderr, "baton lab: %s is one lab too many; expected one\n",
			options.operands[1]);
		return STATUS_USAGE;
	}
	labs_init(&labs);
	status = options.operand_count ? run(&labs, &options) : list(&labs);
	labs_fini(&labs);
	return status;
}
