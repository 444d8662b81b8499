/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mix.h - random mixes of entities, and a run of one under a policy, watched.
 *
 * A mix is drawn from a seed and a family, and printed when something is wrong
 * with it. BATON_TEST_SEED=N repeats a single one; BATON_TEST_LONG=1 draws ten
 * times as many.
 */
#ifndef BATON_TESTS_SIM_MIX_H
#define BATON_TESTS_SIM_MIX_H

#include "ideal.h"
#include "sim/sim.h"

#define MIX_MOST IDEAL_MOST

enum mix_family {
	MIX_STEADY,    /* always runnable, some yield, turns overrun, some a lot */
	MIX_ANY,       /* up to 30 of everything */
	MIX_SLEEPERS,  /* a heavy one among many that run for a slice and sleep */
	MIX_WITHDRAWN, /* half of a crowd runs for a slice or two and is not seen for long */
	MIX_WAVES,     /* a crowd that sleeps and wakes together, and a heavy one, later */
	MIX_BRIEF,     /* a heavy one, busy ones, and many that run for moments */
	MIX_THOUSAND,  /* 1000:1x999, some of which sleep, some late */
	MIX_POWERS,    /* weights that are powers of 2, sleepers */
	MIX_REMOVED,   /* many are taken away while they want to run */
	MIX_FAMILIES
};

struct mix {
	uint64_t seed;
	enum mix_family family;
	uint64_t slice_ns, until_ns;
	struct baton__sim_overrun overrun;
	uint32_t count;
	struct baton__sim_entity entity[MIX_MOST];
};

/* What came of a run. */
struct mix_result {
	struct baton__sim_stats stats;
	struct ideal ideal;
	uint64_t most_ns; /* one slice plus the longest overrun */
	bool weightless; /* one of weight 0 had a turn */
	char wrong[160]; /* a contract that was broken, or empty */
};

const char *mix_family_name(enum mix_family family);

void mix_draw(struct mix *mix, enum mix_family family, uint64_t seed);
void mix_print(const struct mix *mix);
void mix_run(const struct mix *mix, const struct baton_sched_ops *ops, struct mix_result *result);

/* How many mixes a test should draw; and the first seed, 1 unless the environment says which. */
uint64_t mix_runs(uint64_t usual);
uint64_t mix_first_seed(void);

#endif
