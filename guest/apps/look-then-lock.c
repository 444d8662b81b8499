/* SPDX-License-Identifier: 0BSD */
/*
 * look-then-lock.c - a lock as one writes it first, and why not. Between the look and the
 * lock there is room for another VM that looks. Status: 0.
 */
#include "guest.h"

#define SHARED 0x40000 /* where the scenario puts the region */

int main(void)
{
	volatile uint32_t *taken = (volatile uint32_t *)(SHARED + (uintptr_t)GUEST_OFFSET);

	while (*taken)
		;
	*taken = 1;
	baton_enter(0);
	baton_leave(0);
	*taken = 0;
	return 0;
}
