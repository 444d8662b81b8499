/* SPDX-License-Identifier: 0BSD */
/*
 * wake.c - one VM sleeps until another one has something for it, which rings only for who
 * sleeps: a bell that nobody needs would be an exit for nothing. The argument says which
 * VM it is: 0 sleeps, 1 wakes. Status: 0.
 *
 * Who sleeps says so first and looks once more then; who wakes makes ready first and looks
 * for a sleeper then. So at least one of the two sees what the other did. LOOK_FIRST has the
 * sleeper look before it says that it sleeps. NO_FENCE leaves out what x86 needs so that
 * each one's store comes before its look.
 */
#include "shared.h"

#define BELL 0

struct shared {
	struct line ready, sleeps;
};

static void own_store_first(void)
{
#ifndef NO_FENCE
	fence();
#endif
}

static void sleep(struct shared *s)
{
#ifdef LOOK_FIRST
	if (load(&s->ready.word))
		return;
	store(&s->sleeps.word, 1);
#else
	store(&s->sleeps.word, 1);
	own_store_first();
	if (load(&s->ready.word))
		return;
#endif
	baton_wait(BELL);
}

static void wake(struct shared *s)
{
	store(&s->ready.word, 1);
	own_store_first();
	if (load(&s->sleeps.word))
		baton_ring(BELL);
}

int main(void)
{
	struct shared *s = shared_memory();

	if (baton_argument()) {
		wake(s);
	} else {
		sleep(s);
		BATON_ASSERT(load(&s->ready.word));
	}
	return 0;
}
