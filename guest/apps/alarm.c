/* SPDX-License-Identifier: 0BSD */
/*
 * alarm.c - sleeps until its alarm has rung, which may be at any moment from when it is set.
 * Status: 0.
 *
 * Who looks whether it has rung, and sleeps if not, has to do both in one, as far as interrupts
 * go: they are off when it looks, and STI lets none come before the HLT behind it. LOOK_FIRST
 * has them on all the time: the alarm that rings between the look and the HLT is the only one
 * that there will be.
 */
#include "interrupt.h"

#define LINE 3
#define SOON 1000000 /* ns */

static volatile uint32_t rung;

static void ring(unsigned line)
{
	BATON_ASSERT(line == LINE);
	rung++;
}

static void sleep(void)
{
#ifdef LOOK_FIRST
	interrupts_on();
	while (!rung)
		__asm__ volatile("hlt" : : : "memory");
#else
	while (!rung)
		interrupts_wait();
#endif
}

int main(void)
{
	interrupts_install(ring);
	baton_timer(SOON, 0, LINE);
	sleep();
	BATON_ASSERT(rung == 1);
	return 0;
}
