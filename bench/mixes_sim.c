/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mixes_sim.c - a mix of entities of the simulator, under the very policy `share` that
 * hosts use: for more VMs than a KVM can carry. Slices end up to 100 µs late. What a
 * guest would have done is not simulated, so nobody counts progress.
 */
#include <err.h>
#include <stdlib.h>

#include "baton/baton.h"
#include "mixes.h"
#include "sim/sim.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

struct world {
	struct fluid *fluid;
};

static void turn(void *context, const struct baton__sim_turn *t)
{
	struct world *w = context;

	w->fluid->had_ns[t->entity] += (double)t->charged_ns;
	fluid_look(w->fluid, (double)(t->begin_ns + t->charged_ns));
}

static struct baton__sim_entity entity_of(const struct runner *r)
{
	struct baton__sim_entity e = { .weight = r->weight };

	if (r->kind == RUNNER_CALLS)
		e.exit_ns = (struct baton__sim_range){ 5 * US, 15 * US };
	if (r->kind == RUNNER_SLEEPS) {
		e.run_ns = (struct baton__sim_range){ 100 * US, MS };
		e.sleep_ns = (struct baton__sim_range){ MS, 10 * MS };
	}
	return e;
}

const char *mixes_sim(const struct mixes_run *run, struct fluid *fluid, json_t *to)
{
	static const struct baton__sim_observer observer = { .turn = turn };
	const struct mix *mix = fluid->mix;
	struct world world = { fluid };
	struct baton__sim_config config = {
		.ops = baton_policy("share"), .sched = BATON_SCHED_CONFIG, .count = mix->count,
		.seed = run->seed, .overrun = { .usual = { 0, 100 * US } },
		.observer = &observer, .context = &world,
	};
	struct baton__sim_entity *entities = calloc(mix->count, sizeof(*entities));
	struct baton__sim_stats stats;
	struct baton_diag diag;
	struct baton__sim *sim;

	if (!entities)
		err(1, "out of memory");
	for (uint32_t i = 0; i < mix->count; i++)
		entities[i] = entity_of(&mix->runners[i]);
	config.entities = entities;
	config.sched.slice_ns = run->slice_ns;
	if (baton__sim_create(&config, &diag, &sim))
		errx(1, "%s: %s", diag.where, diag.message);
	free(entities);
	if (baton__sim_run(sim, run->wall_ns))
		errx(1, "the policy broke its contract");
	baton__sim_stats(sim, &stats);
	mixes_promise(to, run->slice_ns, stats.lag.lag_ns, stats.lag.lag_later_ns,
		      stats.lag.overrun_ns);
	json_object_set_new(to, "turns", json_integer((json_int_t)stats.turns));
	baton__sim_destroy(sim);
	return NULL;
}
