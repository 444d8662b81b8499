/* SPDX-License-Identifier: 0BSD */
/*
 * ring.h - the guest's side of the ring device: the state that the host puts at
 * GPA 0x400 when a turn begins, and takes from there when it ends.
 *
 * RING_CAPACITY slots; with RING_POINTERS the layout without a count, where the
 * pointers stand at the slots that were used last.
 */
#ifndef RING_H
#define RING_H

#include <stdbool.h>

#include "guest.h"

#ifndef RING_CAPACITY
#define RING_CAPACITY 20
#endif

#define RING_BEGIN    0xF4
#define RING_PRODUCED 0xF2
#define RING_CONSUMED 0xF3

struct ring {
	int32_t prod_p, cons_p;
#ifndef RING_POINTERS
	int32_t count;
#endif
	int32_t buf[RING_CAPACITY];
};

/* Begins a turn: how many items it may be, at most. */
static inline uint32_t ring_begin(void)
{
	return in32(RING_BEGIN);
}

/* The compiler must not think that only the word of the result is there. */
static inline struct ring *ring_state(void)
{
	struct ring *ring = (struct ring *)&guest_result;

	__asm__("" : "+r"(ring));
	return ring;
}

static inline int32_t ring_after(int32_t slot)
{
	return (slot + 1) % RING_CAPACITY;
}

static inline void ring_put(struct ring *ring, int32_t item)
{
#ifdef RING_POINTERS
	ring->prod_p = ring_after(ring->prod_p);
	ring->buf[ring->prod_p] = item;
#else
	ring->buf[ring->prod_p] = item;
	ring->prod_p = ring_after(ring->prod_p);
	ring->count++;
#endif
}

/* Takes an item, and leaves its slot empty. */
static inline int32_t ring_take(struct ring *ring)
{
	int32_t item, slot;

#ifdef RING_POINTERS
	slot = ring->cons_p = ring_after(ring->cons_p);
#else
	slot = ring->cons_p;
	ring->cons_p = ring_after(slot);
	ring->count--;
#endif
	item = ring->buf[slot];
	ring->buf[slot] = 0;
	return item;
}

#endif
