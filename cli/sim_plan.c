/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_plan.c - see sim_plan.h.
 */
#include "sim_plan.h"

#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "scenario.h"
#include "sim_options.h"

#define SHORTEST_NS UINT64_C(10000000000)
#define VARIANTS    3 /* of WORKLOAD_MIXED */

static void begin(struct sim_plan *plan, uint32_t rows, bool mixed)
{
	const struct baton_sched_config sched = BATON_SCHED_CONFIG;

	*plan = (struct sim_plan){ .ops = baton_policy("share"), .sched = sched };
	plan->count = plan->row_count = rows;
	plan->kind_count = rows * (mixed ? VARIANTS : 1);
	plan->names = heap_zeroed(rows, sizeof(*plan->names));
	plan->kinds = heap_zeroed(plan->kind_count, sizeof(*plan->kinds));
}

void sim_plan_of_nothing(struct sim_plan *plan)
{
	begin(plan, 1, false);
	plan->names[0] = heap_copy("vm");
	plan->kinds[0].weight = 1;
}

/* As a VM of the scenario; of several variants, this one. */
static struct baton__sim_entity kind_of(const struct scenario_vm *vm, unsigned variant)
{
	struct workload w = vm->workload;

	if (w.shape == WORKLOAD_MIXED)
		workload_take_shape(&w, (enum workload_shape)(WORKLOAD_CPU + variant));
	return (struct baton__sim_entity){
		.weight = vm->share,
		.arrives_ns = vm->arrives_ns,
		.work_ns = w.work_ns,
		.removed_ns = w.leaves_ns,
		.exit_ns = { w.exit.low_ns, w.exit.high_ns },
		.run_ns = { w.run.low_ns, w.run.high_ns },
		.sleep_ns = { w.sleep.low_ns, w.sleep.high_ns },
	};
}

void sim_plan_of_scenario(struct sim_plan *plan, const struct scenario *scenario)
{
	uint32_t rows = (uint32_t)scenario->vm_count;
	bool mixed = false;

	for (uint32_t i = 0; i < rows; i++)
		mixed |= scenario->vms[i].workload.shape == WORKLOAD_MIXED;
	begin(plan, rows, mixed);
	for (uint32_t i = 0; i < plan->kind_count; i++)
		plan->kinds[i] = kind_of(&scenario->vms[i % rows], i / rows);
	for (uint32_t i = 0; i < rows; i++)
		plan->names[i] = heap_copy(scenario->vms[i].name);
	plan->ops = baton_policy(scenario->policy);
	plan->sched.slice_ns = scenario->quantum_ns;
	plan->sched.burst = (uint32_t)scenario->burst;
	plan->sched.seed = scenario->seed;
	plan->for_ns = scenario->for_ns == BATON_FOREVER ? 0 : scenario->for_ns;
}

void sim_plan_apply(struct sim_plan *plan, const struct sim_options *o)
{
	if (o->policy)
		plan->ops = o->policy;
	if (o->quantum_ns)
		plan->sched.slice_ns = o->quantum_ns;
	if (o->burst)
		plan->sched.burst = (uint32_t)o->burst;
	if (o->has_seed)
		plan->sched.seed = o->seed;
	if (o->for_ns)
		plan->for_ns = o->for_ns;
	if (o->vms)
		plan->count = (uint32_t)o->vms;
	plan->overrun = (struct baton__sim_overrun){
		.usual = { o->overrun.low_ns, o->overrun.high_ns },
		.rare = { o->rare_overrun.low_ns, o->rare_overrun.high_ns },
		.rare_in = (uint32_t)o->rare_in,
	};
	plan->draws_weights = o->has_weights;
	plan->least_weight = o->least_weight;
	plan->most_weight = o->most_weight;
}

uint64_t sim_plan_until(const struct sim_plan *plan)
{
	uint64_t all_ns;

	if (plan->for_ns)
		return plan->for_ns;
	if (__builtin_mul_overflow(SIM_PLAN_TURNS * (uint64_t)plan->count, plan->sched.slice_ns,
				   &all_ns))
		return UINT64_MAX - 1;
	return all_ns > SHORTEST_NS ? all_ns : SHORTEST_NS;
}

void sim_plan_fini(struct sim_plan *plan)
{
	for (uint32_t i = 0; i < plan->row_count; i++) {
		free(plan->names[i]);
		if (plan->parts)
			free(plan->parts[i]);
	}
	free(plan->names);
	free(plan->parts);
	free(plan->kinds);
}
