/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_options.h - the command line of `baton exits`.
 */
#ifndef BATON_CLI_EXITS_OPTIONS_H
#define BATON_CLI_EXITS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct exits_options {
	bool help, reasons;
	bool watch, delta;
	uint64_t interval_ns; /* of either; 0: that of the command */
	char **command;	      /* argv's; NULL: none */
	uint64_t vm;	      /* 0: any */
	uint32_t pid;
	const char *from, *json, *csv; /* or NULL */
};

/* Takes argv apart; argv[0] is the name of the command. 0, or -EINVAL with a message on stderr. */
int exits_options_parse(struct exits_options *options, int argc, char **argv);

void exits_options_help(FILE *to);

#endif
