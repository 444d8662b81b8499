/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duration_range.h - "1ms..5ms", both included, or one duration alone. Pure.
 */
#ifndef BATON_CLI_DURATION_RANGE_H
#define BATON_CLI_DURATION_RANGE_H

#include <stdint.h>

struct duration_range {
	uint64_t low_ns, high_ns;
};

#define DURATION_RANGE "a duration such as 2ms, or two such as 1ms..5ms"

/*
 * Takes the whole text or nothing; 0 needs no unit. NULL, or what is wrong as a clause that
 * follows the text; the result is written on success only.
 */
const char *duration_range_read(const char *text, struct duration_range *range);

#endif
