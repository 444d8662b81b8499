/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group_figures.h - the figures of a group of VMs in a few numbers. Prints nothing.
 */
#ifndef BATON_CLI_GROUP_FIGURES_H
#define BATON_CLI_GROUP_FIGURES_H

#include "cloud.h"

/* A figure, and the first VM that has it: its index in the scenario. */
struct extreme {
	uint64_t value;
	size_t vm;
};

struct group_figures {
	size_t outcomes[BATON_DEAD + 1]; /* members by outcome */
	struct extreme fewest_turns, most_turns;
	uint64_t median_turns; /* the lower one of two */
	struct extreme least_cpu_ns, most_cpu_ns;
	struct extreme furthest_ns; /* from the ideal share, at the end */
	uint64_t cpu_ns;
	double share, target; /* of all members together */
	struct {
		uint64_t count, run_ns, handler_ns;
	} by_kind[BATON_EXIT_KINDS];
};

/* From what cloud_measure() took. O(n log n). */
void group_figures(const struct cloud *cloud, struct scenario_vms vms, struct group_figures *figures);

#endif
