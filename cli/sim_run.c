/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_run.c - see sim_run.h. Everything in a result repeats, save `cpu_ns`.
 */
#include "sim_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "heap.h"
#include "sim/random.h"
#include "sim_plan.h"
#include "terminal.h"
#include "units.h"

#define LOOK_AFTER 65536 /* turns: so often the terminal is thought of */

struct run {
	const struct sim_plan *plan;
	struct sim_result *result;
	struct baton__sim *sim;
	uint64_t *weights;
	uint64_t until_ns;
};

static uint64_t cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void see_turn(void *context, const struct baton__sim_turn *turn)
{
	struct sim_result *result = context;

	baton__histogram_add(&result->turns, turn->charged_ns);
	if (turn->waited_ns != UINT64_MAX)
		baton__histogram_add(&result->waits, turn->waited_ns);
}

static const struct baton__sim_observer observer = { .turn = see_turn };

/* At least one of them is above 0. NULL: they are those of the plan. */
static uint64_t *draw_weights(const struct sim_plan *plan)
{
	/* No entity's stream has this number. */
	struct baton__random random = baton__random_stream(plan->sched.seed, UINT64_MAX);
	uint64_t *weights, any = 0;

	if (!plan->draws_weights)
		return NULL;
	weights = heap_zeroed(plan->count, sizeof(*weights));
	for (uint32_t e = 0; e < plan->count; e++)
		any |= weights[e] = baton__random_in(&random, plan->least_weight, plan->most_weight);
	if (!any)
		weights[0] = plan->most_weight;
	return weights;
}

static uint64_t weight_of(const struct run *run, uint32_t e)
{
	return run->weights ? run->weights[e] : run->plan->kinds[e % run->plan->kind_count].weight;
}

/* ----------------------------------------------------------------- running */

static void show(const struct run *run, struct terminal *terminal)
{
	struct baton__sim_stats stats;

	baton__sim_progress(run->sim, &stats);
	terminal_progress(terminal, "  %s VMs: %s of %s, %s turns",
			  units_count(run->plan->count).text, units_brief(stats.now_ns).text,
			  units_brief(run->until_ns).text, units_count(stats.turns).text);
}

/* Until then. */
static int advance(struct run *run, uint64_t until_ns, struct terminal *terminal)
{
	int more = 1;

	while (more > 0) {
		for (unsigned i = 0; i < LOOK_AFTER && more > 0; i++)
			more = baton__sim_step(run->sim, until_ns);
		if (terminal)
			show(run, terminal);
	}
	return more;
}

static int advance_in_samples(struct run *run, struct terminal *terminal)
{
	struct sim_result *result = run->result;
	int error = 0;

	result->samples = heap_zeroed(SIM_SAMPLES, sizeof(*result->samples));
	for (unsigned k = 1; k <= SIM_SAMPLES && !error; k++) {
		uint64_t at_ns = (uint64_t)((unsigned __int128)run->until_ns * k / SIM_SAMPLES);

		error = advance(run, at_ns, terminal);
		result->samples[result->sample_count++] =
			(struct sim_sample){ at_ns, baton__sim_lag_now(run->sim) };
	}
	return error;
}

/* --------------------------------------------------------------- measuring */

static uint64_t scaled(double x, double scale)
{
	return (uint64_t)((x < 0 ? -x : x) * scale + 0.5);
}

static void measure(struct run *run)
{
	struct sim_result *result = run->result;
	uint32_t rows = run->plan->row_count;
	struct baton__sim_entity_stats had;

	result->rows = heap_zeroed(rows, sizeof(*result->rows));
	for (uint32_t e = 0; e < result->count; e++) {
		struct sim_row *row = &result->rows[e % rows];
		uint64_t weight = weight_of(run, e);

		baton__sim_entity_stats(run->sim, e, &had);
		row->vms++;
		row->weight += weight;
		row->charged_ns += had.charged_ns;
		row->turns += had.turns;
		row->exits += had.exits;
		result->weight += weight;
		result->charged_ns += had.charged_ns;
	}
	if (!result->weight || !result->charged_ns)
		return;
	for (uint32_t e = 0; e < result->count; e++) {
		double wanted = (double)weight_of(run, e) / (double)result->weight, off;

		baton__sim_entity_stats(run->sim, e, &had);
		off = (double)had.charged_ns / (double)result->charged_ns - wanted;
		baton__histogram_add(&result->errors, scaled(off * 100, SIM_POINT));
		if (wanted > 0)
			baton__histogram_add(&result->relatives, scaled(off / wanted, 1e6));
	}
}

int sim_run(const struct sim_plan *plan, struct terminal *progress, bool samples,
	    struct sim_result *result, struct baton_diag *diag)
{
	struct run run = { plan, result, NULL, draw_weights(plan), sim_plan_until(plan) };
	const struct baton__sim_config config = {
		.ops = plan->ops,
		.sched = plan->sched,
		.entities = plan->kinds,
		.count = plan->count,
		.kinds = plan->kind_count,
		.weights = run.weights,
		.overrun = plan->overrun,
		.seed = plan->sched.seed,
		.observer = &observer,
		.context = result,
	};
	uint64_t begin_ns;
	int error;

	*result = (struct sim_result){ .count = plan->count };
	result->share = !strcmp(plan->ops->name, "share");
	error = baton__sim_create(&config, diag, &run.sim);
	if (error)
		goto free_weights;
	begin_ns = cpu_now();
	error = samples ? advance_in_samples(&run, progress) : advance(&run, run.until_ns, progress);
	result->cpu_ns = cpu_now() - begin_ns;
	if (progress)
		terminal_clear(progress);
	baton__sim_stats(run.sim, &result->stats);
	result->allowed = expectation_lag_for(plan->sched.slice_ns, result->stats.lag.overrun_ns);
	measure(&run);
	baton__sim_destroy(run.sim);
free_weights:
	free(run.weights);
	return error;
}

void sim_result_fini(struct sim_result *result)
{
	free(result->rows);
	free(result->samples);
}

bool sim_result_within(const struct sim_result *result)
{
	return !result->share || (result->stats.lag.lag_ns <= result->allowed.bound_ns &&
				  result->stats.lag.lag_later_ns <= result->allowed.later_bound_ns);
}
