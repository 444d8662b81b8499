/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_options.h - the command line of `baton sim`.
 */
#ifndef BATON_CLI_SIM_OPTIONS_H
#define BATON_CLI_SIM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "baton/sched.h"
#include "duration_range.h"

#define SIM_MOST_VMS  100000000
#define SIM_MOST_ROWS 64 /* of a sweep */

struct sim_options {
	bool help, progress;
	const char *scenario, *from, *redo, *json, *plot; /* or NULL; argv's */
	const struct baton_sched_ops *policy;		   /* NULL: the scenario's */
	uint64_t quantum_ns, for_ns;			   /* 0: likewise */
	uint64_t burst, vms;
	bool has_seed, has_weights;
	uint64_t seed;
	uint64_t least_weight, most_weight;
	struct duration_range overrun, rare_overrun;
	uint64_t rare_in;
	uint32_t sweep[SIM_MOST_ROWS];
	size_t sweep_count; /* 0: no sweep */
};

/* Takes argv apart; argv[0] is the name of the command. 0, or -EINVAL with a message on stderr. */
int sim_options_parse(struct sim_options *options, int argc, char **argv);

void sim_options_help(FILE *to);

#endif
