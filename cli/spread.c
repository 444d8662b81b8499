/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spread.c - see spread.h. Times below 16 ns have a bucket each, every power of two above is
 * cut into 16, as in the library's ledger.
 */
#include "spread.h"

#include <stdlib.h>

#include "heap.h"

#define SHIFT	4
#define STEPS	(1u << SHIFT)
#define BUCKETS (STEPS * (64 - SHIFT + 1))

static unsigned bucket_of(uint64_t ns)
{
	unsigned octave;

	if (ns < STEPS)
		return (unsigned)ns;
	octave = 63 - (unsigned)__builtin_clzll(ns) - SHIFT;
	return (octave + 1) * STEPS + ((unsigned)(ns >> octave) & (STEPS - 1));
}

/* The largest time that falls into a bucket. */
static uint64_t bucket_end(unsigned bucket)
{
	unsigned octave;

	if (bucket < STEPS)
		return bucket;
	octave = bucket / STEPS - 1;
	return ((uint64_t)(STEPS + bucket % STEPS) << octave) + ((UINT64_C(1) << octave) - 1);
}

void spread_add(struct spread *spread, uint64_t ns)
{
	if (!spread->buckets)
		spread->buckets = heap_zeroed(BUCKETS, sizeof(*spread->buckets));
	spread->buckets[bucket_of(ns)]++;
	spread->count++;
	if (ns > spread->most_ns)
		spread->most_ns = ns;
}

void spread_fini(struct spread *spread)
{
	free(spread->buckets);
	*spread = (struct spread){ 0 };
}

uint64_t spread_percentile(const struct spread *spread, unsigned percent)
{
	uint64_t rank = spread->count / 100 * percent + (spread->count % 100 * percent + 99) / 100;
	uint64_t seen = 0, end;

	for (unsigned i = 0; i < BUCKETS && spread->count; i++) {
		seen += spread->buckets[i];
		if (seen < rank || !seen)
			continue;
		end = bucket_end(i);
		return end < spread->most_ns ? end : spread->most_ns;
	}
	return 0;
}
