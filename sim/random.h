/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random.h - a small generator, so that everything simulated repeats from a seed.
 *
 * A counter that goes up by an odd constant, mixed (splitmix64): any seed is a
 * good one, and a stream costs eight bytes. Not for secrets.
 */
#ifndef BATON_SIM_RANDOM_H
#define BATON_SIM_RANDOM_H

#include <stdint.h>

struct baton__random {
	uint64_t counter;
};

static inline uint64_t baton__random_next(struct baton__random *random)
{
	uint64_t x = random->counter += UINT64_C(0x9E3779B97F4A7C15);

	x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
	return x ^ x >> 31;
}

/* A stream of its own for each `stream` of one seed. */
static inline struct baton__random baton__random_stream(uint64_t seed, uint64_t stream)
{
	struct baton__random random = { seed };
	uint64_t start = baton__random_next(&random);

	random.counter = start ^ stream;
	random.counter = baton__random_next(&random);
	return random;
}

/* A number from `low` to `high`, both included, each as likely within 2^-64 x the range. */
static inline uint64_t baton__random_in(struct baton__random *random, uint64_t low, uint64_t high)
{
	uint64_t span = high - low + 1;
	uint64_t x = baton__random_next(random);

	return span ? low + (uint64_t)((unsigned __int128)x * span >> 64) : x;
}

#endif
