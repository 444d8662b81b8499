/* SPDX-License-Identifier: Apache-2.0 */
/*
 * automaton.c - two arrays. A node's edges are a list, the one that was asked for last in front.
 */
#include "automaton.h"

#include <stdlib.h>

#include "baton/baton.h"

void automaton_fini(struct automaton *a)
{
	for (size_t i = 0; i < a->node_count; i++)
		free((struct baton_death *)a->nodes[i].death);
	free(a->nodes);
	free(a->edges);
	*a = (struct automaton){ 0 };
}

/* One more fits. */
static bool grow(void **items, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 64;
	void *grown;

	if (count < *room)
		return true;
	grown = realloc(*items, more * size);
	if (!grown)
		return false;
	*items = grown;
	*room = more;
	return true;
}

uint32_t automaton_add_node(struct automaton *a, const struct node *node)
{
	if (a->node_count == NO_NODE ||
	    !grow((void **)&a->nodes, a->node_count, &a->node_room, sizeof(*node)))
		return NO_NODE;
	a->nodes[a->node_count] = *node;
	a->nodes[a->node_count].edges = NO_EDGE;
	return (uint32_t)a->node_count++;
}

uint32_t automaton_add_edge(struct automaton *a, uint32_t node, const struct edge *edge)
{
	if (a->edge_count == NO_EDGE ||
	    !grow((void **)&a->edges, a->edge_count, &a->edge_room, sizeof(*edge)))
		return NO_EDGE;
	a->edges[a->edge_count] = *edge;
	a->edges[a->edge_count].next = a->nodes[node].edges;
	a->nodes[node].edges = (uint32_t)a->edge_count;
	return (uint32_t)a->edge_count++;
}

static bool is_for(const struct edge *e, uint64_t answer, uint32_t devices)
{
	return e->answer == answer && (e->devices == NO_DEVICES || e->devices == devices);
}

const struct edge *automaton_look_up(const struct automaton *a, uint32_t node, uint64_t answer,
				     uint32_t devices)
{
	for (uint32_t i = a->nodes[node].edges; i != NO_EDGE; i = a->edges[i].next)
		if (is_for(&a->edges[i], answer, devices))
			return &a->edges[i];
	return NULL;
}

uint32_t automaton_find_edge(struct automaton *a, uint32_t node, uint64_t answer, uint32_t devices)
{
	uint32_t *link = &a->nodes[node].edges;

	for (uint32_t i = *link; i != NO_EDGE; link = &a->edges[i].next, i = *link) {
		struct edge *e = &a->edges[i];

		if (!is_for(e, answer, devices))
			continue;
		*link = e->next;
		e->next = a->nodes[node].edges;
		a->nodes[node].edges = i;
		return i;
	}
	return NO_EDGE;
}
