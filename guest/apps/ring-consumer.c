/* SPDX-License-Identifier: 0BSD */
/*
 * ring-consumer.c - takes a random number of items, 0 to RING_MOST, out of the ring at
 * each turn, as far as there are any. It does not end: the host ends it when nothing
 * more can come. Status 1: an item is none that a producer makes.
 */
#include "ring.h"

#ifndef RING_MOST
#define RING_MOST 10
#endif

int main(void)
{
	for (;;) {
		uint32_t may = ring_begin(), items = baton_random() % (RING_MOST + 1);

		if (items > may)
			items = may;
		for (uint32_t i = 0; i < items; i++) {
			int32_t item = ring_take(ring_state());

			if (item < 0 || item > 99)
				return 1;
		}
		out32(RING_CONSUMED, items);
	}
}
