/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spread.h - how times spread: a histogram of nanoseconds, to within 1/16.
 */
#ifndef BATON_CLI_SPREAD_H
#define BATON_CLI_SPREAD_H

#include <stdint.h>

struct spread {
	uint64_t count, most_ns;
	uint64_t *buckets; /* on first use; spread_fini() frees them */
};

void spread_add(struct spread *spread, uint64_t ns);
void spread_fini(struct spread *spread);

/*
 * The smallest time that `percent` of all do not exceed: an upper bound, at most 1/16 too
 * large, and never above the largest. 0 if there is none.
 */
uint64_t spread_percentile(const struct spread *spread, unsigned percent);

#endif
