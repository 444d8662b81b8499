/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mix.h - what is set side by side: so many runners with weights, each of a kind.
 *
 * A runner is a VM, a process, or an entity of the simulator. The same name, number and
 * seed make the same mix for all three.
 */
#ifndef BENCH_MIX_H
#define BENCH_MIX_H

#include <stdbool.h>
#include <stdint.h>

enum runner_kind {
	RUNNER_SPINS,  /* counts, and nothing else */
	RUNNER_CALLS,  /* counts, and leaves each time: an exit, or a system call */
	RUNNER_SLEEPS, /* counts to RUNNER_BURST, sleeps, and so on */
};

#define RUNNER_BURST 50000

struct runner {
	enum runner_kind kind;
	uint64_t weight;
	uint64_t seed; /* of its sleeps */
};

struct mix {
	char name[16];
	uint32_t count;
	struct runner *runners;
};

/*
 * Names: cpu (all spin), exit (all call), halt (each second one sleeps), mixed (a third
 * each), split (two that spin, 70 to 30). Weights are 1 to 100, at random. False: no such mix.
 */
bool mix_make(struct mix *mix, const char *name, uint32_t count, uint64_t seed);
void mix_free(struct mix *mix);

/* How long a runner's next sleep is, 1 to 10 ms, in nanoseconds; advances the seed. */
uint64_t mix_sleep_ns(uint64_t *seed);

#endif
