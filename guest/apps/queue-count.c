/* SPDX-License-Identifier: 0BSD */
/*
 * queue-count.c - a ring whose content is counted: one VM puts numbers in and counts up,
 * another one takes them out and counts down. All slots can be used, for full and empty
 * differ in the count; but two VMs write that word. The argument says which VM it is: 0
 * puts, 1 takes. Who takes asserts that the numbers come in their order. Status: 0.
 *
 * Two mistakes: with NO_LOCK the two count by plain instructions, and one may undo what the
 * other did. With RELEASE_FIRST a slot is given back, by counting down, and emptied then.
 */
#include "shared.h"

#define SLOTS 2
#define ITEMS 3

#ifdef NO_LOCK
#define LOCK ""
#else
#define LOCK "lock; "
#endif

struct shared {
	struct line count;
	volatile uint32_t slots[SLOTS];
};

static void count_up(struct shared *s)
{
	__asm__ volatile(LOCK "incl %0" : "+m"(s->count.word) : : "memory", "cc");
}

static void count_down(struct shared *s)
{
	__asm__ volatile(LOCK "decl %0" : "+m"(s->count.word) : : "memory", "cc");
}

static void put(struct shared *s, uint32_t nth)
{
	while (load(&s->count.word) == SLOTS)
		;
	store(&s->slots[nth % SLOTS], nth);
	count_up(s);
}

static uint32_t take(struct shared *s, uint32_t nth)
{
	uint32_t item;

	while (!load(&s->count.word))
		;
#ifdef RELEASE_FIRST
	count_down(s);
	item = load(&s->slots[nth % SLOTS]);
#else
	item = load(&s->slots[nth % SLOTS]);
	count_down(s);
#endif
	return item;
}

int main(void)
{
	struct shared *s = shared_memory();
	uint32_t takes = baton_argument();

	for (uint32_t nth = 1; nth <= ITEMS; nth++) {
		if (takes) {
			uint32_t item = take(s, nth);

			BATON_ASSERT(item == nth);
		} else {
			put(s, nth);
		}
	}
	return 0;
}
