/* SPDX-License-Identifier: 0BSD */
/*
 * ticker.c - waits for so many ticks of a timer, as its argument says (10 if that
 * is 0), and gives its turn away meanwhile. The word at GPA 0x400 counts them. In
 * the end it prints how late they came.
 *
 * Status: by how many milliseconds half of the ticks were late, or more. Or 1001: a
 * tick came on the wrong line; 1002: one came early; 1003: the one-shot timer came
 * twice.
 */
#include "interrupt.h"

#define PERIOD_NS 100000000
#define LINE	  3
#define MOST_MS	  1000

static volatile uint32_t ticks, strange;
static uint16_t late_by[MOST_MS + 1]; /* ticks, by milliseconds */

static void tick(unsigned line)
{
	ticks++;
	strange += line != LINE;
}

/* A quotient of 64-bit numbers takes a library that a freestanding guest lacks. */
static uint32_t milliseconds(uint64_t ns)
{
	uint32_t ms = 0;

	while (ns >= 1000000 && ms < MOST_MS) {
		ns -= 1000000;
		ms++;
	}
	return ms;
}

/*
 * Once is once: nothing comes in twice the time after. It waits by the clock, not in HLT: who
 * sleeps for the only interrupt that there will be trusts that none comes between STI and HLT,
 * and a processor that is emulated may break that.
 */
static int one_shot(void)
{
	uint64_t begin = baton_time_ns();

	baton_timer(1000000, 0, LINE);
	interrupts_on();
	while (!ticks)
		baton_sleep_us(100);
	interrupts_off();
	if (baton_time_ns() - begin < 1000000)
		return 1002;
	interrupts_on();
	baton_sleep_us(2000);
	interrupts_off();
	return ticks == 1 ? 0 : 1003;
}

/* Prints the median and the worst, and returns the median. */
static int summarize(uint32_t waits)
{
	uint32_t median = 0, worst = MOST_MS, seen = late_by[0];

	while (seen * 2 < waits)
		seen += late_by[++median];
	while (!late_by[worst])
		worst--;
	print("ticks came late by ");
	print_unsigned(median);
	print(" ms mostly, ");
	print_unsigned(worst);
	print(" ms at most\n");
	return (int)median;
}

int main(void)
{
	uint32_t wanted = baton_argument() ? baton_argument() : 10, waits = 0;
	uint64_t begin, late;
	int wrong;

	interrupts_install(tick);
	wrong = one_shot();
	if (wrong)
		return wrong;
	ticks = 0;
	begin = baton_time_ns();
	baton_timer(PERIOD_NS, PERIOD_NS, LINE);
	while (ticks < wanted) {
		interrupts_wait();
		/* From the tick that was due: of those that were missed, one interrupt tells. */
		late = baton_time_ns() - begin;
		if (late < (uint64_t)ticks * PERIOD_NS)
			return 1002;
		late -= (uint64_t)ticks * PERIOD_NS;
		late_by[milliseconds(late)]++;
		waits++;
		guest_result = ticks;
		while (late >= PERIOD_NS) { /* go on from the phase that the timer keeps */
			late -= PERIOD_NS;
			begin += PERIOD_NS;
		}
	}
	baton_timer(0, 0, LINE);
	return strange ? 1001 : summarize(waits);
}
