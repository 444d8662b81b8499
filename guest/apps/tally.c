/* SPDX-License-Identifier: 0BSD */
/*
 * tally.c - counts in one word what it has done, and how often its alarm has rung. Status: 0.
 *
 * C's ++ is a load, an addition and a store, and an interrupt may come between them: what it
 * adds is overwritten then. So interrupts are off meanwhile. (On a machine whose word no other
 * one has, one ADD to memory would do as well: interrupts come between instructions.)
 * INTERRUPTS_ON leaves them on.
 */
#include "interrupt.h"

#define LINE 0
#define SOON 1000000 /* ns */

static volatile uint32_t tally, rung;

static void ring(unsigned line)
{
	BATON_ASSERT(line == LINE);
	rung = 1;
	tally++;
}

static void count(void)
{
#ifndef INTERRUPTS_ON
	interrupts_off();
#endif
	tally++;
#ifndef INTERRUPTS_ON
	interrupts_on();
#endif
}

int main(void)
{
	interrupts_install(ring);
	baton_timer(SOON, 0, LINE);
	interrupts_on();
	count();
	interrupts_off();
	while (!rung)
		interrupts_wait();
	BATON_ASSERT(tally == 2);
	return 0;
}
