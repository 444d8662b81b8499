/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.c - eight bytes at a time, each multiplied in.
 */
#include "base/hash.h"

#include <string.h>

#define MULTIPLIER UINT64_C(0xC6A4A7935BD1E995)

static uint64_t mix(uint64_t word)
{
	word *= MULTIPLIER;
	word ^= word >> 47;
	return word * MULTIPLIER;
}

uint64_t baton__hash(uint64_t hash, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	uint64_t word;

	hash ^= size * MULTIPLIER;
	for (; size >= sizeof(word); size -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = (hash ^ mix(word)) * MULTIPLIER;
	}
	word = 0;
	memcpy(&word, at, size);
	hash = (hash ^ mix(word)) * MULTIPLIER;
	return hash ^ hash >> 47;
}
