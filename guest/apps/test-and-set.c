/* SPDX-License-Identifier: 0BSD */
/*
 * test-and-set.c - the shortest lock: one word, which is 1 while somebody has it. XCHG
 * tests and sets it in one access. With TEST_THEN_SET these are two, a load and a store, and
 * both VMs may find the lock free before either of them takes it. Status: 0.
 */
#include <stdbool.h>

#include "shared.h"

/* Takes the lock unless somebody has it; returns whether it did. */
static bool test_and_set(volatile uint32_t *taken)
{
#ifdef TEST_THEN_SET
	if (load(taken))
		return false;
	store(taken, 1);
	return true;
#else
	return !exchange(taken, 1);
#endif
}

int main(void)
{
	volatile uint32_t *taken = shared_memory();

	while (!test_and_set(taken))
		;
	baton_enter(0);
	baton_leave(0);
	store(taken, 0);
	return 0;
}
