/* SPDX-License-Identifier: 0BSD */
/*
 * ring-take.c - takes as many items as its argument says out of a ring that another
 * VM puts them into. Status: a sum over the items in their order.
 */
#include "ring.h"

#define SHARED 0x40000 /* where the scenario puts the region */

int main(void)
{
	struct ring *ring = (struct ring *)(SHARED + (uintptr_t)GUEST_OFFSET);
	uint32_t count = baton_argument(), sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum = sum * 31 + ring_take(ring);
	return (int)sum;
}
