/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arith.h - arithmetic on numbers that a guest or a file supplied, and on times.
 */
#ifndef BATON_BASE_ARITH_H
#define BATON_BASE_ARITH_H

#include <stdbool.h>
#include <stdint.h>

/* Does [at, at + size) lie within [0, limit)? True for an empty range at the limit. */
static inline bool baton__in_range(uint64_t at, uint64_t size, uint64_t limit)
{
	return at <= limit && size <= limit - at;
}

/* Do [a, a + a_size) and [b, b + b_size) share a byte? Neither may wrap. */
static inline bool baton__overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a_size && b_size && a < b + b_size && b < a + a_size;
}

/* a + b, or UINT64_MAX where that is too large: a time "never" stays never. */
static inline uint64_t baton__add_sat(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static inline uint64_t baton__min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t baton__align_up(uint64_t x, uint64_t to)
{
	return (x + to - 1) & ~(to - 1);
}

#endif
