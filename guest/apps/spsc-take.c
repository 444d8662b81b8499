/* SPDX-License-Identifier: 0BSD */
/*
 * spsc-take.c - takes as many items as its argument says out of a ring that another
 * VM puts them into. Status: a sum over the items in their order.
 */
#include "spsc.h"

#define SHARED 0x40000 /* where the scenario puts the region */

int main(void)
{
	struct spsc *ring = (struct spsc *)(SHARED + (uintptr_t)GUEST_OFFSET);
	uint32_t count = baton_argument(), sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum = sum * 31 + spsc_take(ring);
	return (int)sum;
}
