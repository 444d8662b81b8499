/* SPDX-License-Identifier: 0BSD */
/*
 * count.c - VMs that count to TIMES, three, in one word: increments by one instruction. Without a
 * lock, that instruction is a load and a store, and somebody else's may come between the
 * two: then both store the same number, and an increment is lost.
 *
 * The argument says how many VMs there are. Who ends last asserts that all increments are
 * there. Status: 0. With NO_LOCK the increments are plain ones; with NO_CLAIM nothing is
 * asserted, so that all possible counts come out.
 */
#include "shared.h"

#ifndef TIMES
#define TIMES 3
#endif

#ifdef NO_CLAIM
#define CLAIM 0
#else
#define CLAIM 1
#endif

struct shared {
	struct line count, ended;
};

static void increment(volatile uint32_t *word)
{
#ifdef NO_LOCK
	__asm__ volatile("incl %0" : "+m"(*word) : : "memory", "cc");
#else
	__asm__ volatile("lock; incl %0" : "+m"(*word) : : "memory", "cc");
#endif
}

int main(void)
{
	struct shared *s = shared_memory();
	uint32_t vms = baton_argument();

	for (int i = 0; i < TIMES; i++)
		increment(&s->count.word);
	if (CLAIM && fetch_add(&s->ended.word, 1) == vms - 1)
		BATON_ASSERT(load(&s->count.word) == TIMES * vms);
	return 0;
}
