/* SPDX-License-Identifier: 0BSD */
/*
 * ticket.c - a lock that lets VMs in in the order in which they came: each draws a ticket,
 * and waits until it is served. With NO_LOCK the instruction that draws is not locked: it
 * is a load and a store then, and two VMs may draw the same ticket. Status: 0.
 */
#include "shared.h"

#define ROUNDS 2

#ifdef NO_LOCK
#define LOCK ""
#else
#define LOCK "lock; "
#endif

struct shared {
	struct line next, serving;
};

static uint32_t draw(struct shared *s)
{
	uint32_t ticket = 1;

	__asm__ volatile(LOCK "xaddl %0, %1"
			 : "+r"(ticket), "+m"(s->next.word) : : "memory", "cc");
	return ticket;
}

int main(void)
{
	struct shared *s = shared_memory();

	for (int i = 0; i < ROUNDS; i++) {
		uint32_t ticket = draw(s);

		while (load(&s->serving.word) != ticket)
			;
		baton_enter(0);
		baton_leave(0);
		store(&s->serving.word, ticket + 1);
	}
	return 0;
}
