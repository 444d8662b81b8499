/* SPDX-License-Identifier: 0BSD */
/*
 * ring-producer.c - puts a random number of items, 0 to RING_MOST, into the ring at
 * each turn, as far as there is room; each is a random number from 0 to 99. As many in
 * all as the call `argument` says, or for ever if that is 0.
 *
 * With RING_TSC items come from the time-stamp counter, as they once did: such a run
 * cannot be repeated, and one item says much about the next.
 */
#include "ring.h"

#ifndef RING_MOST
#define RING_MOST 10
#endif

static int32_t new_item(void)
{
#ifdef RING_TSC
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (int32_t)(low % 100);
#else
	return (int32_t)(baton_random() % 100);
#endif
}

int main(void)
{
	uint32_t left = baton_argument();
	const bool for_ever = !left;

	while (for_ever || left) {
		uint32_t may = ring_begin(), items = baton_random() % (RING_MOST + 1);

		if (items > may)
			items = may;
		if (!for_ever && items > left)
			items = left;
		for (uint32_t i = 0; i < items; i++)
			ring_put(ring_state(), new_item());
		left -= for_ever ? 0 : items;
		out32(RING_PRODUCED, items);
	}
	return 0;
}
