/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram.h - how numbers spread, to within 1/64 of each, in a fixed room.
 */
#ifndef BATON_SIM_HISTOGRAM_H
#define BATON_SIM_HISTOGRAM_H

#include <stdint.h>

#define BATON__HISTOGRAM_PARTS	 64 /* of each power of two */
#define BATON__HISTOGRAM_BUCKETS (59 * BATON__HISTOGRAM_PARTS)

/* Zeroed, it is empty. */
struct baton__histogram {
	uint64_t count, most;
	uint64_t bucket[BATON__HISTOGRAM_BUCKETS];
};

void baton__histogram_add(struct baton__histogram *histogram, uint64_t x);

/*
 * The smallest number that so many per cent of all do not exceed, rounded up by
 * 1/64 at most, and never above the largest. 0 if there is none.
 */
uint64_t baton__histogram_percentile(const struct baton__histogram *histogram, unsigned percent);

#endif
