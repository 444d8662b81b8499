/* SPDX-License-Identifier: 0BSD */
/*
 * queue.c - one VM puts numbers into a ring in shared memory, and another one takes them
 * out. The argument says which: 0 puts, 1 takes. Who takes asserts that the numbers come in
 * their order. Status: 0.
 *
 * `head` is the slot that is filled next and the first VM's, `tail` the one that is emptied
 * next and the second VM's. If they are equal the ring is empty, so one slot stays free. A
 * slot is filled before `head` says so, and emptied before `tail` says so.
 *
 * Three mistakes: NO_FREE_SLOT uses all slots, and a full ring looks empty. INDEX_FIRST
 * says that a slot is filled, and fills it then. RELEASE_FIRST gives a slot back, and
 * empties it then, which the free slot forgives: it is the very slot that was given back.
 */
#include "shared.h"

#define SLOTS 2
#define ITEMS 3

#ifdef NO_FREE_SLOT
#define KEPT_FREE 0
#else
#define KEPT_FREE 1
#endif

struct shared {
	struct line head, tail;
	volatile uint32_t slots[SLOTS];
};

static uint32_t after(uint32_t slot)
{
	return (slot + 1) % SLOTS;
}

static uint32_t used(uint32_t head, uint32_t tail)
{
	return (head + SLOTS - tail) % SLOTS;
}

static void put(struct shared *s, uint32_t item)
{
	uint32_t head = load(&s->head.word);

	while (used(head, load(&s->tail.word)) == SLOTS - KEPT_FREE)
		;
#ifdef INDEX_FIRST
	store(&s->head.word, after(head));
	store(&s->slots[head], item);
#else
	store(&s->slots[head], item);
	store(&s->head.word, after(head));
#endif
}

static uint32_t take(struct shared *s)
{
	uint32_t tail = load(&s->tail.word), item;

	while (!used(load(&s->head.word), tail))
		;
#ifdef RELEASE_FIRST
	store(&s->tail.word, after(tail));
	item = load(&s->slots[tail]);
#else
	item = load(&s->slots[tail]);
	store(&s->tail.word, after(tail));
#endif
	return item;
}

int main(void)
{
	struct shared *s = shared_memory();
	uint32_t takes = baton_argument();

	for (uint32_t expected = 1; expected <= ITEMS; expected++) {
		if (takes) {
			uint32_t item = take(s);

			BATON_ASSERT(item == expected);
		} else {
			put(s, expected);
		}
	}
	return 0;
}
