/* SPDX-License-Identifier: Apache-2.0 */
/*
 * round.c - round robin over a ring of numbers.
 */
#include "sched/round.h"

#include "sched/admit.h"

struct link {
	uint32_t next, previous;
	bool registered, runnable;
};

struct round {
	uint64_t slice_ns, exits;
	uint32_t capacity;
	baton_entity_t front; /* BATON_NOBODY: the ring is empty; its `previous` is the back */
	struct link link[];
};

size_t baton__round_size(uint32_t capacity)
{
	return sizeof(struct round) + capacity * sizeof(struct link);
}

void baton__round_init(void *state, uint32_t capacity, uint64_t slice_ns, uint64_t exits)
{
	struct round *s = state;

	s->slice_ns = slice_ns;
	s->exits = exits;
	s->capacity = capacity;
	s->front = BATON_NOBODY;
}

static void append(struct round *s, baton_entity_t e)
{
	struct link *link = s->link;
	uint32_t back;

	if (s->front == BATON_NOBODY) {
		s->front = link[e].next = link[e].previous = e;
		return;
	}
	back = link[s->front].previous;
	link[e] = (struct link){ s->front, back, true, true };
	link[back].next = e;
	link[s->front].previous = e;
}

static void leave(struct round *s, baton_entity_t e)
{
	struct link *link = s->link;

	if (!link[e].runnable)
		return;
	link[e].runnable = false;
	if (s->front == e)
		s->front = link[e].next == e ? BATON_NOBODY : link[e].next;
	link[link[e].previous].next = link[e].next;
	link[link[e].next].previous = link[e].previous;
}

int baton__round_add(void *state, baton_entity_t e, const struct baton_sched_entity *what,
		     uint64_t now, struct baton_diag *diag)
{
	struct round *s = state;
	int error = baton__sched_in_range(e, s->capacity, diag);

	if (!error)
		error = baton__sched_free(e, s->link[e].registered, diag);
	if (!error)
		s->link[e].registered = true;
	return error;
}

void baton__round_remove(void *state, baton_entity_t e, uint64_t now)
{
	struct round *s = state;

	leave(s, e);
	s->link[e].registered = false;
}

void baton__round_wake(void *state, baton_entity_t e, uint64_t now)
{
	struct round *s = state;

	if (!s->link[e].registered || s->link[e].runnable)
		return;
	s->link[e].runnable = true;
	append(s, e);
}

void baton__round_ran(void *state, baton_entity_t e, uint64_t ns, enum baton_why why, uint64_t now)
{
	struct round *s = state;

	if (baton_why_leaves(why))
		leave(s, e);
	else if (s->front == e)
		s->front = s->link[e].next; /* which puts it at the back */
}

struct baton_sched_pick baton__round_pick(void *state, uint64_t now)
{
	const struct round *s = state;

	return (struct baton_sched_pick){
		.entity = s->front,
		.slice_ns = s->slice_ns,
		.exits = s->exits,
		.deadline_ns = UINT64_MAX,
	};
}
