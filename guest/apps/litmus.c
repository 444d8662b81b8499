/* SPDX-License-Identifier: 0BSD */
/*
 * litmus.c - litmus tests: programs of a few accesses, whose outcomes tell which memory
 * model a machine has. x and y begin as 0. The argument is a test's number and one of its
 * threads: 42 is thread 2 of WRC. Status: what the thread loads, a decimal digit each, in
 * the order of the program; 0 if it loads nothing.
 *
 * The names are the field's. n5 and n6 are from Owens, Sarkar and Sewell's "A better x86
 * memory model: x86-TSO" (2009), forward, and much of what may not come out, from Intel's
 * memory ordering white paper (2007; now SDM vol. 3, 8.2).
 */
#include "shared.h"

/* Room for ten threads each. */
enum {
	SB = 0,
	LB = 10,
	MP = 20,
	IRIW = 30,
	WRC = 40,
	R = 50,
	S = 60,
	TWO_PLUS_TWO_W = 70,
	CORR = 80,
	N5 = 90,
	N6 = 100,
	FORWARD = 110,
	SB_FENCE = 120,
	SB_LOCKED = 130,
	R_FENCE = 140,
	R_WRONG_FENCE = 150,
};

/* Loads from two words, one after the other. */
static int load_two(volatile uint32_t *first, volatile uint32_t *second)
{
	uint32_t value = load(first);

	return (int)(value * 10 + load(second));
}

/* Loads from one word, and then stores 1 to another. */
static int load_store(volatile uint32_t *from, volatile uint32_t *to)
{
	uint32_t value = load(from);

	store(to, 1);
	return (int)value;
}

int main(void)
{
	struct line *lines = shared_memory();
	volatile uint32_t *x = &lines[0].word, *y = &lines[1].word;
	uint32_t argument = baton_argument();

	switch (argument) {
	/* Store buffering. Both load 0 only under TSO: each store is still in its buffer. */
	case SB + 0:
		store(x, 1);
		return (int)load(y);
	case SB + 1:
		store(y, 1);
		return (int)load(x);

	/* Load buffering. Never do both load 1: no store overtakes an earlier load. */
	case LB + 0:
		return load_store(x, y);
	case LB + 1:
		return load_store(y, x);

	/* Message passing. Who has seen y, the flag, sees x, the message. */
	case MP + 0:
		store(x, 1);
		store(y, 1);
		return 0;
	case MP + 1:
		return load_two(y, x);

	/* Independent reads of independent writes. No two see them in different orders. */
	case IRIW + 0:
		store(x, 1);
		return 0;
	case IRIW + 1:
		store(y, 1);
		return 0;
	case IRIW + 2:
		return load_two(x, y);
	case IRIW + 3:
		return load_two(y, x);

	/* Write-to-read causality. What thread 1 has seen, who hears from it sees, too. */
	case WRC + 0:
		store(x, 1);
		return 0;
	case WRC + 1:
		return load_store(x, y);
	case WRC + 2:
		return load_two(y, x);

	/* R. That y ends as 2 and thread 1 loads 0 comes out only under TSO. */
	case R + 0:
	case R_FENCE + 0:
		store(x, 1);
		store(y, 1);
		return 0;
	case R + 1:
	case R_WRONG_FENCE + 1:
		store(y, 2);
		return (int)load(x);

	/* S. Who has loaded 1 from y stores to x later than thread 0 does: x ends as 1. */
	case S + 0:
		store(x, 2);
		store(y, 1);
		return 0;
	case S + 1:
		return load_store(y, x);

	/* 2+2W. Never do both first stores come last. */
	case TWO_PLUS_TWO_W + 0:
		store(x, 1);
		store(y, 2);
		return 0;
	case TWO_PLUS_TWO_W + 1:
		store(y, 1);
		store(x, 2);
		return 0;

	/* Coherence of reads. A word's new value, once loaded, is not followed by the old. */
	case CORR + 0:
		store(x, 1);
		return 0;
	case CORR + 1:
		return load_two(x, x);

	/* n5. Never does each load the other's store: one of the two is the later one. */
	case N5 + 0:
		store(x, 1);
		return (int)load(x);
	case N5 + 1:
		store(x, 2);
		return (int)load(x);

	/* n6. Thread 0 sees its own store before others do: 10, and x ends as 1. */
	case N6 + 0:
		store(x, 1);
		return load_two(x, y);
	case N6 + 1:
		store(y, 2);
		store(x, 2);
		return 0;

	/* Store forwarding. Each sees its own store first: 10 and 10, only under TSO. */
	case FORWARD + 0:
		store(x, 1);
		return load_two(x, y);
	case FORWARD + 1:
		store(y, 1);
		return load_two(y, x);

	/* SB with fences: not both load 0. */
	case SB_FENCE + 0:
		store(x, 1);
		fence();
		return (int)load(y);
	case SB_FENCE + 1:
		store(y, 1);
		fence();
		return (int)load(x);

	/* SB with locked stores: as good as fences. */
	case SB_LOCKED + 0:
		exchange(x, 1);
		return (int)load(y);
	case SB_LOCKED + 1:
		exchange(y, 1);
		return (int)load(x);

	/* R with a fence between the store and the load; that between two stores is no use. */
	case R_FENCE + 1:
		store(y, 2);
		fence();
		return (int)load(x);
	case R_WRONG_FENCE + 0:
		store(x, 1);
		fence();
		store(y, 1);
		return 0;
	}
	BATON_ASSERT(argument == SB); /* which it is not: there is no such thread */
	return 0;
}
