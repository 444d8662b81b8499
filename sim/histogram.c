/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram.c - numbers below 128 have a bucket each, and of all above those share one that
 * agree in their seven highest bits.
 */
#include "sim/histogram.h"

#define PARTS BATON__HISTOGRAM_PARTS

static unsigned bucket_of(uint64_t x)
{
	unsigned shift = x < 2 * PARTS ? 0 : 57 - (unsigned)__builtin_clzll(x);

	return shift * PARTS + (unsigned)(x >> shift);
}

/* The largest number in a bucket. */
static uint64_t last_of(unsigned bucket)
{
	unsigned shift = bucket < 2 * PARTS ? 0 : bucket / PARTS - 1;
	uint64_t high = bucket - shift * PARTS;

	return (high << shift) + ((UINT64_C(1) << shift) - 1);
}

void baton__histogram_add(struct baton__histogram *histogram, uint64_t x)
{
	histogram->bucket[bucket_of(x)]++;
	histogram->count++;
	if (x > histogram->most)
		histogram->most = x;
}

uint64_t baton__histogram_percentile(const struct baton__histogram *histogram, unsigned percent)
{
	uint64_t wanted = (uint64_t)(((unsigned __int128)histogram->count * percent + 99) / 100);
	uint64_t seen = 0;

	if (!histogram->count)
		return 0;
	for (unsigned i = 0; i < BATON__HISTOGRAM_BUCKETS; i++) {
		seen += histogram->bucket[i];
		if (seen >= wanted && seen)
			return last_of(i) < histogram->most ? last_of(i) : histogram->most;
	}
	return histogram->most;
}
