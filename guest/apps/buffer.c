/* SPDX-License-Identifier: 0BSD */
/*
 * buffer.c - a producer and a consumer who take turns at a bounded buffer. In a turn, which
 * a lock makes one transaction, a VM does as many items as are drawn, if there is room or
 * content. The argument says which VM it is: 0 produces, 1 consumes, and asserts that the
 * items come in their order. Status: 0.
 *
 * The state is the slot that was produced last and the one that was consumed last, -1 for
 * none. The slot that was consumed last stays free, so that full does not look like empty.
 * As long as nothing was consumed that is the last slot, the one before slot 0.
 *
 * Two mistakes: with NONE_IS_NO_SLOT the producer compares with -1, finds room where there
 * is none, and overwrites. With LAST_STAYS the consumer stops before the item that was
 * produced last, which it never gets.
 */
#include <stdbool.h>

#include "shared.h"

#define SLOTS 3
#define ITEMS 4
#define MOST  2 /* in a turn */

struct shared {
	struct line lock;
	volatile uint32_t begun, produced, consumed, slots[SLOTS];
};

static void begin(struct shared *s)
{
	while (exchange(&s->lock.word, 1))
		;
	if (load(&s->begun))
		return;
	store(&s->produced, (uint32_t)-1);
	store(&s->consumed, (uint32_t)-1);
	store(&s->begun, 1);
}

static void end(struct shared *s)
{
	store(&s->lock.word, 0);
}

static uint32_t after(uint32_t slot)
{
	return (slot + 1) % SLOTS;
}

/* How many items it puts in, of at most so many, from `item` on. */
static uint32_t produce(struct shared *s, uint32_t item, uint32_t most)
{
	uint32_t slot = load(&s->produced), consumed = load(&s->consumed), count = 0;

#ifndef NONE_IS_NO_SLOT
	if (consumed == (uint32_t)-1)
		consumed = SLOTS - 1;
#endif
	for (; count < most && after(slot) != consumed; count++) {
		slot = after(slot);
		store(&s->slots[slot], item + count);
	}
	store(&s->produced, slot);
	return count;
}

static bool is_empty(uint32_t consumed, uint32_t produced)
{
#ifdef LAST_STAYS
	return consumed == produced || after(consumed) == produced;
#else
	return consumed == produced;
#endif
}

/* How many items it takes out, of at most so many, from `item` on. */
static uint32_t consume(struct shared *s, uint32_t item, uint32_t most)
{
	uint32_t slot = load(&s->consumed), produced = load(&s->produced), count = 0;

	for (; count < most && !is_empty(slot, produced); count++) {
		uint32_t got;

		slot = after(slot);
		got = load(&s->slots[slot]);
		BATON_ASSERT(got == item + count);
	}
	store(&s->consumed, slot);
	return count;
}

int main(void)
{
	struct shared *s = shared_memory();
	uint32_t consumes = baton_argument(), done = 0;

	while (done < ITEMS) {
		uint32_t most = 1 + baton_choose(MOST);

		if (most > ITEMS - done)
			most = ITEMS - done;
		begin(s);
		done += consumes ? consume(s, done, most) : produce(s, done, most);
		end(s);
	}
	return 0;
}
