/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ideal.c - the fluid ideal by brute force.
 */
#include "ideal.h"

#include <string.h>

void ideal_init(struct ideal *ideal, uint32_t count)
{
	memset(ideal, 0, sizeof(*ideal));
	ideal->count = count;
}

void ideal_add(struct ideal *ideal, baton_entity_t e, uint64_t weight)
{
	ideal->weight[e] = weight;
}

static void note_wait(struct ideal *ideal, baton_entity_t e)
{
	long double wait = (ideal->virtual_time - ideal->since[e]) * ideal->weight[e];

	if (wait > ideal->longest_wait_ns)
		ideal->longest_wait_ns = wait;
}

/* The largest distance of anybody at this moment, which is after a turn. */
static void look(struct ideal *ideal)
{
	uint64_t *worst = ideal->later ? &ideal->stats.lag_later_ns : &ideal->stats.lag_ns;
	__int128 most = 0;
	uint64_t ns;

	for (uint32_t e = 0; e < ideal->count; e++) {
		__int128 distance = (__int128)ideal->weight[e] * ideal->charged_ns -
				    (__int128)ideal->served_ns[e] * ideal->total;

		if (distance < 0)
			distance = -distance;
		if (ideal->runnable[e] && distance > most)
			most = distance;
	}
	ns = (uint64_t)((most + ideal->total - 1) / ideal->total);
	if (ns > *worst)
		*worst = ns;
}

static void set_changes(struct ideal *ideal)
{
	if (!ideal->charged_ns)
		return;
	ideal->later = true;
	ideal->charged_ns = 0;
	memset(ideal->served_ns, 0, sizeof(ideal->served_ns));
}

void ideal_wake(struct ideal *ideal, baton_entity_t e)
{
	if (!ideal->weight[e] || ideal->runnable[e])
		return;
	set_changes(ideal);
	ideal->runnable[e] = true;
	ideal->total += ideal->weight[e];
	ideal->since[e] = ideal->virtual_time;
}

void ideal_remove(struct ideal *ideal, baton_entity_t e)
{
	if (!ideal->runnable[e])
		return;
	note_wait(ideal, e);
	set_changes(ideal);
	ideal->runnable[e] = false;
	ideal->total -= ideal->weight[e];
}

void ideal_ran(struct ideal *ideal, baton_entity_t e, uint64_t ns, uint64_t slice_ns,
	       enum baton_why why)
{
	if (ns > slice_ns && ns - slice_ns > ideal->stats.overrun_ns)
		ideal->stats.overrun_ns = ns - slice_ns;
	if (!ideal->runnable[e])
		return;
	note_wait(ideal, e);
	ideal->charged_ns += ns;
	ideal->served_ns[e] += ns;
	ideal->virtual_time += (long double)ns / ideal->total;
	ideal->since[e] = ideal->virtual_time;
	look(ideal);
	if (baton_why_leaves(why))
		ideal_remove(ideal, e);
}

void ideal_finish(struct ideal *ideal)
{
	for (uint32_t e = 0; e < ideal->count; e++)
		if (ideal->runnable[e])
			note_wait(ideal, e);
}
