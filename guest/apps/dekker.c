/* SPDX-License-Identifier: 0BSD */
/*
 * dekker.c - the first lock made of loads and stores (Dekker's, published by Dijkstra in
 * 1965): who meets the other one's wish takes its own back unless it has the turn. The
 * argument says which of the two VMs it is: 0 or 1. Status: 0.
 *
 * A wish must be visible before one looks at the other's; x86 needs a fence for that,
 * which NO_FENCE leaves out. With NO_TURN nobody gives way: both wish, and both wait for ever.
 */
#include "shared.h"

#define ROUNDS 2

struct shared {
	volatile uint32_t wants[2], turn;
};

static void wish(struct shared *s, uint32_t me)
{
	store(&s->wants[me], 1);
#ifndef NO_FENCE
	fence();
#endif
}

static void give_way(struct shared *s, uint32_t me)
{
#ifdef NO_TURN
	return;
#endif
	if (load(&s->turn) == me)
		return;
	store(&s->wants[me], 0);
	while (load(&s->turn) != me)
		;
	wish(s, me);
}

static void lock(struct shared *s, uint32_t me)
{
	wish(s, me);
	while (load(&s->wants[1 - me]))
		give_way(s, me);
}

static void unlock(struct shared *s, uint32_t me)
{
	store(&s->turn, 1 - me);
	store(&s->wants[me], 0);
}

int main(void)
{
	struct shared *s = shared_memory();
	uint32_t me = baton_argument();

	BATON_ASSERT(me < 2);
	for (int i = 0; i < ROUNDS; i++) {
		lock(s, me);
		baton_enter(0);
		baton_leave(0);
		unlock(s, me);
	}
	return 0;
}
