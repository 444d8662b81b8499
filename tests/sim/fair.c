/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fair.c - what the policy `share` promises, over thousands of random mixes, held
 * against the fluid ideal. A failure prints its mix and how to repeat it.
 */
#include "test.h"

#include "mix.h"
#include "sched/policies.h"
#include "sim/random.h"

#define SHARE (&baton__sched_share)

/*
 * Nobody waits for ever: since its last turn an entity was never entitled to more
 * than this many times the bound. Sets that shrink add up: of n that run one
 * after the other and go to sleep, the last was entitled to 1/n + 1/(n-1) + … + 1.
 */
#define PATIENCE 8

static bool complain(const struct mix *mix, const struct mix_result *result, const char *what)
{
	print_error("%s: lag %llu, later %llu, bound %llu (of it overrun %llu)\n", what,
		    (unsigned long long)result->stats.lag.lag_ns,
		    (unsigned long long)result->stats.lag.lag_later_ns,
		    (unsigned long long)result->most_ns,
		    (unsigned long long)result->stats.lag.overrun_ns);
	mix_print(mix);
	return false;
}

static bool holds(const struct mix *mix, const struct mix_result *result)
{
	const struct baton__lag_stats *lag = &result->stats.lag;

	if (result->wrong[0])
		return complain(mix, result, result->wrong);
	if (result->weightless)
		return complain(mix, result, "an entity of weight 0 had a turn");
	if (memcmp(lag, &result->ideal.stats, sizeof(*lag)))
		return complain(mix, result, "the lag meter and the ideal differ");
	if (lag->lag_ns > result->most_ns)
		return complain(mix, result, "lag above one slice and the longest overrun");
	if (lag->lag_later_ns > 2 * result->most_ns)
		return complain(mix, result, "later lag above twice the bound");
	if (result->ideal.longest_wait_ns > PATIENCE * (long double)result->most_ns)
		return complain(mix, result, "somebody starves");
	return true;
}

static void hold(enum mix_family family, uint64_t usual)
{
	static struct mix mix;
	static struct mix_result result;
	uint64_t first = mix_first_seed(), runs = mix_runs(usual), worst = 0, worst_later = 0;

	for (uint64_t seed = first; seed < first + runs; seed++) {
		mix_draw(&mix, family, seed);
		mix_run(&mix, SHARE, &result);
		if (!holds(&mix, &result))
			fail();
		if (1000 * result.stats.lag.lag_ns / result.most_ns > worst)
			worst = 1000 * result.stats.lag.lag_ns / result.most_ns;
		if (1000 * result.stats.lag.lag_later_ns / result.most_ns > worst_later)
			worst_later = 1000 * result.stats.lag.lag_later_ns / result.most_ns;
	}
	print_message("# %s: %llu mixes, largest lag 0.%03llu of the bound, later %llu.%03llu\n",
		      mix_family_name(family), (unsigned long long)runs, (unsigned long long)worst,
		      (unsigned long long)worst_later / 1000,
		      (unsigned long long)worst_later % 1000);
}

static void bounds_hold_without_changes(void **state)
{
	hold(MIX_STEADY, 1000);
}

static void bounds_hold_for_any_mix(void **state)
{
	hold(MIX_ANY, 3000);
}

static void bounds_hold_with_sleepers(void **state)
{
	hold(MIX_SLEEPERS, 150);
}

static void bounds_hold_when_half_withdraw(void **state)
{
	hold(MIX_WITHDRAWN, 150);
}

static void bounds_hold_when_crowds_wake_together(void **state)
{
	hold(MIX_WAVES, 150);
}

static void bounds_hold_with_brief_turns(void **state)
{
	hold(MIX_BRIEF, 150);
}

static void bounds_hold_at_a_thousand_to_one(void **state)
{
	hold(MIX_THOUSAND, 30);
}

static void bounds_hold_for_powers_of_two(void **state)
{
	hold(MIX_POWERS, 300);
}

static void bounds_hold_when_some_are_removed(void **state)
{
	hold(MIX_REMOVED, 500);
}

/* --------------------------------------------------------- exact fractions */

#define EXACT_MOST 12

/* Earliest eligible virtual deadline first by cross-multiplication, for a set that stays. */
struct exact {
	uint32_t count;
	uint64_t weight[EXACT_MOST], served[EXACT_MOST];
	uint64_t total_weight, charged, longest;
};

static baton_entity_t exact_pick(const struct exact *x)
{
	baton_entity_t best = BATON_NOBODY;

	for (baton_entity_t e = 0; e < x->count; e++) {
		/* v <= V */
		if ((__int128)x->served[e] * x->total_weight > (__int128)x->charged * x->weight[e])
			continue;
		/* An earlier deadline; of equals, the first. */
		if (best == BATON_NOBODY ||
		    (__int128)(x->served[e] + x->longest) * x->weight[best] <
			    (__int128)(x->served[best] + x->longest) * x->weight[e])
			best = e;
	}
	return best;
}

/* Small numbers, so that many deadlines are equal: then every last bit counts. */
static void decisions_are_those_of_exact_fractions(void **state)
{
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		struct baton__random r = baton__random_stream(seed, 0);
		struct exact x = { .longest = 6 };
		void *policy = test_policy(SHARE, EXACT_MOST, x.longest);

		x.count = (uint32_t)baton__random_in(&r, 2, EXACT_MOST);
		for (baton_entity_t e = 0; e < x.count; e++) {
			x.weight[e] = baton__random_in(&r, 1, seed % 3 ? 12 : BATON_WEIGHT_MAX);
			x.total_weight += x.weight[e];
			test_join(SHARE, policy, e, x.weight[e]);
		}
		for (unsigned i = 0; i < 500; i++) {
			baton_entity_t e = SHARE->pick(policy, 0).entity;
			uint64_t ns = 6;

			if (e != exact_pick(&x)) {
				print_error("seed %llu, decision %u: %u instead of %u\n",
					    (unsigned long long)seed, i, e, exact_pick(&x));
				fail();
			}
			if (seed % 2)
				ns = baton__random_in(&r, 0, 6 + i / 50);
			SHARE->ran(policy, e, ns, BATON_WHY_SLICE, 0);
			x.served[e] += ns;
			x.charged += ns;
			if (ns > x.longest)
				x.longest = ns;
		}
		free(policy);
	}
}

/* ------------------------------------------------------------- ten quanta */

/* Of each ten turns from the start on, each entity has exactly its weight. */
static void check_tens(const uint64_t *weight, uint32_t n)
{
	void *policy = test_policy(SHARE, n, S);

	for (uint32_t e = 0; e < n; e++)
		test_join(SHARE, policy, e, weight[e]);
	for (unsigned window = 0; window < 1000; window++) {
		uint64_t turns[8] = { 0 };

		for (unsigned i = 0; i < 10; i++) {
			struct baton_sched_pick pick = SHARE->pick(policy, 0);

			assert_in_range(pick.entity, 0, n - 1);
			assert_true(pick.slice_ns == S);
			SHARE->ran(policy, pick.entity, S, BATON_WHY_SLICE, 0);
			turns[pick.entity]++;
		}
		for (uint32_t e = 0; e < n; e++)
			assert_int_equal(turns[e], weight[e]);
	}
	free(policy);
}

static void each_ten_quanta_are_shared_exactly(void **state)
{
	check_tens((const uint64_t[]){ 7, 3 }, 2);
	check_tens((const uint64_t[]){ 3, 7 }, 2);
	check_tens((const uint64_t[]){ 9, 1 }, 2);
	check_tens((const uint64_t[]){ 0, 10 }, 2);
	check_tens((const uint64_t[]){ 10, 0 }, 2);
	check_tens((const uint64_t[]){ 5, 3, 2 }, 3);
	check_tens((const uint64_t[]){ 1, 2, 0, 3, 4 }, 5);
	check_tens((const uint64_t[]){ 1, 1, 1, 1, 1, 1, 3, 1 }, 8);
}

static void weight_zero_alone_is_never_picked(void **state)
{
	void *policy = test_policy(SHARE, 2, MS);

	test_join(SHARE, policy, 0, 0);
	assert_int_equal(SHARE->pick(policy, 0).entity, BATON_NOBODY);
	test_join(SHARE, policy, 1, 5);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(SHARE->pick(policy, 0).entity, 1);
		SHARE->ran(policy, 1, MS, BATON_WHY_SLICE, 0);
	}
	SHARE->remove(policy, 0, 0);
	assert_int_equal(SHARE->pick(policy, 0).entity, 1);
	SHARE->ran(policy, 1, MS, BATON_WHY_BLOCK, 0);
	assert_int_equal(SHARE->pick(policy, 0).entity, BATON_NOBODY);
	free(policy);
}

static void the_last_one_gets_slice_after_slice(void **state)
{
	void *policy = test_policy(SHARE, 3, MS);

	for (baton_entity_t e = 0; e < 3; e++)
		test_join(SHARE, policy, e, 1);
	SHARE->remove(policy, 0, 0);
	SHARE->remove(policy, 2, 0);
	for (unsigned i = 0; i < 1000; i++) {
		struct baton_sched_pick pick = SHARE->pick(policy, 0);

		assert_int_equal(pick.entity, 1);
		assert_true(pick.slice_ns == MS);
		SHARE->ran(policy, 1, i % 3 * MS, BATON_WHY_SLICE, 0);
	}
	free(policy);
}

/* --------------------------------------------------------------- cheating */

#define CHEATS_MOST 16

struct cheat {
	uint64_t charged[CHEATS_MOST + 1], total, weight;
	uint64_t weights[CHEATS_MOST + 1];
	uint32_t count;
	double worst; /* most that one had above its share, in ns */
};

static void saw_turn(void *context, const struct baton__sim_turn *turn)
{
	struct cheat *c = context;
	double above;

	c->charged[turn->entity] += turn->charged_ns;
	c->total += turn->charged_ns;
	above = (double)c->charged[turn->entity] -
		(double)c->total * (double)c->weights[turn->entity] / (double)c->weight;
	/* The last of them is honest: it may have more. */
	if (turn->entity != c->count - 1 && above > c->worst)
		c->worst = above;
}

/*
 * All but the last one block after so much for so long, again and again, though
 * they would like to run on. None may have more than its share of the whole,
 * save for the bound, at any time in a long run.
 */
static void cheat(const uint64_t *weights, uint32_t count, uint64_t run_ns, uint64_t sleep_ns)
{
	static const struct baton__sim_observer observer = { .turn = saw_turn };
	struct baton__sim_entity entity[CHEATS_MOST + 1] = { 0 };
	struct cheat c = { .count = count };
	const struct baton__sim_config config = {
		.ops = SHARE, .sched = { .slice_ns = 10 * MS }, .entities = entity, .count = count,
		.observer = &observer, .context = &c,
	};
	struct baton__sim *sim;

	for (uint32_t e = 0; e < count; e++) {
		entity[e].weight = c.weights[e] = weights[e];
		c.weight += weights[e];
		if (e == count - 1)
			break;
		entity[e].run_ns = (struct baton__sim_range){ run_ns, run_ns };
		entity[e].sleep_ns = (struct baton__sim_range){ sleep_ns, sleep_ns };
	}
	assert_int_equal(baton__sim_create(&config, NULL, &sim), 0);
	assert_int_equal(baton__sim_run(sim, 1000 * S), 0);
	baton__sim_destroy(sim);
	if (c.worst > 20 * MS) {
		print_error("%u entities, runs %llu, sleeps %llu: one has %.0f ns too much\n",
			    count, (unsigned long long)run_ns, (unsigned long long)sleep_ns,
			    c.worst);
		fail();
	}
}

static void sleeping_for_a_moment_gains_nothing(void **state)
{
	static const uint64_t runs[] = { 10 * MS, 7 * MS, MS, 10 * MS + 1, 25 * MS };
	uint64_t many[CHEATS_MOST + 1];

	for (unsigned i = 0; i < COUNT(runs); i++) {
		cheat((const uint64_t[]){ 1, 1 }, 2, runs[i], 1);
		cheat((const uint64_t[]){ 1, 3 }, 2, runs[i], 1);
		cheat((const uint64_t[]){ 3, 1 }, 2, runs[i], 1);
		cheat((const uint64_t[]){ 1, 100 }, 2, runs[i], 1);
		cheat((const uint64_t[]){ 1, 2, 5 }, 3, runs[i], 1);
		for (unsigned e = 0; e <= CHEATS_MOST; e++)
			many[e] = e < CHEATS_MOST ? 1 : CHEATS_MOST;
		cheat(many, CHEATS_MOST + 1, runs[i], 1);
		many[CHEATS_MOST] = 1;
		cheat(many, CHEATS_MOST + 1, runs[i], 1);
	}
}

#define CROWD 20

struct crowd {
	uint32_t count;
	uint64_t weight[CROWD], served[CROWD], total_weight, turns;
	bool cheats[CROWD];
	unsigned wakes[CROWD]; /* after which decision */
};

/* One decision, and the wakes that are due. */
static void crowd_step(struct crowd *c, void *policy, unsigned i, struct baton__random *r,
		       uint64_t longest_sleep)
{
	baton_entity_t ran = SHARE->pick(policy, 0).entity;

	if (ran != BATON_NOBODY) {
		c->served[ran]++;
		c->turns++;
		SHARE->ran(policy, ran, MS, c->cheats[ran] ? BATON_WHY_BLOCK : BATON_WHY_SLICE, 0);
		c->wakes[ran] = i + (unsigned)baton__random_in(r, 0, longest_sleep);
	}
	for (baton_entity_t e = 0; e < c->count; e++)
		if (c->cheats[e] && c->wakes[e] <= i)
			SHARE->wake(policy, e, 0);
}

/*
 * Some of a random crowd block after each slice, and are woken before the next
 * decision, or a few turns later. Those that never sleep have their share of the
 * whole at any time, save for three slices.
 */
static void the_honest_lose_nothing_to_cheats(void **state)
{
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		struct baton__random r = baton__random_stream(seed, 1);
		struct crowd c = { .count = (uint32_t)baton__random_in(&r, 2, CROWD) };
		void *policy = test_policy(SHARE, c.count, MS);

		for (baton_entity_t e = 0; e < c.count; e++) {
			c.weight[e] = baton__random_in(&r, 1, 100);
			if (baton__random_in(&r, 0, 1))
				c.weight[e] = 1;
			c.total_weight += c.weight[e];
			c.cheats[e] = baton__random_in(&r, 0, 2);
			test_join(SHARE, policy, e, c.weight[e]);
		}
		for (unsigned i = 1; i <= 2000; i++) {
			crowd_step(&c, policy, i, &r, seed % 8);
			for (baton_entity_t e = 0; e < c.count; e++)
				if (!c.cheats[e] &&
				    (c.served[e] + 3) * c.total_weight < c.turns * c.weight[e])
					fail_msg("seed %llu: entity %u had %llu of %llu turns",
						 (unsigned long long)seed, e,
						 (unsigned long long)c.served[e],
						 (unsigned long long)c.turns);
		}
		free(policy);
	}
}

/* --------------------------------------------------------------- extremes */

/* Charges of an hour for 228 years, with the largest weights there are. */
static void nothing_drifts_over_centuries(void **state)
{
	static const uint64_t weight[] = { 1, BATON_WEIGHT_MAX, 3, BATON_WEIGHT_MAX - 1, 1000003 };
	const uint64_t hour = 3600 * S;
	static struct ideal ideal;
	void *policy = test_policy(SHARE, COUNT(weight), hour);

	ideal_init(&ideal, COUNT(weight));
	for (baton_entity_t e = 0; e < COUNT(weight); e++) {
		test_join(SHARE, policy, e, weight[e]);
		ideal_add(&ideal, e, weight[e]);
		ideal_wake(&ideal, e);
	}
	for (unsigned i = 0; i < 2000000; i++) {
		baton_entity_t e = SHARE->pick(policy, 0).entity;

		SHARE->ran(policy, e, hour, BATON_WHY_SLICE, 0);
		ideal_ran(&ideal, e, hour, hour, BATON_WHY_SLICE);
	}
	assert_true(ideal.stats.lag_ns <= hour);
	free(policy);
}

/* A nanosecond is as good a slice as any. */
static void the_shortest_slices_are_shared_exactly(void **state)
{
	static const uint64_t weight[] = { 1, 2, 5, 0, 1000 };
	static struct ideal ideal;
	void *policy = test_policy(SHARE, COUNT(weight), 1);

	ideal_init(&ideal, COUNT(weight));
	for (baton_entity_t e = 0; e < COUNT(weight); e++) {
		test_join(SHARE, policy, e, weight[e]);
		ideal_add(&ideal, e, weight[e]);
		ideal_wake(&ideal, e);
	}
	for (unsigned i = 0; i < 100000; i++) {
		baton_entity_t e = SHARE->pick(policy, 0).entity;

		SHARE->ran(policy, e, 1, BATON_WHY_SLICE, 0);
		ideal_ran(&ideal, e, 1, 1, BATON_WHY_SLICE);
	}
	assert_int_equal(ideal.stats.lag_ns, 1);
	free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_hold_without_changes),
		cmocka_unit_test(bounds_hold_for_any_mix),
		cmocka_unit_test(bounds_hold_with_sleepers),
		cmocka_unit_test(bounds_hold_when_half_withdraw),
		cmocka_unit_test(bounds_hold_when_crowds_wake_together),
		cmocka_unit_test(bounds_hold_with_brief_turns),
		cmocka_unit_test(bounds_hold_at_a_thousand_to_one),
		cmocka_unit_test(bounds_hold_for_powers_of_two),
		cmocka_unit_test(bounds_hold_when_some_are_removed),
		cmocka_unit_test(decisions_are_those_of_exact_fractions),
		cmocka_unit_test(each_ten_quanta_are_shared_exactly),
		cmocka_unit_test(weight_zero_alone_is_never_picked),
		cmocka_unit_test(the_last_one_gets_slice_after_slice),
		cmocka_unit_test(sleeping_for_a_moment_gains_nothing),
		cmocka_unit_test(the_honest_lose_nothing_to_cheats),
		cmocka_unit_test(nothing_drifts_over_centuries),
		cmocka_unit_test(the_shortest_slices_are_shared_exactly),
	};

	return cmocka_run_group_tests_name("fair", tests, NULL, NULL);
}
