/* SPDX-License-Identifier: 0BSD */
/*
 * test-and-set.c - the shortest lock: one word, which is 1 while somebody has it. XCHG
 * tests and sets in one access. With TEST_THEN_SET these are two, a load and a store, and
 * both VMs may find the lock free before either of them takes it. Status: 0.
 */
#include "shared.h"

static uint32_t test_and_set(volatile uint32_t *word)
{
#ifdef TEST_THEN_SET
	uint32_t was = load(word);

	store(word, 1);
	return was;
#else
	return exchange(word, 1);
#endif
}

int main(void)
{
	volatile uint32_t *taken = shared_memory();

	while (test_and_set(taken))
		;
	baton_enter(0);
	baton_leave(0);
	store(taken, 0);
	return 0;
}
