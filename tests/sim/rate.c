/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate.c - how fast the policies decide: pick() and ran() over and over, all
 * entities busy, random weights, slices that end up to 1 % late.
 *
 *	meson test --benchmark sim-rate --verbose
 *
 * CPU time of this process; the best of several rounds, for the machine may have
 * other things to do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sched/lag.h"
#include "sim/random.h"

#define SLICE	UINT64_C(10000000)
#define TURNS	1000000
#define ROUNDS	5

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double round_of(const struct baton_sched_ops *ops, void *policy, struct baton__random *r)
{
	double begin = cpu_seconds();

	for (unsigned i = 0; i < TURNS; i++) {
		struct baton_sched_pick pick = ops->pick(policy, 0);

		ops->ran(policy, pick.entity, SLICE + (baton__random_next(r) & 0x1ffff),
			 BATON_WHY_SLICE, 0);
	}
	return (cpu_seconds() - begin) / TURNS;
}

/* One after the other, for the policy `script`. */
struct round_robin {
	uint32_t n, next;
};

static baton_entity_t next_of(void *context)
{
	struct round_robin *r = context;

	r->next = r->next + 1 < r->n ? r->next + 1 : 0;
	return r->next;
}

static int measure(const struct baton_sched_ops *ops, uint32_t n)
{
	struct round_robin order = { .n = n };
	const struct baton_script script = { next_of, &order };
	const struct baton_sched_config config = {
		.slice_ns = SLICE, .burst = 1, .script = &script,
	};
	struct baton__random r = baton__random_stream(1, 0);
	void *policy = calloc(1, ops->size(n));
	double best = 1;

	if (!policy || ops->init(policy, n, &config, NULL))
		return 1;
	for (baton_entity_t e = 0; e < n; e++) {
		const struct baton_sched_entity what = { .weight = baton__random_in(&r, 1, 1000) };

		if (ops->add(policy, e, &what, 0, NULL))
			return 1;
		ops->wake(policy, e, 0);
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		double round = round_of(ops, policy, &r);

		best = round < best ? round : best;
	}
	printf("%-8s %7u entities: %6.1f ns a decision, %6.2f million a second, "
	       "%.1f bytes an entity\n", ops->name, n, best * 1e9, 1e-6 / best,
	       (double)(ops->size(2 * n) - ops->size(n)) / n);
	free(policy);
	return 0;
}

int main(void)
{
	static const uint32_t counts[] = { 2, 1000, 100000 };
	int failed = 0;

	for (const struct baton_sched_ops *const *p = baton_policies(); *p; p++)
		for (unsigned i = 0; i < sizeof(counts) / sizeof(*counts); i++)
			failed |= measure(*p, counts[i]);
	printf("meter: %.1f bytes an entity\n",
	       (double)(baton__lag_size(2000) - baton__lag_size(1000)) / 1000);
	return failed;
}
