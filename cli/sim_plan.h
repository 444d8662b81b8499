/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_plan.h - what `baton sim` simulates: VMs that behave so or so, a policy, for how long.
 *
 * A plan comes from a scenario or from a traced run. Its VMs stand for any number: VM
 * number i is as row i % row_count says.
 */
#ifndef BATON_CLI_SIM_PLAN_H
#define BATON_CLI_SIM_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/sim.h"

struct scenario;
struct sim_options;
struct trace_reader;

#define SIM_PLAN_TURNS 20 /* of each VM, as a rule */

struct sim_plan {
	const struct baton_sched_ops *ops;
	struct baton_sched_config sched; /* with the seed, which draws everything else as well */
	uint64_t for_ns;		 /* 0: SIM_PLAN_TURNS of each VM, ten seconds at least */
	uint32_t count;			 /* of VMs */
	struct baton__sim_overrun overrun;
	bool draws_weights;
	uint64_t least_weight, most_weight;
	char **names; /* of the rows */
	uint32_t row_count;
	struct baton__sim_entity *kinds; /* a multiple of the rows */
	uint32_t kind_count;
	struct baton__sim_part **parts; /* what the kinds borrow, for each row; or NULL */
};

/* sim_plan_fini() frees a plan, also one that could not be made. */
void sim_plan_of_scenario(struct sim_plan *plan, const struct scenario *scenario);

/* 0, or -EINVAL with trace->error. */
int sim_plan_of_trace(struct sim_plan *plan, struct trace_reader *trace);

/* VMs that only compute, all alike. */
void sim_plan_of_nothing(struct sim_plan *plan);

/* What the options say overrides all. */
void sim_plan_apply(struct sim_plan *plan, const struct sim_options *options);

void sim_plan_fini(struct sim_plan *plan);

/* For how long it goes. */
uint64_t sim_plan_until(const struct sim_plan *plan);

#endif
