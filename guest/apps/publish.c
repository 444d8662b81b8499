/* SPDX-License-Identifier: 0BSD */
/*
 * publish.c - double-checked initialization: whoever needs a datum first makes it, under a
 * lock, and all others find it made without taking the lock. Status: 0.
 *
 * The flag that it is made is stored last, and x86 keeps stores in order. With FLAG_FIRST
 * it comes before the datum: who looks in between uses what is not there yet. Who has
 * waited for the lock must look again; with CHECK_ONCE it makes the datum a second time.
 */
#include "shared.h"

#define DATUM 42

struct shared {
	struct line lock, made, datum;
};

static void make(struct shared *s)
{
	BATON_ASSERT(!load(&s->datum.word));
#ifdef FLAG_FIRST
	store(&s->made.word, 1);
	store(&s->datum.word, DATUM);
#else
	store(&s->datum.word, DATUM);
	store(&s->made.word, 1);
#endif
}

static uint32_t datum(struct shared *s)
{
	if (!load(&s->made.word)) {
		while (exchange(&s->lock.word, 1))
			;
#ifndef CHECK_ONCE
		if (!load(&s->made.word))
#endif
			make(s);
		store(&s->lock.word, 0);
	}
	return load(&s->datum.word);
}

int main(void)
{
	uint32_t found = datum(shared_memory());

	BATON_ASSERT(found == DATUM);
	return 0;
}
