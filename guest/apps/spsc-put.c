/* SPDX-License-Identifier: 0BSD */
/*
 * spsc-put.c - puts as many items as its argument says into a ring that another VM
 * takes them out of. Status: a sum over the items in their order.
 */
#include "spsc.h"

#define SHARED 0x40000 /* where the scenario puts the region */

int main(void)
{
	struct spsc *ring = (struct spsc *)(SHARED + (uintptr_t)GUEST_OFFSET);
	uint32_t count = baton_argument(), item = 1, sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		random_next(&item);
		spsc_put(ring, item);
		sum = sum * 31 + item;
	}
	return (int)sum;
}
