/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.c - the index heap.
 *
 * The block is a header and three arrays: by position, the key and the number
 * that stand there; by number, its position plus one, or 0 if it is absent.
 * Invariants: no child goes before its parent; place[] and at[] are inverse.
 */
#include "base/heap.h"

#include <string.h>

/* A test of complexity counts comparisons here. */
#ifndef BATON__HEAP_COMPARED
#define BATON__HEAP_COMPARED()
#endif

#define CHILDREN 4 /* their keys fill a line of the cache, where the block begins with one */

struct baton__heap {
	uint32_t count;
	uint32_t capacity;
	uint64_t unused[5];
	baton__heap_key_t key[];
};
_Static_assert((offsetof(struct baton__heap, key) + sizeof(baton__heap_key_t)) % 64 == 0,
	       "the first child begins a line");

static uint32_t *at_of(const struct baton__heap *heap)
{
	return (uint32_t *)(heap->key + heap->capacity);
}

static uint32_t *place_of(const struct baton__heap *heap)
{
	return at_of(heap) + heap->capacity;
}

static bool before(baton__heap_key_t a_key, uint32_t a, baton__heap_key_t b_key, uint32_t b)
{
	BATON__HEAP_COMPARED();
	return a_key < b_key || (a_key == b_key && a < b);
}

static void put(struct baton__heap *heap, uint32_t position, uint32_t e, baton__heap_key_t key)
{
	heap->key[position] = key;
	at_of(heap)[position] = e;
	place_of(heap)[e] = position + 1;
}

/* Finds the position for `e` from a hole upwards, and puts it there. */
static void rise(struct baton__heap *heap, uint32_t hole, uint32_t e, baton__heap_key_t key)
{
	const uint32_t *at = at_of(heap);

	while (hole) {
		uint32_t parent = (hole - 1) / CHILDREN;

		if (!before(key, e, heap->key[parent], at[parent]))
			break;
		put(heap, hole, at[parent], heap->key[parent]);
		hole = parent;
	}
	put(heap, hole, e, key);
}

/* The same downwards. */
static void sink(struct baton__heap *heap, uint32_t hole, uint32_t e, baton__heap_key_t key)
{
	const uint32_t *at = at_of(heap);

	for (;;) {
		/* 64 bits: so many times a position may exceed 32. */
		uint64_t child = CHILDREN * (uint64_t)hole + 1, end = child + CHILDREN;

		if (child >= heap->count)
			break;
		if (end > heap->count)
			end = heap->count;
		for (uint64_t next = child + 1; next < end; next++)
			if (before(heap->key[next], at[next], heap->key[child], at[child]))
				child = next;
		if (!before(heap->key[child], at[child], key, e))
			break;
		put(heap, hole, at[child], heap->key[child]);
		hole = (uint32_t)child;
	}
	put(heap, hole, e, key);
}

/* Puts `e` where its key wants it, given a hole anywhere. */
static void settle(struct baton__heap *heap, uint32_t hole, uint32_t e, baton__heap_key_t key)
{
	uint32_t parent = hole ? (hole - 1) / CHILDREN : 0;

	if (hole && before(key, e, heap->key[parent], at_of(heap)[parent]))
		rise(heap, hole, e, key);
	else
		sink(heap, hole, e, key);
}

size_t baton__heap_size(uint32_t capacity)
{
	size_t bytes = sizeof(struct baton__heap) +
		       capacity * (sizeof(baton__heap_key_t) + 2 * sizeof(uint32_t));

	return (bytes + 63) & ~(size_t)63;
}

void baton__heap_init(struct baton__heap *heap, uint32_t capacity)
{
	memset(heap, 0, baton__heap_size(capacity));
	heap->capacity = capacity;
}

uint32_t baton__heap_count(const struct baton__heap *heap)
{
	return heap->count;
}

bool baton__heap_has(const struct baton__heap *heap, uint32_t e)
{
	return place_of(heap)[e];
}

uint32_t baton__heap_first(const struct baton__heap *heap)
{
	return heap->count ? at_of(heap)[0] : BATON__HEAP_NONE;
}

baton__heap_key_t baton__heap_key(const struct baton__heap *heap, uint32_t e)
{
	return heap->key[place_of(heap)[e] - 1];
}

bool baton__heap_top(const struct baton__heap *heap, uint32_t *e, uint64_t *key)
{
	if (!heap->count)
		return false;
	*e = at_of(heap)[0];
	*key = (uint64_t)heap->key[0];
	return true;
}

void baton__heap_insert(struct baton__heap *heap, uint32_t e, baton__heap_key_t key)
{
	uint32_t place = place_of(heap)[e];

	if (place)
		settle(heap, place - 1, e, key);
	else
		rise(heap, heap->count++, e, key);
}

void baton__heap_remove(struct baton__heap *heap, uint32_t e)
{
	uint32_t place = place_of(heap)[e];
	uint32_t last;

	if (!place)
		return;
	last = --heap->count;
	place_of(heap)[e] = 0;
	if (place - 1 != last)
		settle(heap, place - 1, at_of(heap)[last], heap->key[last]);
}
