/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot_options.h - the command line of `baton snapshot`.
 */
#ifndef BATON_CLI_SNAPSHOT_OPTIONS_H
#define BATON_CLI_SNAPSHOT_OPTIONS_H

#include "run_options.h"

struct snapshot_options {
	uint64_t at_ns;	     /* BATON_FOREVER: no time was given */
	uint64_t exits;	     /* 0: no number was given */
	const char *output;  /* NULL: a name by the scenario's */
	const char *show;    /* a file, or NULL */
	bool json, help;
	struct run_options run; /* how the VMs are made, and of what */
};

/* Takes argv apart and checks it. 0, or -EINVAL with a message on stderr. */
int snapshot_options_parse(struct snapshot_options *options, int argc, char **argv);

/* One line per option. */
void snapshot_options_help(FILE *to);

#endif
