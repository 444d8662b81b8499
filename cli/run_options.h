/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_options.h - the command line of `baton run`: a scenario or images, and
 * the options that override them.
 */
#ifndef BATON_CLI_RUN_OPTIONS_H
#define BATON_CLI_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "options.h"
#include "scenario.h"

enum run_option {
#define OPTION(id, name, argument, summary) RUN_OPTION_##id,
#include "run_options.def"
#undef OPTION
	RUN_OPTIONS
};

const struct options_row *run_options_row(enum run_option option);

/* What was given; the texts are argv's. */
struct run_options {
	const char *given[RUN_OPTIONS]; /* an option's argument, "" if it takes none, or NULL */
	char **operands;		/* images, or one scenario */
	int operand_count;
};

/* Takes argv apart; argv[0] is the name of the command. 0, or -EINVAL with a message on stderr. */
int run_options_parse(struct run_options *options, int argc, char **argv);

/* Does the name say that it is a scenario: ".yaml" or ".yml"? */
bool run_options_is_scenario(const char *name);

/* What must be known before a scenario is read. 0, or -EINVAL with `error`. */
int run_options_prepare(const struct run_options *options, struct scenario *scenario,
			struct yaml_error *error);

/* Changes a scenario by the options. 0, or -EINVAL with `error`. */
int run_options_apply(const struct run_options *options, struct scenario *scenario,
		      struct yaml_error *error);

/* One line per option. */
void run_options_help(FILE *to);

#endif
