/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_plot.h - pictures of a simulation, which gnuplot draws.
 */
#ifndef BATON_CLI_SIM_PLOT_H
#define BATON_CLI_SIM_PLOT_H

#include <stddef.h>

struct sim_plan;
struct sim_result;

/* Is there a gnuplot? 0, or -errno. */
int sim_plot_check(void);

/*
 * Draws lag over time of one result, or over the number of VMs of several, into a file whose
 * name ends with .svg or .png. 0, or -EINVAL with a message on stderr.
 */
int sim_plot(const char *path, const struct sim_plan *plan, const struct sim_result *results,
	     size_t count);

#endif
