/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stride.c - plain stride scheduling: the smallest pass goes first, and a turn
 * moves a pass on by its time over the weight. Proportional in the long run, but
 * a heavy entity waits for all light ones at the same pass: its lag grows with
 * their number.
 */
#include "base/heap.h"
#include "unfair.h"

#define PLACES 32

struct stride_entity {
	baton__heap_key_t pass;
	uint64_t weight;
};

struct stride {
	baton__heap_key_t least; /* pass of the last that was picked */
	uint64_t slice_ns;
	uint64_t capacity;
	struct stride_entity entity[]; /* the heap of the runnable follows */
};

static struct baton__heap *runnable(struct stride *s)
{
	return (void *)&s->entity[s->capacity];
}

static size_t stride_size(uint32_t capacity)
{
	return sizeof(struct stride) + capacity * sizeof(struct stride_entity) +
	       baton__heap_size(capacity);
}

static int stride_init(void *state, uint32_t capacity, const struct baton_sched_config *config,
		       struct baton_diag *diag)
{
	struct stride *s = state;

	s->capacity = capacity;
	s->slice_ns = config->slice_ns;
	baton__heap_init(runnable(s), capacity);
	return 0;
}

static int stride_add(void *state, baton_entity_t e, const struct baton_sched_entity *what,
		      uint64_t now, struct baton_diag *diag)
{
	struct stride *s = state;

	s->entity[e] = (struct stride_entity){ .weight = what->weight };
	return 0;
}

static void stride_remove(void *state, baton_entity_t e, uint64_t now)
{
	baton__heap_remove(runnable(state), e);
}

static void stride_wake(void *state, baton_entity_t e, uint64_t now)
{
	struct stride *s = state;
	struct stride_entity *x = &s->entity[e];

	if (!x->weight || baton__heap_has(runnable(s), e))
		return;
	if (x->pass < s->least)
		x->pass = s->least;
	baton__heap_insert(runnable(s), e, x->pass);
}

static void stride_ran(void *state, baton_entity_t e, uint64_t ns, enum baton_why why, uint64_t now)
{
	struct stride *s = state;
	struct stride_entity *x = &s->entity[e];

	x->pass += ((baton__heap_key_t)ns << PLACES) / x->weight;
	if (baton_why_leaves(why))
		baton__heap_remove(runnable(s), e);
	else
		baton__heap_insert(runnable(s), e, x->pass);
}

static struct baton_sched_pick stride_pick(void *state, uint64_t now)
{
	struct stride *s = state;
	baton_entity_t e = baton__heap_first(runnable(s));

	if (e != BATON_NOBODY)
		s->least = s->entity[e].pass;
	return (struct baton_sched_pick){ e, s->slice_ns, UINT64_MAX, UINT64_MAX, 0, false };
}

const struct baton_sched_ops unfair_stride = {
	.name = "stride",
	.summary = "plain stride scheduling",
	.size = stride_size,
	.init = stride_init,
	.add = stride_add,
	.remove = stride_remove,
	.wake = stride_wake,
	.ran = stride_ran,
	.pick = stride_pick,
};
