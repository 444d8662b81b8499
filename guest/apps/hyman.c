/* SPDX-License-Identifier: 0BSD */
/*
 * hyman.c - a lock that was published as a simpler one than Dekker's (Hyman, 1966), and is
 * none: a VM that found the other one without a wish may be a long way from taking the turn.
 * The argument says which of the two VMs it is: 0 or 1. Status: 0.
 */
#include "shared.h"

struct shared {
	volatile uint32_t wants[2], turn;
};

static void lock(struct shared *s, uint32_t me)
{
	store(&s->wants[me], 1);
	fence();
	while (load(&s->turn) != me) {
		while (load(&s->wants[1 - me]))
			;
		store(&s->turn, me);
	}
}

static void unlock(struct shared *s, uint32_t me)
{
	store(&s->wants[me], 0);
}

int main(void)
{
	struct shared *s = shared_memory();
	uint32_t me = baton_argument();

	BATON_ASSERT(me < 2);
	lock(s, me);
	baton_enter(0);
	baton_leave(0);
	unlock(s, me);
	return 0;
}
