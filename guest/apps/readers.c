/* SPDX-License-Identifier: 0BSD */
/*
 * readers.c - readers and writers: any number of readers at a time, or one writer. A short
 * lock guards the number of readers and whether there is a writer. The argument says what
 * the VM is: 0 reads, any other is what it writes, twice. Who reads asserts that it does not
 * see half of what was written. Status: 0.
 *
 * With LOOK_OUTSIDE a writer looks for readers before it takes the lock: one may come
 * while it takes it.
 */
#include <stdbool.h>

#include "shared.h"

struct shared {
	struct line lock, readers, writing;
	volatile uint32_t halves[2];
};

static void lock(struct shared *s)
{
	while (exchange(&s->lock.word, 1))
		;
}

static void unlock(struct shared *s)
{
	store(&s->lock.word, 0);
}

/* Comes in to read, unless somebody writes. */
static bool may_read(struct shared *s)
{
	bool may;

	lock(s);
	may = !load(&s->writing.word);
	if (may)
		store(&s->readers.word, load(&s->readers.word) + 1);
	unlock(s);
	return may;
}

/* Comes in to write, unless somebody reads or writes. */
static bool may_write(struct shared *s)
{
	bool may;

#ifdef LOOK_OUTSIDE
	may = !load(&s->readers.word);
	lock(s);
#else
	lock(s);
	may = !load(&s->readers.word);
#endif
	may = may && !load(&s->writing.word);
	if (may)
		store(&s->writing.word, 1);
	unlock(s);
	return may;
}

static void read(struct shared *s)
{
	uint32_t first, second;

	while (!may_read(s))
		;
	first = load(&s->halves[0]);
	second = load(&s->halves[1]);
	BATON_ASSERT(first == second);
	lock(s);
	store(&s->readers.word, load(&s->readers.word) - 1);
	unlock(s);
}

static void write(struct shared *s, uint32_t number)
{
	while (!may_write(s))
		;
	store(&s->halves[0], number);
	store(&s->halves[1], number);
	store(&s->writing.word, 0);
}

int main(void)
{
	struct shared *s = shared_memory();
	uint32_t number = baton_argument();

	if (number)
		write(s, number);
	else
		read(s);
	return 0;
}
