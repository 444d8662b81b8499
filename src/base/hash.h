/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.h - a number that tells contents apart. It is the same on every machine. Whoever
 * wants two contents with one hash finds them: it is for comparing, not for trusting.
 */
#ifndef BATON_BASE_HASH_H
#define BATON_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from `hash`, 0 at first, over `size` bytes. (MurmurHash64A's steps, Appleby 2010.) */
uint64_t baton__hash(uint64_t hash, const void *bytes, size_t size);

#endif
