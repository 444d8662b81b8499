/* SPDX-License-Identifier: 0BSD */
/*
 * ring-put.c - puts as many items as its argument says into a ring that another VM
 * takes them out of. Status: a sum over the items in their order.
 */
#include "ring.h"

#define SHARED 0x40000 /* where the scenario puts the region */

int main(void)
{
	struct ring *ring = (struct ring *)(SHARED + (uintptr_t)GUEST_OFFSET);
	uint32_t count = baton_argument(), item = 1, sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		random_next(&item);
		ring_put(ring, item);
		sum = sum * 31 + item;
	}
	return (int)sum;
}
