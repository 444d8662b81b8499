/* SPDX-License-Identifier: 0BSD */
/*
 * peterson.c - two VMs, and a section that one at a time may be in, ROUNDS times each.
 * The argument says which of the two it is: 0 or 1. Status: how often there was somebody
 * in the section so far.
 *
 * The lock is Peterson's (1981). It stands on loads and stores that happen in the order of
 * the program, as in trapped memory. In plain memory a processor lets a load overtake an
 * earlier store, and there has to be a fence between the two: with FENCE there is.
 */
#include "shared.h"

#ifndef ROUNDS
#define ROUNDS 100
#endif

struct shared {
	volatile uint32_t wants[2], turn, rounds;
};

static void lock(struct shared *s, uint32_t me)
{
	uint32_t other = 1 - me;

	s->wants[me] = 1;
	s->turn = other;
#ifdef FENCE
	fence();
#endif
	while (s->wants[other] && s->turn == other)
		;
}

static void unlock(struct shared *s, uint32_t me)
{
	s->wants[me] = 0;
}

int main(void)
{
	struct shared *s = shared_memory();
	uint32_t me = baton_argument(), rounds = 0;

	BATON_ASSERT(me < 2);
	for (int i = 0; i < ROUNDS; i++) {
		lock(s, me);
		baton_enter(0);
		BATON_ASSERT(s->rounds >= rounds);
		rounds = ++s->rounds;
		baton_leave(0);
		unlock(s, me);
	}
	return (int)rounds;
}
