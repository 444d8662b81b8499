/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.h - an index heap: numbers below a capacity, ordered by a key each.
 *
 * It has four children a parent, since their keys are one line of the cache, and knows
 * where each number stands, so any of them can be removed or given another key in
 * O(log n). The smallest key is first; of equal keys, the smaller number: the order
 * never depends on history.
 *
 * A heap lives inside a block that its owner provides. It holds no pointers, may
 * be copied with memcpy(), allocates nothing and cannot run out of room.
 */
#ifndef BATON_BASE_HEAP_H
#define BATON_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Wide enough for virtual time. Plain times are stored as they are. */
typedef unsigned __int128 baton__heap_key_t;

/* No number. */
#define BATON__HEAP_NONE UINT32_MAX

struct baton__heap;

/* Bytes of a heap for numbers below `capacity`; a multiple of 16. */
size_t baton__heap_size(uint32_t capacity);

/* Makes an empty heap of `baton__heap_size(capacity)` bytes aligned to 16. */
void baton__heap_init(struct baton__heap *heap, uint32_t capacity);

uint32_t baton__heap_count(const struct baton__heap *heap);
bool baton__heap_has(const struct baton__heap *heap, uint32_t e);

/* The number with the smallest key, or BATON__HEAP_NONE. O(1). */
uint32_t baton__heap_first(const struct baton__heap *heap);

/* The key of a number that is in the heap. O(1). */
baton__heap_key_t baton__heap_key(const struct baton__heap *heap, uint32_t e);

/* The first number and its key, where all keys fit 64 bits. False if the heap is empty. */
bool baton__heap_top(const struct baton__heap *heap, uint32_t *e, uint64_t *key);

/* Adds `e`, which must be below the capacity, or changes its key if it is there. O(log n). */
void baton__heap_insert(struct baton__heap *heap, uint32_t e, baton__heap_key_t key);

/* Removes `e`; nothing if it is not there. O(log n). */
void baton__heap_remove(struct baton__heap *heap, uint32_t e);

#endif
