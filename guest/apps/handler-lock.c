/* SPDX-License-Identifier: 0BSD */
/*
 * handler-lock.c - a spinlock that an interrupt's handler takes, too. The argument says who it
 * is: 0 has an alarm, whose handler comes in; 1 has none. Status: 0.
 *
 * Who has the lock turns interrupts off first. INTERRUPTS_ON leaves them on: the alarm that
 * interrupts its own machine's section waits for the lock, and who has it waits for the
 * handler to return.
 */
#include <stdbool.h>

#include "interrupt.h"
#include "shared.h"

#define LINE 0
#define SOON 1000000 /* ns */

static volatile uint32_t rung;

static void section(void)
{
	volatile uint32_t *taken = shared_memory();

	while (exchange(taken, 1))
		;
	baton_enter(0);
	baton_leave(0);
	store(taken, 0);
}

static void ring(unsigned line)
{
	BATON_ASSERT(line == LINE);
	section();
	rung = 1;
}

int main(void)
{
	if (baton_argument()) {
		section();
		return 0;
	}
	interrupts_install(ring);
	baton_timer(SOON, 0, LINE);
#ifdef INTERRUPTS_ON
	interrupts_on();
#endif
	section();
	interrupts_off();
	while (!rung)
		interrupts_wait();
	return 0;
}
