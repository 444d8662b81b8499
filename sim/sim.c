/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.c - the loop on a virtual clock.
 *
 * An entity carries counters of the CPU time that is left to it until its next
 * exit, until it gives the CPU up, and until it ends; a turn runs them down. Each
 * entity draws from a random stream of its own.
 */
#include "sim/sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/arith.h"
#include "base/heap.h"
#include "sim/random.h"

#define NEVER UINT64_MAX

/* All that a turn touches, in one cache line. */
struct entity {
	struct baton__random random;
	uint64_t to_exit_ns, to_rest_ns; /* CPU time left; NEVER */
	uint64_t woke_ns;		 /* NEVER: it had a turn since */
	struct baton__sim_entity_stats had;
	uint32_t part; /* of `parts`: how many are behind it */
	bool runnable;
};

struct baton__sim {
	const struct baton_sched_ops *ops;
	const struct baton__sim_observer *observer;
	void *context;
	void *policy;
	void *lag;
	struct baton__heap *sleepers; /* by the time to wake at */
	struct baton__heap *leavers;  /* by the time to be removed at */
	struct entity *entity;
	const struct baton__sim_entity *kind;
	uint32_t count, kinds;
	size_t bytes;
	struct baton__sim_overrun overrun;
	struct baton__random random;
	uint64_t now_ns, idle_ns, turns, skipped;
	baton_entity_t cut; /* whose turn was cut off */
	uint64_t cut_ns;
};

/* A positive duration from a range, or NEVER if the range is empty. */
static uint64_t draw(struct baton__random *random, const struct baton__sim_range *range)
{
	uint64_t x;

	if (!range->high)
		return NEVER;
	x = baton__random_in(random, range->low, range->high);
	return x ? x : 1;
}

static const struct baton__sim_entity *kind_of(const struct baton__sim *sim, baton_entity_t e)
{
	return &sim->kind[sim->kinds == sim->count ? e : e % sim->kinds];
}

/* CPU time until it gives the CPU up. */
static uint64_t draw_run(struct entity *x, const struct baton__sim_entity *is)
{
	if (!is->parts)
		return draw(&x->random, &is->run_ns);
	return x->part < is->part_count ? is->parts[x->part].run_ns : NEVER;
}

static bool will_sleep(const struct entity *x, const struct baton__sim_entity *is)
{
	return is->parts ? is->parts[x->part].sleep_ns : is->sleep_ns.high;
}

/* CPU time until its work is done. */
static uint64_t to_end(const struct entity *x, const struct baton__sim_entity *is)
{
	return is->work_ns ? is->work_ns - x->had.charged_ns : NEVER;
}

static uint64_t draw_overrun(struct baton__sim *sim)
{
	const struct baton__sim_overrun *o = &sim->overrun;
	const struct baton__sim_range *range = &o->usual;

	if (o->rare_in && !baton__random_in(&sim->random, 0, o->rare_in - 1))
		range = &o->rare;
	return baton__random_in(&sim->random, range->low, range->high);
}

/* ----------------------------------------------------------------- events */

static void remove_entity(struct baton__sim *sim, baton_entity_t e)
{
	sim->entity[e].runnable = false;
	baton__heap_remove(sim->sleepers, e);
	baton__heap_remove(sim->leavers, e);
	sim->ops->remove(sim->policy, e, sim->now_ns);
	baton__lag_remove(sim->lag, e);
	if (sim->observer && sim->observer->remove)
		sim->observer->remove(sim->context, e, sim->now_ns);
}

static void deliver(struct baton__sim *sim)
{
	uint64_t due;
	uint32_t e;

	while (baton__heap_top(sim->leavers, &e, &due) && due <= sim->now_ns)
		remove_entity(sim, e);
	while (baton__heap_top(sim->sleepers, &e, &due) && due <= sim->now_ns) {
		baton__heap_remove(sim->sleepers, e);
		sim->entity[e].runnable = true;
		sim->entity[e].woke_ns = due; /* which may be in the middle of a turn */
		sim->ops->wake(sim->policy, e, sim->now_ns);
		baton__lag_wake(sim->lag, e, sim->now_ns);
		if (sim->observer && sim->observer->wake)
			sim->observer->wake(sim->context, e, sim->now_ns);
	}
}

/* ------------------------------------------------------------------ turns */

/*
 * How a turn goes: charged time (NEVER if it would not end), exits, why it ends. An
 * overrun is time after the slice in which the entity still runs: it may yet
 * block or end in it, and an exit in it ends the turn.
 */
static void play(struct baton__sim *sim, struct entity *x, const struct baton_sched_pick *pick,
		 struct baton__sim_turn *turn)
{
	const struct baton__sim_entity *is = kind_of(sim, turn->entity);
	uint64_t limit = baton__add_sat(pick->slice_ns, draw_overrun(sim));
	uint64_t ends = to_end(x, is), leaves = baton__min(x->to_rest_ns, ends);
	uint64_t next_exit = x->to_exit_ns;

	if (limit == NEVER && leaves == NEVER && (next_exit == NEVER || pick->exits == NEVER)) {
		turn->charged_ns = NEVER;
		return;
	}
	while (next_exit < leaves && next_exit <= limit) {
		turn->exits++;
		turn->charged_ns = next_exit;
		next_exit = baton__add_sat(next_exit, draw(&x->random, &is->exit_ns));
		if (turn->exits < pick->exits && turn->charged_ns < pick->slice_ns)
			continue;
		turn->why = turn->exits < pick->exits ? BATON_WHY_SLICE : BATON_WHY_EXITS;
		goto ended;
	}
	turn->charged_ns = baton__min(leaves, limit);
	if (leaves > limit)
		turn->why = BATON_WHY_SLICE;
	else if (ends == leaves)
		turn->why = BATON_WHY_END;
	else
		turn->why = will_sleep(x, is) ? BATON_WHY_BLOCK : BATON_WHY_YIELD;
ended:
	x->to_exit_ns = next_exit;
}

static void count_down(uint64_t *left, uint64_t ns)
{
	if (*left != NEVER)
		*left -= ns;
}

/* What blocks, yields or ends does it by an exit. Returns for how long it sleeps, if it does. */
static uint64_t draw_next(struct entity *x, const struct baton__sim_entity *is, bool blocks)
{
	uint64_t sleep_ns = 0;

	if (!x->to_exit_ns)
		x->to_exit_ns = draw(&x->random, &is->exit_ns);
	if (is->parts && !x->to_rest_ns)
		sleep_ns = is->parts[x->part++].sleep_ns;
	if (!x->to_rest_ns)
		x->to_rest_ns = draw_run(x, is);
	return is->parts || !blocks ? sleep_ns : draw(&x->random, &is->sleep_ns);
}

/* Charges a turn and tells everybody. */
static void end_turn(struct baton__sim *sim, struct entity *x, const struct baton__sim_turn *turn)
{
	baton_entity_t e = turn->entity;
	uint64_t sleep_ns;

	sim->now_ns += turn->charged_ns;
	sim->turns++;
	x->had.turns++;
	x->had.exits += turn->exits;
	x->had.charged_ns += turn->charged_ns;
	x->woke_ns = NEVER;
	count_down(&x->to_exit_ns, turn->charged_ns);
	count_down(&x->to_rest_ns, turn->charged_ns);
	sleep_ns = draw_next(x, kind_of(sim, e), turn->why == BATON_WHY_BLOCK);

	sim->ops->ran(sim->policy, e, turn->charged_ns, turn->why, sim->now_ns);
	baton__lag_ran(sim->lag, e, turn->charged_ns, turn->slice_ns, turn->why, sim->now_ns);
	x->runnable = !baton_why_leaves(turn->why);
	if (turn->why == BATON_WHY_BLOCK)
		baton__heap_insert(sim->sleepers, e, baton__add_sat(sim->now_ns, sleep_ns));
	if (sim->observer && sim->observer->turn)
		sim->observer->turn(sim->context, turn);
	if (turn->why == BATON_WHY_END)
		remove_entity(sim, e);
}

/* A turn would never end: it lasts until then, and the policy hears nothing. */
static void cut_off(struct baton__sim *sim, baton_entity_t e, uint64_t until_ns)
{
	if (until_ns == NEVER)
		return;
	sim->cut = e;
	sim->cut_ns += until_ns - sim->now_ns;
	sim->entity[e].had.charged_ns += until_ns - sim->now_ns;
	sim->now_ns = until_ns;
}

/* Passes the time until somebody wakes or the deadline. Returns whether that is before until_ns. */
static bool idle(struct baton__sim *sim, uint64_t deadline_ns, uint64_t until_ns)
{
	uint64_t due = NEVER;
	uint32_t e;

	baton__heap_top(sim->sleepers, &e, &due);
	due = baton__min(due, deadline_ns);
	if (due >= until_ns) {
		if (until_ns != NEVER) {
			sim->idle_ns += until_ns - sim->now_ns;
			sim->now_ns = until_ns;
		}
		return false;
	}
	sim->idle_ns += due - sim->now_ns;
	sim->now_ns = due;
	return true;
}

int baton__sim_step(struct baton__sim *sim, uint64_t until_ns)
{
	struct baton__sim_turn turn = { 0 };
	struct baton_sched_pick pick;
	struct entity *x;

	do {
		if (sim->now_ns >= until_ns)
			return 0;
		deliver(sim);
		pick = sim->ops->pick(sim->policy, sim->now_ns);
		sim->skipped = pick.skipped;
		if (pick.over)
			return 0;
		if (pick.entity == BATON_NOBODY && !idle(sim, pick.deadline_ns, until_ns))
			return 0;
	} while (pick.entity == BATON_NOBODY);
	if (pick.entity >= sim->count || !sim->entity[pick.entity].runnable || !pick.slice_ns)
		return -EPROTO;

	x = &sim->entity[pick.entity];
	turn.entity = pick.entity;
	turn.begin_ns = sim->now_ns;
	turn.waited_ns = x->woke_ns == NEVER ? NEVER : sim->now_ns - x->woke_ns;
	turn.slice_ns = pick.slice_ns;
	play(sim, x, &pick, &turn);
	if (turn.charged_ns == NEVER) {
		cut_off(sim, turn.entity, until_ns);
		return 0;
	}
	end_turn(sim, x, &turn);
	return 1;
}

int baton__sim_run(struct baton__sim *sim, uint64_t until_ns)
{
	int more;

	do
		more = baton__sim_step(sim, until_ns);
	while (more > 0);
	return more;
}

/* ------------------------------------------------------------- life cycle */

static int admit(struct baton__sim *sim, const struct baton__sim_config *config, uint32_t e,
		 struct baton_diag *diag)
{
	const struct baton__sim_entity *is = kind_of(sim, e);
	const struct baton_sched_entity what = {
		.weight = config->weights ? config->weights[e] : is->weight,
	};
	struct entity *x = &sim->entity[e];
	int error = sim->ops->add(sim->policy, e, &what, 0, diag);

	if (error)
		return error;
	baton__lag_add(sim->lag, e, what.weight);
	*x = (struct entity){ .random = baton__random_stream(config->seed, e + 1) };
	x->to_exit_ns = draw(&x->random, &is->exit_ns);
	x->to_rest_ns = draw_run(x, is);
	x->woke_ns = NEVER;
	baton__heap_insert(sim->sleepers, e, is->arrives_ns);
	if (is->removed_ns)
		baton__heap_insert(sim->leavers, e, is->removed_ns);
	return 0;
}

#define HUGE_PAGE (UINT64_C(2) << 20)

/* Large blocks stand in huge pages where the kernel has some: turns jump about in them. */
static void *big_zeroed(size_t bytes)
{
	void *block;

	if (bytes < HUGE_PAGE)
		return calloc(1, bytes ? bytes : 1);
	bytes = (bytes + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
	block = aligned_alloc(HUGE_PAGE, bytes);
	if (!block)
		return NULL;
	madvise(block, bytes, MADV_HUGEPAGE);
	return memset(block, 0, bytes);
}

/* Zeroed; NULL without memory. */
static void *allocate(struct baton__sim *sim, size_t bytes)
{
	sim->bytes += bytes;
	return big_zeroed(bytes);
}

static int allocate_all(struct baton__sim *sim)
{
	uint32_t count = sim->count;

	sim->policy = allocate(sim, sim->ops->size(count));
	sim->lag = allocate(sim, baton__lag_size(count));
	sim->sleepers = allocate(sim, baton__heap_size(count));
	sim->leavers = allocate(sim, baton__heap_size(count));
	sim->entity = allocate(sim, count * sizeof(*sim->entity));
	return sim->policy && sim->lag && sim->sleepers && sim->leavers && sim->entity ? 0 : -ENOMEM;
}

int baton__sim_create(const struct baton__sim_config *config, struct baton_diag *diag,
		      struct baton__sim **out)
{
	struct baton__sim *sim = calloc(1, sizeof(*sim));
	int error;

	if (!sim)
		return -ENOMEM;
	sim->ops = config->ops;
	sim->observer = config->observer;
	sim->context = config->context;
	sim->kind = config->entities;
	sim->count = config->count;
	sim->kinds = config->kinds ? config->kinds : config->count;
	sim->cut = BATON_NOBODY;
	sim->overrun = config->overrun;
	sim->random = baton__random_stream(config->seed, 0);
	sim->bytes = sizeof(*sim);
	error = allocate_all(sim);
	if (error)
		goto destroy;
	baton__lag_init(sim->lag, sim->count);
	baton__heap_init(sim->sleepers, sim->count);
	baton__heap_init(sim->leavers, sim->count);
	error = sim->ops->init(sim->policy, sim->count, &config->sched, diag);
	for (uint32_t e = 0; e < sim->count && !error; e++)
		error = admit(sim, config, e, diag);
	if (error)
		goto destroy;
	*out = sim;
	return 0;

destroy:
	baton__sim_destroy(sim);
	return error;
}

void baton__sim_destroy(struct baton__sim *sim)
{
	if (!sim)
		return;
	free(sim->policy);
	free(sim->lag);
	free(sim->sleepers);
	free(sim->leavers);
	free(sim->entity);
	free(sim);
}

void baton__sim_progress(const struct baton__sim *sim, struct baton__sim_stats *stats)
{
	*stats = (struct baton__sim_stats){
		.now_ns = sim->now_ns,
		.idle_ns = sim->idle_ns,
		.turns = sim->turns,
		.skipped = sim->skipped,
		.bytes = sim->bytes,
	};
}

void baton__sim_stats(const struct baton__sim *sim, struct baton__sim_stats *stats)
{
	baton__sim_progress(sim, stats);
	baton__lag_read_during(sim->lag, sim->cut, sim->cut_ns, &stats->lag);
}

uint64_t baton__sim_lag_now(const struct baton__sim *sim)
{
	return baton__lag_now(sim->lag);
}

void baton__sim_entity_stats(const struct baton__sim *sim, baton_entity_t e,
			     struct baton__sim_entity_stats *stats)
{
	*stats = sim->entity[e].had;
}
