/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_run.h - one simulation, from a plan to its figures.
 */
#ifndef BATON_CLI_SIM_RUN_H
#define BATON_CLI_SIM_RUN_H

#include "expectation.h"
#include "sim/histogram.h"
#include "sim/sim.h"

struct baton_diag;
struct sim_plan;
struct terminal;

/* The VMs that are as one row of the plan says, together. */
struct sim_row {
	uint32_t vms;
	uint64_t weight, charged_ns, turns, exits;
};

/* Lag at a time. */
struct sim_sample {
	uint64_t at_ns, lag_ns;
};

#define SIM_SAMPLES 400

struct sim_result {
	uint32_t count; /* of VMs */
	struct baton__sim_stats stats;
	struct expectation_lag allowed;	   /* which policy `share` promises, and no other */
	bool share;			   /* it is that policy */
	struct baton__histogram waits;	   /* ns from wake to run */
	struct baton__histogram turns;	   /* ns charged */
	struct baton__histogram errors;	   /* of each VM, |got - wanted| in 1e-12 points */
	struct baton__histogram relatives; /* and relative to wanted, in 1e-6 */
	uint64_t weight, charged_ns;	   /* of all VMs */
	uint64_t cpu_ns;		   /* that deciding took on this machine */
	struct sim_row *rows;		   /* as many as the plan has */
	struct sim_sample *samples;	   /* SIM_SAMPLES, or NULL */
	size_t sample_count;
};

#define SIM_POINT 1e12 /* of `errors` */

/*
 * Runs it. With a terminal it shows progress there; with `samples` it looks at lag now and
 * then. 0, or -errno with the diagnostic; sim_result_fini() frees a result.
 */
int sim_run(const struct sim_plan *plan, struct terminal *progress, bool samples,
	    struct sim_result *result, struct baton_diag *diag);
void sim_result_fini(struct sim_result *result);

/* Is lag within what is allowed? Policies that promise nothing are. */
bool sim_result_within(const struct sim_result *result);

#endif
