/* SPDX-License-Identifier: Apache-2.0 */
/*
 * play_options.h - the command line of `baton play`.
 */
#ifndef BATON_CLI_PLAY_OPTIONS_H
#define BATON_CLI_PLAY_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

struct play_options {
	const char *scenario; /* a file, or a lab's name */
	bool tso, help;
};

/* Takes argv apart and checks it. 0, or -EINVAL with a message on stderr. */
int play_options_parse(struct play_options *options, int argc, char **argv);

/* One line per option. */
void play_options_help(FILE *to);

#endif
