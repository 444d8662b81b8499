/* SPDX-License-Identifier: 0BSD */
/*
 * sleeper.c - works a random while, sleeps a random while, for ever: a VM that
 * comes and goes. The seed is fixed, so every run makes the same choices; work
 * is counted in steps, not in time, for the same reason. The word at GPA 0x400
 * counts the sleeps. Status 1: the host speaks another ABI.
 */
#include "guest.h"

#define SEED          0x5eed
#define MOST_STEPS    20000
#define MOST_SLEEP_US 20000

static void work(uint32_t steps)
{
	for (volatile uint32_t done = 0; done < steps; done++)
		;
}

int main(void)
{
	uint32_t random = SEED;

	if (baton_version() != BATON_ABI_VERSION)
		return 1;
	for (;;) {
		work(random_below(&random, MOST_STEPS));
		guest_result++;
		baton_sleep_us(random_below(&random, MOST_SLEEP_US));
	}
}
