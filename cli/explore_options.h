/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_options.h - the command line of `baton explore`.
 */
#ifndef BATON_CLI_EXPLORE_OPTIONS_H
#define BATON_CLI_EXPLORE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct explore_options {
	const char *scenario; /* a file, or a lab's name */
	bool tso, reduces;
	unsigned order; /* enum search_order */
	uint64_t walks, seed, threads;
	uint64_t bound; /* UINT64_MAX: none */
	uint64_t states, space;
	const char *record, *json, *html; /* or NULL */
	bool quiet, help;
};

/* Takes argv apart and checks it. 0, or -EINVAL with a message on stderr. */
int explore_options_parse(struct explore_options *options, int argc, char **argv);

/* One line per option. */
void explore_options_help(FILE *to);

#endif
