/* SPDX-License-Identifier: Apache-2.0 */
/*
 * null.c - the policy `null`: whoever runs, runs until it leaves.
 *
 * The baseline: what a host costs without scheduling. The turn goes to the
 * lowest-numbered runnable entity, without a limit of time or exits, and then to
 * the same one again, until it blocks or ends. Nobody is preempted, so one that
 * never leaves starves all others. Weights and settings are ignored.
 *
 * State: an index heap of the runnable entities by number, the one that has the
 * turn, and a byte for each number. pick() is O(1); wake(), remove() and a ran()
 * after which somebody leaves are O(log n).
 */
#include "base/heap.h"
#include "sched/admit.h"
#include "sched/policies.h"

struct null {
	uint32_t capacity;
	baton_entity_t current; /* BATON_NOBODY: the next pick decides anew */
	bool registered[];	/* the heap follows */
};

static size_t header_size(uint32_t capacity)
{
	return (sizeof(struct null) + capacity + 63) & ~(size_t)63;
}

static struct baton__heap *runnable(struct null *s)
{
	return (void *)((char *)s + header_size(s->capacity));
}

static size_t null_size(uint32_t capacity)
{
	return header_size(capacity) + baton__heap_size(capacity);
}

static int null_init(void *state, uint32_t capacity, const struct baton_sched_config *config,
		     struct baton_diag *diag)
{
	struct null *s = state;

	s->capacity = capacity;
	s->current = BATON_NOBODY;
	baton__heap_init(runnable(s), capacity);
	return 0;
}

static int null_add(void *state, baton_entity_t e, const struct baton_sched_entity *what,
		    uint64_t now, struct baton_diag *diag)
{
	struct null *s = state;
	int error = baton__sched_in_range(e, s->capacity, diag);

	if (!error)
		error = baton__sched_free(e, s->registered[e], diag);
	if (!error)
		s->registered[e] = true;
	return error;
}

static void leave(struct null *s, baton_entity_t e)
{
	baton__heap_remove(runnable(s), e);
	if (s->current == e)
		s->current = BATON_NOBODY;
}

static void null_remove(void *state, baton_entity_t e, uint64_t now)
{
	struct null *s = state;

	leave(s, e);
	s->registered[e] = false;
}

static void null_wake(void *state, baton_entity_t e, uint64_t now)
{
	struct null *s = state;

	if (s->registered[e])
		baton__heap_insert(runnable(s), e, e);
}

static void null_ran(void *state, baton_entity_t e, uint64_t ns, enum baton_why why, uint64_t now)
{
	if (baton_why_leaves(why))
		leave(state, e);
}

static struct baton_sched_pick null_pick(void *state, uint64_t now)
{
	struct null *s = state;

	if (s->current == BATON_NOBODY)
		s->current = baton__heap_first(runnable(s));
	return (struct baton_sched_pick){
		.entity = s->current,
		.slice_ns = UINT64_MAX,
		.exits = UINT64_MAX,
		.deadline_ns = UINT64_MAX,
	};
}

const struct baton_sched_ops baton__sched_null = {
	.name = "null",
	.summary = "the first runs until it blocks or ends (baseline)",
	.size = null_size,
	.init = null_init,
	.add = null_add,
	.remove = null_remove,
	.wake = null_wake,
	.ran = null_ran,
	.pick = null_pick,
};
