/* SPDX-License-Identifier: 0BSD */
/*
 * called-off.c - sets an alarm for something, has done it, and calls the alarm off. Status: 0.
 *
 * The timer may have fired while interrupts were off: then it is off, and its interrupt still
 * comes. So interrupts are let in once before what the handler needs is taken away. NOT_LET_IN
 * leaves that out.
 */
#include "interrupt.h"

#define LINE 7
#define SOON 1000000 /* ns */

static volatile uint32_t gone;

static void ring(unsigned line)
{
	BATON_ASSERT(line == LINE && !gone);
}

static void let_in(void)
{
	__asm__ volatile("sti; nop; cli" : : : "memory");
}

int main(void)
{
	interrupts_install(ring);
	baton_timer(SOON, 0, LINE);
	baton_timer(0, 0, LINE);
#ifndef NOT_LET_IN
	let_in();
#endif
	gone = 1;
	let_in(); /* as whatever it does next will */
	return 0;
}
