/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotation.c - a fixed rotation: round and round, each for as many slices in a
 * row as its weight says. Exact after each round, and up to half a round off
 * within one.
 */
#include "unfair.h"

struct rotation {
	uint64_t slice_ns;
	uint64_t left; /* slices that the present one still has */
	uint32_t capacity, present;
	struct {
		uint64_t weight;
		bool runnable;
	} entity[];
};

static size_t rotation_size(uint32_t capacity)
{
	return sizeof(struct rotation) + capacity * sizeof(((struct rotation *)0)->entity[0]);
}

static int rotation_init(void *state, uint32_t capacity, const struct baton_sched_config *config,
			 struct baton_diag *diag)
{
	struct rotation *s = state;

	s->slice_ns = config->slice_ns;
	s->capacity = capacity;
	return 0;
}

static int rotation_add(void *state, baton_entity_t e, const struct baton_sched_entity *what,
			uint64_t now, struct baton_diag *diag)
{
	struct rotation *s = state;

	s->entity[e].weight = what->weight;
	return 0;
}

static void rotation_remove(void *state, baton_entity_t e, uint64_t now)
{
	struct rotation *s = state;

	s->entity[e].runnable = false;
}

static void rotation_wake(void *state, baton_entity_t e, uint64_t now)
{
	struct rotation *s = state;

	s->entity[e].runnable = s->entity[e].weight;
}

static void rotation_ran(void *state, baton_entity_t e, uint64_t ns, enum baton_why why,
			 uint64_t now)
{
	struct rotation *s = state;

	s->left--;
	s->entity[e].runnable = !baton_why_leaves(why);
}

static struct baton_sched_pick rotation_pick(void *state, uint64_t now)
{
	struct rotation *s = state;

	for (uint32_t i = 0; i <= s->capacity; i++) {
		if (s->left && s->entity[s->present].runnable)
			return (struct baton_sched_pick){ s->present, s->slice_ns, UINT64_MAX,
							  UINT64_MAX, 0, false };
		s->present = (s->present + 1) % s->capacity;
		s->left = s->entity[s->present].weight;
	}
	return (struct baton_sched_pick){ BATON_NOBODY, s->slice_ns, UINT64_MAX, UINT64_MAX, 0, false };
}

const struct baton_sched_ops unfair_rotation = {
	.name = "rotation",
	.summary = "as many slices in a row as the weight says",
	.size = rotation_size,
	.init = rotation_init,
	.add = rotation_add,
	.remove = rotation_remove,
	.wake = rotation_wake,
	.ran = rotation_ran,
	.pick = rotation_pick,
};
