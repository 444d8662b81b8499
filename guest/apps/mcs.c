/* SPDX-License-Identifier: 0BSD */
/*
 * mcs.c - the queue lock of Mellor-Crummey and Scott (1991): who comes puts itself at the
 * tail of a queue, and spins on a word of its own until its predecessor hands over. The
 * argument says which of the VMs it is, from 1 on; 0 is nobody. Status: 0.
 *
 * A VM is at the tail before it is linked to its predecessor. Who unlocks in between finds
 * no successor, though there is one, and must wait for the link: with NO_WAIT it does not.
 * With LINK_FIRST a VM is linked before it has said that it waits: it may be handed the
 * lock then, and overwrite that.
 */
#include "shared.h"

#define VMS 3

struct place {
	volatile uint32_t next, waits;
};

struct shared {
	struct place places[VMS + 1];
	volatile uint32_t tail;
};

static void lock(struct shared *s, uint32_t me)
{
	struct place *mine = &s->places[me];
	uint32_t before;

	store(&mine->next, 0);
	before = exchange(&s->tail, me);
	if (!before)
		return;
#ifdef LINK_FIRST
	store(&s->places[before].next, me);
	store(&mine->waits, 1);
#else
	store(&mine->waits, 1);
	store(&s->places[before].next, me);
#endif
	while (load(&mine->waits))
		;
}

static void unlock(struct shared *s, uint32_t me)
{
	uint32_t next = load(&s->places[me].next);

	if (!next && compare_exchange(&s->tail, me, 0) == me)
		return;
#ifndef NO_WAIT
	while (!next)
		next = load(&s->places[me].next);
#endif
	store(&s->places[next].waits, 0);
}

int main(void)
{
	struct shared *s = shared_memory();
	uint32_t me = baton_argument();

	BATON_ASSERT(me && me <= VMS);
	lock(s, me);
	baton_enter(0);
	baton_leave(0);
	unlock(s, me);
	return 0;
}
