/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model.c - what a move does to a state.
 *
 * Eight bytes of shared memory get a number when they are first written; what has none is 0, as
 * regions begin. A state names as many words as it needs, so that words that come
 * up later leave older states as they are.
 */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINES 128 /* bytes of two cache lines, which processors fetch together */

/* ---------------------------------------------------------------- life cycle */

int model_init(struct model *m, enum memory_model memory, struct machines *machines,
	       const uint64_t *sizes, uint32_t regions)
{
	*m = (struct model){
		.memory = memory, .machines = machines, .count = machines_count(machines),
		.word_of = calloc(regions + 1, sizeof(*m->word_of)),
		.region_words = calloc(regions + 1, sizeof(*m->region_words)),
	};
	if (!m->word_of || !m->region_words)
		return -ENOMEM;
	for (; m->regions < regions; m->regions++) {
		m->region_words[m->regions] = sizes[m->regions] / 8;
		m->word_of[m->regions] = calloc(sizes[m->regions] / 8, sizeof(**m->word_of));
		if (!m->word_of[m->regions])
			return -ENOMEM;
	}
	return 0;
}

void model_fini(struct model *m)
{
	for (uint32_t i = 0; i < m->regions; i++)
		free(m->word_of[i]);
	free(m->word_of);
	free(m->region_words);
	free(m->places);
}

/* In cache lines of its own: each thread that looks ahead writes into states of its own. */
struct state *model_new_state(void)
{
	size_t size = (sizeof(struct state) + LINES - 1) & ~(size_t)(LINES - 1);
	struct state *state = aligned_alloc(LINES, size);

	return state ? memset(state, 0, size) : NULL;
}

void model_free_state(struct state *state)
{
	if (state)
		free(state->words);
	free(state);
}

/* -------------------------------------------------------------------- words */

/* Room for so many words, and one at least; what is there stays. */
static bool make_room(struct state *s, uint32_t count)
{
	uint64_t *words;

	if (count < s->word_room)
		return true;
	words = realloc(s->words, (2 * count + 1) * sizeof(*words));
	if (!words)
		return false;
	s->words = words;
	s->word_room = 2 * count + 1;
	return true;
}

/* All the words that there are. */
static bool widen(const struct model *m, struct state *s)
{
	if (!make_room(s, m->words))
		return false;
	if (s->word_count < m->words)
		memset(s->words + s->word_count, 0, (m->words - s->word_count) * sizeof(*s->words));
	s->word_count = m->words;
	return true;
}

bool model_copy(const struct model *m, const struct state *from, struct state *to)
{
	if (!make_room(to, from->word_count))
		return false;
	memcpy(to->words, from->words, from->word_count * sizeof(*to->words));
	to->word_count = from->word_count;
	to->devices = from->devices;
	for (uint32_t i = 0; i < m->count; i++) {
		to->node[i] = from->node[i];
		to->waits[i] = from->waits[i];
		to->queued[i] = from->queued[i];
		memcpy(to->queue[i], from->queue[i], from->queued[i] * sizeof(from->queue[0][0]));
	}
	return true;
}

/* The word's number, or UINT32_MAX if it was never written. */
static uint32_t find_word(const struct model *m, uint32_t region, uint32_t offset)
{
	return m->word_of[region][offset / 8] - 1;
}

uint32_t model_word(struct model *m, uint32_t region, uint32_t offset)
{
	uint32_t *number = &m->word_of[region][offset / 8];

	if (*number || m->fixed)
		return *number - 1;
	if (m->words == m->word_room) {
		uint32_t room = m->word_room ? 2 * m->word_room : 64;
		struct model_place *places = realloc(m->places, room * sizeof(*places));

		if (!places)
			return UINT32_MAX;
		m->places = places;
		m->word_room = room;
	}
	m->places[m->words] = (struct model_place){ region, offset & ~7u };
	*number = ++m->words;
	return *number - 1;
}

static uint64_t mask_of(unsigned size)
{
	return size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * size) - 1;
}

static uint64_t word_of(const struct state *s, uint32_t word)
{
	return word < s->word_count ? s->words[word] : 0;
}

uint64_t model_peek(const struct model *m, const struct state *s, uint32_t region, uint32_t offset,
		    unsigned size)
{
	return word_of(s, find_word(m, region, offset)) >> 8 * (offset % 8) & mask_of(size);
}

static void write_word(struct state *s, const struct model_store *store)
{
	uint64_t *word = &s->words[store->word], mask = mask_of(store->size) << 8 * store->shift;

	*word = (*word & ~mask) | (store->value << 8 * store->shift & mask);
}

/* ------------------------------------------------------------------- encoding */

size_t model_encode(const struct model *m, const struct state *s, void *bytes)
{
	uint32_t *first = bytes, *at = first, words = s->word_count;

	*at++ = s->devices;
	for (uint32_t i = 0; i < m->count; i++) {
		*at++ = s->node[i];
		*at++ = s->waits[i] | (uint32_t)s->queued[i] << 8;
		for (uint32_t k = 0; k < s->queued[i]; k++) {
			const struct model_store *store = &s->queue[i][k];

			*at++ = store->word << 8 | (uint32_t)store->shift << 4 | store->size;
			*at++ = (uint32_t)store->value;
			*at++ = (uint32_t)(store->value >> 32);
		}
	}
	while (words && !s->words[words - 1])
		words--;
	for (uint32_t i = 0; i < words; i++) {
		*at++ = (uint32_t)s->words[i];
		*at++ = (uint32_t)(s->words[i] >> 32);
	}
	return (size_t)(at - first) * sizeof(*at);
}

bool model_decode(const struct model *m, const void *bytes, size_t size, struct state *s)
{
	const uint32_t *at = bytes, *end = at + size / sizeof(*at);

	s->devices = *at++;
	for (uint32_t i = 0; i < m->count; i++) {
		s->node[i] = *at++;
		s->waits[i] = (uint8_t)*at;
		s->queued[i] = (uint8_t)(*at++ >> 8);
		for (uint32_t k = 0; k < s->queued[i]; k++, at += 3)
			s->queue[i][k] = (struct model_store){
				.word = at[0] >> 8, .shift = at[0] >> 4 & 15, .size = at[0] & 15,
				.value = at[1] | (uint64_t)at[2] << 32,
			};
	}
	s->word_count = 0;
	if (!widen(m, s))
		return false;
	for (uint32_t i = 0; at < end; i++, at += 2)
		s->words[i] = at[0] | (uint64_t)at[1] << 32;
	return true;
}

/* ---------------------------------------------------------------------- moves */

bool model_load(const struct model *m, const struct state *s, const struct node *node,
		uint64_t *value)
{
	uint32_t word = find_word(m, node->region, node->offset);
	unsigned shift = node->offset % 8;
	const struct model_store *queue = s->queue[node->vm];

	/* The youngest of its own stores there, if all that is read is of it. */
	for (uint32_t k = s->queued[node->vm]; k-- > 0;) {
		const struct model_store *store = &queue[k];

		if (store->word != word || store->shift >= shift + node->size ||
		    shift >= store->shift + (unsigned)store->size)
			continue;
		if (store->shift > shift || shift + node->size > store->shift + (unsigned)store->size)
			return false;
		*value = store->value >> 8 * (shift - store->shift) & mask_of(node->size);
		return true;
	}
	*value = word_of(s, word) >> 8 * shift & mask_of(node->size);
	return true;
}

/* How many ways on a VM has from its node; 0: it cannot go on now. */
static uint32_t ways(const struct model *m, const struct state *s, uint32_t vm)
{
	const struct node *n = machines_node(m->machines, s->node[vm]);
	uint64_t value;

	switch (n->kind) {
	case NODE_READ:
		return n->atomic ? !s->queued[vm] : model_load(m, s, n, &value);
	case NODE_WRITE:
		return s->queued[vm] < MODEL_QUEUE;
	case NODE_CALL:
		return !s->queued[vm] && s->waits[vm] != WAITING;
	case NODE_OPEN: /* stores land before an interrupt is taken */
		return s->queued[vm] ? 1 : 2;
	case NODE_CHOOSE:
	case NODE_TIMER:
	case NODE_TAKE:
		return s->queued[vm] ? 0 : (uint32_t)n->data;
	case NODE_FENCE:
		return !s->queued[vm];
	default:
		return 0;
	}
}

size_t model_moves(const struct model *m, const struct state *s, struct move *moves)
{
	size_t count = 0;

	for (uint32_t i = 0; i < m->count; i++) {
		uint32_t choices = ways(m, s, i);

		for (uint32_t k = 0; k < choices; k++)
			moves[count++] = (struct move){ (uint8_t)i, MOVE_STEP, (uint8_t)k };
		if (s->queued[i])
			moves[count++] = (struct move){ (uint8_t)i, MOVE_LAND, 0 };
	}
	return count;
}

/* What a VM does with an answer; NULL: MOVE_ERROR. */
static const struct edge *edge_of(const struct model *m, uint32_t node, uint64_t answer,
				  uint32_t devices, const uint32_t *nodes, struct baton_diag *diag)
{
	if (m->fixed)
		return automaton_look_up(machines_automaton(m->machines), node, answer, devices);
	return machines_edge(m->machines, node, answer, devices, nodes, diag);
}

/*
 * Where a VM has come to. One at a fence with nothing on its way goes on at once; but not one
 * that comes to the same fence again (Brent's way to see a circle), for it would do so for ever.
 */
static enum move_end settle(struct model *m, struct state *s, uint32_t vm, struct baton_diag *diag)
{
	uint32_t seen = NO_NODE;

	for (uint64_t passed = 0;; passed++) {
		const struct node *n = machines_node(m->machines, s->node[vm]);
		const struct edge *e;

		if (n->kind == NODE_DEAD)
			return MOVE_DIED;
		if (n->kind == NODE_LOST)
			return MOVE_LOST;
		if (n->kind != NODE_FENCE || s->queued[vm] || s->node[vm] == seen)
			return MOVE_DONE;
		if (!(passed & (passed - 1)))
			seen = s->node[vm];
		e = edge_of(m, s->node[vm], 0, s->devices, s->node, diag);
		if (!e)
			return MOVE_ERROR;
		if (e->devices_after != NO_DEVICES)
			s->devices = e->devices_after;
		s->node[vm] = e->to;
	}
}

static enum move_end no_memory(struct baton_diag *diag)
{
	baton_diag_set(diag, -ENOMEM, "explore", "out of memory");
	return MOVE_ERROR;
}

static enum move_end land(struct model *m, struct state *s, uint32_t vm, struct baton_diag *diag)
{
	if (!widen(m, s))
		return no_memory(diag);
	write_word(s, &s->queue[vm][0]);
	s->queued[vm]--;
	memmove(&s->queue[vm][0], &s->queue[vm][1], s->queued[vm] * sizeof(s->queue[vm][0]));
	return settle(m, s, vm, diag);
}

/* A store leaves the VM: into memory, or on its way there. */
static enum move_end store(struct model *m, struct state *s, const struct node *n, uint64_t value,
			   bool at_once, struct baton_diag *diag)
{
	struct model_store entry = {
		.word = model_word(m, n->region, n->offset), .shift = n->offset % 8, .size = n->size,
		.value = value & mask_of(n->size),
	};

	if (entry.word == UINT32_MAX || !widen(m, s))
		return no_memory(diag);
	if (at_once)
		write_word(s, &entry);
	else
		s->queue[n->vm][s->queued[n->vm]++] = entry;
	return MOVE_DONE;
}

static void wake(struct model *m, struct state *s, uint64_t woken)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (woken >> i & 1 && s->waits[i] == WAITING)
			s->waits[i] = WOKEN;
}

static enum move_end step(struct model *m, struct state *s, struct move move,
			  struct baton_diag *diag)
{
	const struct node n = *machines_node(m->machines, s->node[move.vm]);
	enum move_end end = MOVE_DONE;
	uint64_t answer = move.choice;
	const struct edge *e;

	if (n.kind == NODE_READ)
		model_load(m, s, &n, &answer);
	else if (n.kind == NODE_CALL)
		answer = s->waits[move.vm] == WOKEN;
	if (n.kind == NODE_WRITE)
		end = store(m, s, &n, n.data, m->memory == MEMORY_SC, diag);
	if (end != MOVE_DONE)
		return end;
	e = edge_of(m, s->node[move.vm], answer, s->devices, s->node, diag);
	if (!e)
		return MOVE_ERROR;
	if (e->stores && store(m, s, &n, e->store, true, diag) != MOVE_DONE)
		return MOVE_ERROR;
	if (e->devices_after != NO_DEVICES)
		s->devices = e->devices_after;
	s->node[move.vm] = e->to;
	s->waits[move.vm] = e->blocks ? WAITING : NOT_WAITING;
	wake(m, s, e->woken);
	return e->blocks ? MOVE_DONE : settle(m, s, move.vm, diag);
}

enum move_end model_move(struct model *m, struct state *s, struct move move,
			 struct baton_diag *diag)
{
	return move.kind == MOVE_LAND ? land(m, s, move.vm, diag) : step(m, s, move, diag);
}

enum move_end model_first(struct model *m, struct state *s, struct baton_diag *diag)
{
	enum move_end end = MOVE_DONE;

	*s = (struct state){ .words = s->words, .word_room = s->word_room };
	if (!widen(m, s))
		return no_memory(diag);
	s->devices = machines_devices(m->machines);
	for (uint32_t i = 0; i < m->count; i++)
		s->node[i] = machines_first(m->machines, i);
	for (uint32_t i = 0; i < m->count && end == MOVE_DONE; i++)
		end = settle(m, s, i, diag);
	return end;
}

bool model_gets_on(const struct model *m, uint32_t before, uint32_t after)
{
	const struct node *n = machines_node(m->machines, before);

	if (n->kind == NODE_CALL && n->port == BATON_CALL_ENTER)
		return true;
	return n->kind != NODE_ENDED && machines_node(m->machines, after)->kind == NODE_ENDED;
}

bool model_is_final(const struct model *m, const struct state *s)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (s->queued[i] || machines_node(m->machines, s->node[i])->kind != NODE_ENDED)
			return false;
	return true;
}
