/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_options.h - the command line of `baton trace`.
 */
#ifndef BATON_CLI_TRACE_OPTIONS_H
#define BATON_CLI_TRACE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct trace_options {
	bool help, list, summary;
	const char *file;
	const char *vm;		 /* a name, or a number; NULL: all */
	unsigned kind;		 /* enum baton_trace_kind; 0: all */
	unsigned exit;		 /* enum baton_exit_kind, and `kind` is RUN; BATON_EXIT_KINDS: all */
	uint64_t from_ns, to_ns; /* UINT64_MAX: no end */
	const char *json, *csv;	 /* or NULL */
};

/* Takes argv apart; argv[0] is the name of the command. 0, or -EINVAL with a message on stderr. */
int trace_options_parse(struct trace_options *options, int argc, char **argv);

void trace_options_help(FILE *to);

#endif
