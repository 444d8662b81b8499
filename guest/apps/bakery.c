/* SPDX-License-Identifier: 0BSD */
/*
 * bakery.c - Lamport's bakery (1974): who comes draws a number above all others, and the
 * lowest one comes in; of two equal numbers, the lower VM's. The argument says which of the
 * VMs it is, from 0 on. Status: 0.
 *
 * Two VMs may draw the same number. One that is still drawing has none yet, so it would be
 * overlooked: therefore the others wait for it first, which they do not with NO_CHOOSING.
 * NO_FENCE leaves out what x86 needs between one's own stores and the look at the others'.
 */
#include "shared.h"

#define VMS 2

struct shared {
	volatile uint32_t choosing[VMS], number[VMS];
};

static void own_stores_first(void)
{
#ifndef NO_FENCE
	fence();
#endif
}

static void draw(struct shared *s, uint32_t me)
{
	uint32_t highest = 0;

	store(&s->choosing[me], 1);
	own_stores_first();
	for (uint32_t i = 0; i < VMS; i++) {
		uint32_t number = load(&s->number[i]);

		if (number > highest)
			highest = number;
	}
	store(&s->number[me], highest + 1);
	store(&s->choosing[me], 0);
	own_stores_first();
}

/* Is it that VM's turn before this one's? */
static int is_before(struct shared *s, uint32_t other, uint32_t me)
{
	uint32_t others = load(&s->number[other]), mine = load(&s->number[me]);

	return others && (others < mine || (others == mine && other < me));
}

static void lock(struct shared *s, uint32_t me)
{
	draw(s, me);
	for (uint32_t i = 0; i < VMS; i++) {
#ifndef NO_CHOOSING
		while (load(&s->choosing[i]))
			;
#endif
		while (is_before(s, i, me))
			;
	}
}

static void unlock(struct shared *s, uint32_t me)
{
	store(&s->number[me], 0);
}

int main(void)
{
	struct shared *s = shared_memory();
	uint32_t me = baton_argument();

	BATON_ASSERT(me < VMS);
	lock(s, me);
	baton_enter(0);
	baton_leave(0);
	unlock(s, me);
	return 0;
}
