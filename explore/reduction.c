/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reduction.c - footprints of nodes, as a fixed point over the edges of their automata.
 */
#include "reduction.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void reduction_fini(struct reduction *r)
{
	free(r->reads);
	free(r->writes);
	free(r->devices);
	*r = (struct reduction){ 0 };
}

/* --------------------------------------------------------------- footprints */

/* What the access at a node itself touches. */
static void add_own(struct reduction *r, const struct automaton *a, size_t i)
{
	const struct node *n = &a->nodes[i];
	uint32_t word;

	if (n->kind == NODE_CALL)
		r->devices[i] = true;
	if (n->kind != NODE_READ && n->kind != NODE_WRITE)
		return;
	word = model_word(r->model, n->region, n->offset);
	if (n->kind == NODE_READ)
		r->reads[i * r->row + word / 64] |= UINT64_C(1) << word % 64;
	if (n->kind == NODE_WRITE || n->atomic)
		r->writes[i * r->row + word / 64] |= UINT64_C(1) << word % 64;
}

/* Adds what is behind a node. Has there been anything new? */
static bool add_behind(struct reduction *r, const struct automaton *a, size_t i)
{
	uint64_t news = 0;

	for (uint32_t k = a->nodes[i].edges; k != NO_EDGE; k = a->edges[k].next) {
		const struct edge *e = &a->edges[k];

		for (size_t w = 0; w < r->row; w++) {
			uint64_t *reads = &r->reads[i * r->row + w], *writes = &r->writes[i * r->row + w];

			news |= r->reads[e->to * r->row + w] & ~*reads;
			news |= r->writes[e->to * r->row + w] & ~*writes;
			*reads |= r->reads[e->to * r->row + w];
			*writes |= r->writes[e->to * r->row + w];
		}
		if (!r->devices[i] && (r->devices[e->to] || e->devices != NO_DEVICES)) {
			r->devices[i] = true;
			news = 1;
		}
	}
	return news;
}

int reduction_learn(struct reduction *r)
{
	const struct automaton *a = machines_automaton(r->model->machines);
	bool news = true;

	for (size_t i = 0; i < a->node_count; i++) {
		const struct node *n = &a->nodes[i];

		if ((n->kind == NODE_READ || n->kind == NODE_WRITE) &&
		    model_word(r->model, n->region, n->offset) == UINT32_MAX)
			return -ENOMEM;
	}
	free(r->reads);
	free(r->writes);
	free(r->devices);
	r->nodes = a->node_count;
	r->edges = a->edge_count;
	r->words = r->model->words;
	r->row = (r->words + 63) / 64;
	r->reads = calloc(r->nodes * r->row + 1, sizeof(*r->reads));
	r->writes = calloc(r->nodes * r->row + 1, sizeof(*r->writes));
	r->devices = calloc(r->nodes + 1, 1);
	r->has_devices = machines_has_devices(r->model->machines);
	if (!r->reads || !r->writes || !r->devices)
		return -ENOMEM;
	for (size_t i = 0; i < r->nodes; i++)
		add_own(r, a, i);
	while (news) {
		news = false;
		for (size_t i = r->nodes; i-- > 0;)
			news = add_behind(r, a, i) || news;
	}
	return 0;
}

bool reduction_is_stale(const struct reduction *r)
{
	return machines_automaton(r->model->machines)->edge_count != r->edges;
}

/* -------------------------------------------------------------- independence */

static bool has(const uint64_t *set, uint32_t word)
{
	return set[word / 64] >> word % 64 & 1;
}

bool reduction_meets(const struct reduction *r, const struct state *s, uint32_t vm, uint32_t word,
		     bool writes, bool devices)
{
	uint32_t node = s->node[vm];

	if (word == UINT32_MAX && !(devices && r->has_devices))
		return false;
	if (node >= r->nodes || (word != UINT32_MAX && word >= r->words))
		return true; /* nobody knows */
	if (devices && r->has_devices && r->devices[node])
		return true;
	if (word == UINT32_MAX)
		return false;
	for (uint32_t k = 0; k < s->queued[vm]; k++)
		if (s->queue[vm][k].word == word)
			return true;
	return has(r->writes + node * r->row, word) || (writes && has(r->reads + node * r->row, word));
}

/* May another VM still write to a word, or, if `reads` matter, read it? */
static bool others_touch(const struct reduction *r, const struct state *s, uint32_t vm,
			 uint32_t word, bool reads)
{
	for (uint32_t i = 0; i < r->model->count; i++)
		if (i != vm && reduction_meets(r, s, i, word, reads, false))
			return true;
	return false;
}

static bool others_call(const struct reduction *r, const struct state *s, uint32_t vm)
{
	for (uint32_t i = 0; i < r->model->count && r->has_devices; i++)
		if (i != vm && (s->node[i] >= r->nodes || r->devices[s->node[i]]))
			return true;
	return false;
}

#define FENCES_MAX 16 /* behind one another */

/* Are devices told of what is behind a fence, and behind those that follow it? */
static bool fence_tells_devices(const struct automaton *a, uint32_t node)
{
	for (unsigned i = 0; a->nodes[node].kind == NODE_FENCE; i++) {
		uint32_t k = a->nodes[node].edges;

		/* Unless devices hear of it, there is one edge. */
		if (i == FENCES_MAX || k == NO_EDGE || a->edges[k].devices != NO_DEVICES)
			return true;
		node = a->edges[k].to;
	}
	return false;
}

/* Are they told of a step, which passes the fences behind it at once? */
static bool step_tells_devices(const struct automaton *a, uint32_t node)
{
	for (uint32_t k = a->nodes[node].edges; k != NO_EDGE; k = a->edges[k].next)
		if (a->edges[k].devices != NO_DEVICES || fence_tells_devices(a, a->edges[k].to))
			return true;
	return false;
}

/*
 * Is the step of a VM independent of all that others may do? What its own queue does
 * meanwhile commutes with it: a store that lands is read as it was in the queue.
 */
static bool step_is_free(const struct reduction *r, const struct state *s, uint32_t vm)
{
	const struct automaton *a = machines_automaton(r->model->machines);
	const struct node *n = &a->nodes[s->node[vm]];
	uint32_t word = UINT32_MAX;

	if (s->node[vm] >= r->nodes)
		return false;
	/* It may lead to an end, of which devices hear. */
	if (step_tells_devices(a, s->node[vm]) && others_call(r, s, vm))
		return false;
	if (n->kind == NODE_READ || n->kind == NODE_WRITE)
		word = model_word(r->model, n->region, n->offset);
	switch (n->kind) {
	case NODE_READ:
		return !others_touch(r, s, vm, word, n->atomic);
	case NODE_WRITE:
		return r->model->memory == MEMORY_TSO || !others_touch(r, s, vm, word, true);
	case NODE_CALL:
		return !others_call(r, s, vm);
	case NODE_OPEN: /* it may be interrupted once they have landed */
		return !s->queued[vm];
	default:
		return true;
	}
}

/* The landing of its oldest store? The last one leads past a fence, and so to an end, perhaps. */
static bool landing_is_free(const struct reduction *r, const struct state *s, uint32_t vm)
{
	const struct automaton *a = machines_automaton(r->model->machines);

	if (s->queued[vm] == 1 && fence_tells_devices(a, s->node[vm]) && others_call(r, s, vm))
		return false;
	return !others_touch(r, s, vm, s->queue[vm][0].word, true);
}

size_t reduction_moves(const struct reduction *r, const struct state *s, unsigned k,
		       struct move *moves)
{
	struct move all[MODEL_MOVES];
	size_t count = model_moves(r->model, s, all), size;

	/* Moves of a VM that differ in what it chooses stand together. */
	for (size_t i = 0; i < count; i += size) {
		bool lands = all[i].kind == MOVE_LAND;

		size = 1;
		while (!lands && i + size < count && all[i + size].vm == all[i].vm &&
		       all[i + size].kind == MOVE_STEP)
			size++;
		if (lands ? !landing_is_free(r, s, all[i].vm) : !step_is_free(r, s, all[i].vm))
			continue;
		if (k--)
			continue;
		memcpy(moves, all + i, size * sizeof(*moves));
		return size;
	}
	return 0;
}
