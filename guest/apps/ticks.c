/* SPDX-License-Identifier: 0BSD */
/*
 * ticks.c - waits for two ticks of a periodic timer, which may come at any moment, and as often
 * as they like. Status: 0.
 *
 * Interrupts are off in a handler until it returns, so that the next tick waits. NESTED turns
 * them on before all is done: the next one comes on top, and finds things half done.
 */
#include "interrupt.h"

#define LINE   2
#define PERIOD 1000000 /* ns */
#define ENOUGH 2

static volatile uint32_t ticks, inside;

static void tick(unsigned line)
{
	BATON_ASSERT(line == LINE && !inside);
	inside = 1;
#ifdef NESTED
	interrupts_on();
#endif
	if (ticks < ENOUGH)
		ticks++;
	inside = 0;
}

int main(void)
{
	interrupts_install(tick);
	baton_timer(PERIOD, PERIOD, LINE);
	while (ticks < ENOUGH)
		interrupts_wait();
	return 0;
}
