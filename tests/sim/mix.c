/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mix.c - draws mixes, and runs them beside the fluid ideal.
 */
#include "mix.h"

#include "sim/random.h"
#include "test.h"

static const char *const names[MIX_FAMILIES] = {
	[MIX_STEADY] = "steady",     [MIX_ANY] = "any",	    [MIX_SLEEPERS] = "sleepers",
	[MIX_WITHDRAWN] = "withdrawn", [MIX_WAVES] = "waves", [MIX_BRIEF] = "brief",
	[MIX_THOUSAND] = "thousand", [MIX_POWERS] = "powers", [MIX_REMOVED] = "removed",
};

const char *mix_family_name(enum mix_family family)
{
	return names[family];
}

uint64_t mix_runs(uint64_t usual)
{
	const char *is_long = getenv("BATON_TEST_LONG");

	if (getenv("BATON_TEST_SEED"))
		return 1;
	return is_long && !strcmp(is_long, "1") ? 10 * usual : usual;
}

uint64_t mix_first_seed(void)
{
	const char *seed = getenv("BATON_TEST_SEED");

	return seed ? strtoull(seed, NULL, 0) : 1;
}

/* ---------------------------------------------------------------- drawing */

static uint64_t in(struct baton__random *r, uint64_t low, uint64_t high)
{
	return baton__random_in(r, low, high);
}

/* True once in so many times. */
static bool once_in(struct baton__random *r, uint64_t times)
{
	return !in(r, 0, times - 1);
}

static struct baton__sim_range range(uint64_t low, uint64_t high)
{
	return (struct baton__sim_range){ low, high };
}

static void draw_overrun(struct mix *m, struct baton__random *r)
{
	if (once_in(r, 2))
		m->overrun.usual = range(0, in(r, 0, m->slice_ns / 4));
	if (once_in(r, 2)) {
		m->overrun.rare = range(0, in(r, 0, 2 * m->slice_ns));
		m->overrun.rare_in = (uint32_t)in(r, 2, 200);
	}
}

static void draw_steady(struct mix *m, struct baton__random *r)
{
	uint64_t heavy = in(r, 1, 3);

	m->count = (uint32_t)in(r, 2, once_in(r, 4) ? 400 : 40);
	for (uint32_t e = 0; e < m->count; e++) {
		m->entity[e].weight = e < heavy	     ? m->count * in(r, 1, 3) :
				      once_in(r, 2) ? 1 :
						      in(r, 1, 1000);
		if (once_in(r, 4))
			m->entity[e].run_ns = range(1, in(r, 1, 2 * m->slice_ns));
		if (once_in(r, 4))
			m->entity[e].exit_ns = range(1000, in(r, 1000, m->slice_ns));
	}
	m->overrun.usual = range(0, in(r, 0, 2 * m->slice_ns));
	if (once_in(r, 2))
		m->overrun.usual.low = m->overrun.usual.high;
	if (once_in(r, 2)) {
		m->overrun.rare_in = (uint32_t)in(r, 2, 50);
		m->overrun.rare = range(0, 10 * m->slice_ns);
	}
	m->until_ns = m->slice_ns * m->count * 20;
}

static void draw_any(struct mix *m, struct baton__random *r)
{
	uint64_t most = once_in(r, 3) ? 10 : 1000;
	uint64_t slice = m->slice_ns;

	m->count = (uint32_t)in(r, 2, 30);
	m->until_ns = slice * in(r, 100, 1000);
	draw_overrun(m, r);
	for (uint32_t e = 0; e < m->count; e++) {
		struct baton__sim_entity *x = &m->entity[e];

		x->weight = once_in(r, 12) ? 0 : once_in(r, 4) ? 1 : in(r, 1, most);
		switch (in(r, 0, 6)) {
		case 0: /* busy */
			break;
		case 1:
			x->exit_ns = range(1000, in(r, 1000, slice));
			break;
		case 2: /* sleeps */
			x->run_ns = range(1, in(r, 1, 2 * slice));
			x->sleep_ns = range(1, in(r, 1, slice * m->count));
			break;
		case 3: /* yields */
			x->run_ns = range(1, in(r, 1, 2 * slice));
			break;
		case 4:
			x->arrives_ns = in(r, 0, m->until_ns / 2);
			break;
		case 5: /* ends early, sleeps */
			x->work_ns = in(r, 1, m->until_ns / 4);
			x->run_ns = range(1, in(r, 1, 4 * slice));
			x->sleep_ns = range(1, in(r, 1, 3 * slice));
			break;
		default:
			x->removed_ns = in(r, 1, m->until_ns);
		}
	}
}

/* A crowd of weight 1, and one that is as heavy as the crowd, or up to `times` as heavy. */
static uint32_t draw_crowd(struct mix *m, struct baton__random *r, uint64_t most, uint64_t times)
{
	uint32_t heavy;

	m->count = (uint32_t)in(r, 10, most);
	heavy = once_in(r, 2) ? 0 : m->count - 1;
	for (uint32_t e = 0; e < m->count; e++)
		m->entity[e].weight = e == heavy ? m->count * in(r, 1, times) : 1;
	return heavy;
}

static void draw_sleepers(struct mix *m, struct baton__random *r)
{
	uint32_t heavy = draw_crowd(m, r, 150, 10);
	uint64_t some = in(r, 0, 10);

	for (uint32_t e = 0; e < m->count; e++) {
		uint64_t sleep = in(r, 0, 2) * m->slice_ns * m->count * in(r, 1, 4) / 4 + 1;

		if (e == heavy || in(r, 0, 9) >= some)
			continue;
		m->entity[e].run_ns = range(m->slice_ns, m->slice_ns);
		m->entity[e].sleep_ns = range(sleep, sleep);
	}
	m->until_ns = m->slice_ns * m->count * 20;
}

static void draw_withdrawn(struct mix *m, struct baton__random *r)
{
	uint32_t heavy = draw_crowd(m, r, 200, 3);

	for (uint32_t e = 0; e < m->count / 2; e++) {
		uint64_t run = m->slice_ns * in(r, 1, 2);

		if (e == heavy)
			continue;
		m->entity[e].run_ns = range(run, run);
		m->entity[e].sleep_ns = range(6 * m->count * m->slice_ns,
					      7 * m->count * m->slice_ns);
	}
	m->until_ns = m->slice_ns * m->count * 20;
}

static void draw_waves(struct mix *m, struct baton__random *r)
{
	uint32_t heavy = draw_crowd(m, r, 150, 2);

	for (uint32_t e = 0; e < m->count; e++) {
		m->entity[e].run_ns = range(m->slice_ns, m->slice_ns);
		m->entity[e].sleep_ns = range(m->slice_ns * m->count, m->slice_ns * m->count);
	}
	m->entity[heavy].run_ns = m->entity[heavy].sleep_ns = range(0, 0);
	m->entity[heavy].arrives_ns = m->slice_ns * m->count;
	m->until_ns = m->slice_ns * m->count * 10;
}

static void draw_brief(struct mix *m, struct baton__random *r)
{
	uint32_t heavy = draw_crowd(m, r, 150, 30);

	for (uint32_t e = 0; e < m->count; e++) {
		if (e == heavy || once_in(r, 2))
			continue;
		m->entity[e].run_ns = range(1, m->slice_ns / 10);
		m->entity[e].sleep_ns = range(1, m->slice_ns * in(r, 1, m->count));
	}
	m->until_ns = m->slice_ns * m->count * 10;
}

static void draw_thousand(struct mix *m, struct baton__random *r)
{
	uint64_t percent = once_in(r, 3) ? 0 : in(r, 0, 100);

	m->count = 1000;
	for (uint32_t e = 0; e < m->count; e++) {
		m->entity[e].weight = e ? 1 : 1000;
		if (e && in(r, 1, 100) <= percent) {
			m->entity[e].run_ns = range(1, in(r, 1, 3 * m->slice_ns));
			m->entity[e].sleep_ns = range(1, m->slice_ns * in(r, 1, 3000));
		}
		if (percent && once_in(r, 10))
			m->entity[e].arrives_ns = in(r, 0, m->slice_ns * 3000);
	}
	if (once_in(r, 2))
		m->overrun.usual = range(0, m->slice_ns / 2);
	m->until_ns = m->slice_ns * 4000;
}

static void draw_powers(struct mix *m, struct baton__random *r)
{
	m->count = (uint32_t)in(r, 4, 24);
	for (uint32_t e = 0; e < m->count; e++) {
		m->entity[e].weight = UINT64_C(1) << (once_in(r, 2) ? e : in(r, 0, 20));
		if (once_in(r, 2))
			continue;
		m->entity[e].run_ns = range(in(r, 1, m->slice_ns), 2 * m->slice_ns);
		m->entity[e].sleep_ns = range(1, m->slice_ns * in(r, 1, 400));
	}
	m->until_ns = m->slice_ns * 4000;
}

static void draw_removed(struct mix *m, struct baton__random *r)
{
	uint64_t most = once_in(r, 2) ? 10 : 1000;
	uint64_t at = once_in(r, 4) ? m->slice_ns * in(r, 1, 100) : 0;

	m->count = (uint32_t)in(r, 3, 60);
	for (uint32_t e = 0; e < m->count; e++) {
		struct baton__sim_entity *x = &m->entity[e];

		x->weight = in(r, 1, most) * (once_in(r, 10) ? in(r, 1, 10) : 1);
		if (in(r, 0, 2))
			x->removed_ns = at ? at : in(r, 1, m->slice_ns * m->count * 4);
		if (once_in(r, 3))
			x->arrives_ns = in(r, 0, m->slice_ns * m->count * 3);
		if (once_in(r, 4)) {
			x->run_ns = range(1, 2 * m->slice_ns);
			x->sleep_ns = range(1, m->slice_ns * in(r, 1, m->count));
		}
	}
	m->until_ns = m->slice_ns * m->count * 8;
}

void mix_draw(struct mix *mix, enum mix_family family, uint64_t seed)
{
	static void (*const draw[MIX_FAMILIES])(struct mix *, struct baton__random *) = {
		[MIX_STEADY] = draw_steady,	  [MIX_ANY] = draw_any,
		[MIX_SLEEPERS] = draw_sleepers,	  [MIX_WITHDRAWN] = draw_withdrawn,
		[MIX_WAVES] = draw_waves,	  [MIX_BRIEF] = draw_brief,
		[MIX_THOUSAND] = draw_thousand,	  [MIX_POWERS] = draw_powers,
		[MIX_REMOVED] = draw_removed,
	};
	struct baton__random r = baton__random_stream(seed, family);

	memset(mix, 0, sizeof(*mix));
	mix->seed = seed;
	mix->family = family;
	mix->slice_ns = in(&r, 1, 20) * MS;
	draw[family](mix, &r);
}

static void print_range(const char *name, const struct baton__sim_range *x)
{
	if (x->high)
		print_error(" %s %llu to %llu", name, (unsigned long long)x->low,
			    (unsigned long long)x->high);
}

static void print_time(const char *name, uint64_t ns)
{
	if (ns)
		print_error(" %s %llu", name, (unsigned long long)ns);
}

void mix_print(const struct mix *mix)
{
	print_error("mix %s, seed %llu: repeat it with BATON_TEST_SEED=%llu (times in ns)\n",
		    names[mix->family], (unsigned long long)mix->seed,
		    (unsigned long long)mix->seed);
	print_error("%u entities, slice %llu, until %llu,", mix->count,
		    (unsigned long long)mix->slice_ns, (unsigned long long)mix->until_ns);
	print_range("overrun", &mix->overrun.usual);
	print_range("rarely", &mix->overrun.rare);
	print_time("once in", mix->overrun.rare_in);
	print_error("\n");
	for (uint32_t e = 0; e < mix->count; e++) {
		const struct baton__sim_entity *x = &mix->entity[e];

		if (e && !memcmp(x, x - 1, sizeof(*x)))
			continue;
		print_error("  from %u: weight %llu", e, (unsigned long long)x->weight);
		print_range("exits", &x->exit_ns);
		print_range("runs", &x->run_ns);
		print_range("sleeps", &x->sleep_ns);
		print_time("arrives", x->arrives_ns);
		print_time("ends after", x->work_ns);
		print_time("removed", x->removed_ns);
		print_error("\n");
	}
}

/* ---------------------------------------------------------------- running */

struct watch {
	const struct mix *mix;
	struct mix_result *result;
	uint64_t charged_ns;
};

static void saw_wake(void *context, baton_entity_t e, uint64_t now)
{
	struct watch *w = context;

	ideal_wake(&w->result->ideal, e);
}

static void saw_turn(void *context, const struct baton__sim_turn *turn)
{
	struct watch *w = context;

	w->result->weightless |= !w->mix->entity[turn->entity].weight;
	w->charged_ns += turn->charged_ns;
	ideal_ran(&w->result->ideal, turn->entity, turn->charged_ns, turn->slice_ns, turn->why);
}

static void saw_remove(void *context, baton_entity_t e, uint64_t now)
{
	struct watch *w = context;

	ideal_remove(&w->result->ideal, e);
}

/* Charged and idle time add up to the time that passed, as the sum of turns and by entity. */
static void check_time(const struct baton__sim *sim, const struct watch *w)
{
	struct mix_result *result = w->result;
	uint64_t charged = 0;

	for (uint32_t e = 0; e < w->mix->count; e++) {
		struct baton__sim_entity_stats had;

		baton__sim_entity_stats(sim, e, &had);
		charged += had.charged_ns;
	}
	if (charged != w->charged_ns || charged + result->stats.idle_ns != result->stats.now_ns)
		snprintf(result->wrong, sizeof(result->wrong),
			 "%llu ns charged in turns, %llu to entities, %llu idle, %llu passed",
			 (unsigned long long)w->charged_ns, (unsigned long long)charged,
			 (unsigned long long)result->stats.idle_ns,
			 (unsigned long long)result->stats.now_ns);
}

void mix_run(const struct mix *mix, const struct baton_sched_ops *ops, struct mix_result *result)
{
	static const struct baton__sim_observer observer = { saw_wake, saw_turn, saw_remove };
	struct watch watch = { .mix = mix, .result = result };
	const struct baton__sim_config config = {
		.ops = ops,
		.sched = { .slice_ns = mix->slice_ns, .burst = 1 },
		.entities = mix->entity,
		.count = mix->count,
		.overrun = mix->overrun,
		.seed = mix->seed,
		.observer = &observer,
		.context = &watch,
	};
	struct baton__sim *sim;

	result->wrong[0] = '\0';
	result->weightless = false;
	ideal_init(&result->ideal, mix->count);
	for (uint32_t e = 0; e < mix->count; e++)
		ideal_add(&result->ideal, e, mix->entity[e].weight);
	assert_int_equal(baton__sim_create(&config, NULL, &sim), 0);
	if (baton__sim_run(sim, mix->until_ns))
		snprintf(result->wrong, sizeof(result->wrong), "picked one that is not runnable");
	ideal_finish(&result->ideal);
	baton__sim_stats(sim, &result->stats);
	result->most_ns = mix->slice_ns + result->stats.lag.overrun_ns;
	if (!result->wrong[0])
		check_time(sim, &watch);
	baton__sim_destroy(sim);
}
