/* SPDX-License-Identifier: 0BSD */
/*
 * spsc.h - a ring without copies: one producer, one consumer, in memory that both
 * VMs share. The host never sees an item; it hears a bell when somebody may have to
 * be woken.
 *
 * `head` counts the items that were put in and belongs to the producer, `tail` those
 * taken out and belongs to the consumer; both only grow, and wrap at 2^32, which the
 * capacity divides. So full (the difference is the capacity) and empty (it is 0)
 * look different, and no slot is wasted.
 *
 * Stores become visible in the order in which they were made (x86; SDM vol. 3,
 * 8.2.2), so the item is there when the count says so; the compiler is told to keep
 * that order too. What x86 does reorder is a store and a load behind it: so each side
 * fences between its own count and the other's, or both could miss that the other
 * one waits. Going to sleep is decided on a count that may be old already: the bell
 * rings until it is waited for, so that no wake-up is lost.
 *
 * Memory that holds zeroes is an empty ring.
 */
#ifndef SPSC_H
#define SPSC_H

#include "guest.h"

#ifndef SPSC_CAPACITY
#define SPSC_CAPACITY 512 /* a power of two */
#endif
#define SPSC_ITEMS_IN 0 /* bell: there is an item again */
#define SPSC_ROOM     1 /* bell: there is room again */

struct spsc {
	volatile uint32_t head;
	uint32_t of_another_cache_line[15];
	volatile uint32_t tail;
	uint32_t of_a_third[15];
	volatile uint32_t items[SPSC_CAPACITY];
};

#define SPSC_BARRIER() __asm__ volatile("" : : : "memory")

static inline void spsc_fence(void)
{
	uint32_t nothing = 0;

	__asm__ volatile("lock; addl $0, %0" : "+m"(nothing) : : "memory", "cc");
}

/* The producer's: puts an item in, and waits for room before if there is none. */
static inline void spsc_put(struct spsc *ring, uint32_t item)
{
	uint32_t head = ring->head;

	while (head - ring->tail == SPSC_CAPACITY)
		baton_wait(SPSC_ROOM);
	ring->items[head % SPSC_CAPACITY] = item;
	SPSC_BARRIER();
	ring->head = head + 1;
	spsc_fence();
	if (ring->tail == head) /* the consumer has seen it empty, or will have */
		baton_ring(SPSC_ITEMS_IN);
}

/* The consumer's: takes an item out, and waits for one before if there is none. */
static inline uint32_t spsc_take(struct spsc *ring)
{
	uint32_t tail = ring->tail, item;

	while (ring->head == tail)
		baton_wait(SPSC_ITEMS_IN);
	SPSC_BARRIER();
	item = ring->items[tail % SPSC_CAPACITY];
	SPSC_BARRIER();
	ring->tail = tail + 1;
	spsc_fence();
	if (ring->head - tail == SPSC_CAPACITY) /* the producer has seen it full, or will have */
		baton_ring(SPSC_ROOM);
	return item;
}

#endif
