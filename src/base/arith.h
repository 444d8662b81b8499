/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arith.h - arithmetic on numbers that a guest or a file supplied, and on times.
 */
#ifndef BATON_BASE_ARITH_H
#define BATON_BASE_ARITH_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

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

/*
 * The unsigned number of `size` bytes at `from`, 8 at most; unaligned is fine. The
 * common sizes are spelt out, so that no call of memcpy() stands on the path of an exit.
 */
static inline uint64_t baton__load(const void *from, uint8_t size)
{
	uint64_t value = 0;

	switch (size) {
	case 1:
		memcpy(&value, from, 1);
		break;
	case 2:
		memcpy(&value, from, 2);
		break;
	case 4:
		memcpy(&value, from, 4);
		break;
	default:
		for (unsigned i = 0; i < size && i < sizeof(value); i++)
			value |= (uint64_t)((const uint8_t *)from)[i] << 8 * i;
	}
	return value;
}

/* The other way: the low `size` bytes of `value`, 8 at most. */
static inline void baton__store(void *to, uint64_t value, uint8_t size)
{
	switch (size) {
	case 1:
		memcpy(to, &value, 1);
		break;
	case 2:
		memcpy(to, &value, 2);
		break;
	case 4:
		memcpy(to, &value, 4);
		break;
	default:
		for (unsigned i = 0; i < size && i < sizeof(value); i++)
			((uint8_t *)to)[i] = (uint8_t)(value >> 8 * i);
	}
}

#endif
