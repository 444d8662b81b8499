/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team.c - each thread looks at a share of the states, into memory of its own.
 */
#include "team.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What a member has seen. Bytes lie at offsets until all is there, for they may move. */
struct member {
	struct team *team;
	pthread_t thread;
	struct model model; /* as it is now, and to be left so: `fixed` */
	struct state *here, *there;
	struct move moves[MODEL_MOVES];
	uint32_t first, end; /* its states */

	struct look { /* per state: its moves, from .. to; NONE: not to be known */
		size_t from, to;
	} *looks;
	size_t look_room;
	struct team_move *found;
	size_t found_count, found_room;
	uint8_t *bytes;
	size_t used, room;
	int error;
};

struct team {
	const struct model *model;
	const struct store *states;
	unsigned count; /* members; the first is the caller's thread */
	pthread_barrier_t begin, end;
	bool over;
	uint32_t first, share;
	struct member *members;
};

#define NONE SIZE_MAX

/* ------------------------------------------------------------------- looking */

/* Room for the moves and bytes of one more. */
static bool make_room(struct member *m)
{
	size_t need = MODEL_BYTES(&m->model), room;
	struct team_move *found;
	uint8_t *bytes;

	if (m->found_count == m->found_room) {
		room = m->found_room ? 2 * m->found_room : 1024;
		found = realloc(m->found, room * sizeof(*found));
		if (!found)
			return false;
		m->found = found;
		m->found_room = room;
	}
	if (m->room - m->used < need) {
		room = 2 * (m->room + need);
		bytes = realloc(m->bytes, room);
		if (!bytes)
			return false;
		m->bytes = bytes;
		m->room = room;
	}
	return true;
}

/* One move of the state that is here. False: it is not known where it leads. */
static bool look_at_move(struct member *m, struct move move)
{
	struct team_move *f;
	uint8_t *bytes;

	if (!model_copy(&m->model, m->here, m->there) || !make_room(m)) {
		m->error = -ENOMEM;
		return false;
	}
	if (model_move(&m->model, m->there, move, NULL) != MOVE_DONE)
		return false;
	f = &m->found[m->found_count++];
	bytes = m->bytes + m->used;
	*f = (struct team_move){
		.move = move, .node_before = m->here->node[move.vm], .node_after = m->there->node[move.vm],
		.size = (uint32_t)model_encode(&m->model, m->there, bytes),
	};
	f->hash = store_hash(bytes, f->size);
	/* An offset, for now. */
	f->bytes = (const void *)m->used;
	m->used += (f->size + 7u) & ~(size_t)7;
	return true;
}

static void look_at_state(struct member *m, uint32_t number, struct look *look)
{
	size_t size, count, begin = m->found_count;
	const void *bytes = store_get(m->team->states, number, &size);

	*look = (struct look){ NONE, NONE };
	if (!model_decode(&m->model, bytes, size, m->here)) {
		m->error = -ENOMEM;
		return;
	}
	count = model_moves(&m->model, m->here, m->moves);
	for (size_t i = 0; i < count; i++)
		if (!look_at_move(m, m->moves[i])) {
			m->found_count = begin;
			return;
		}
	if (count)
		*look = (struct look){ begin, m->found_count };
}

/*
 * Which of the states have been found already? That is a walk through memory where nothing
 * lies near: while one is looked up, the next ones are on their way.
 */
static void look_up(struct member *m)
{
	const struct store *states = m->team->states;
	const size_t step = 8, count = m->found_count;

	for (size_t i = 0; i < count + 3 * step; i++) {
		if (i < count)
			store_fetch_place(states, m->found[i].hash);
		if (i >= step && i - step < count)
			store_fetch_string(states, m->found[i - step].hash);
		if (i >= 2 * step && i - 2 * step < count)
			store_fetch_bytes(states, m->found[i - 2 * step].hash);
		if (i >= 3 * step) {
			struct team_move *f = &m->found[i - 3 * step];

			f->bytes = m->bytes + (size_t)f->bytes;
			f->number = store_find(states, f->bytes, f->size, f->hash);
		}
	}
}

static void look(struct member *m)
{
	size_t count = m->end - m->first;
	struct look *looks;

	m->model = *m->team->model;
	m->model.fixed = true;
	m->found_count = m->used = 0;
	m->error = 0;
	if (count > m->look_room) {
		looks = realloc(m->looks, count * sizeof(*looks));
		if (!looks) {
			m->error = -ENOMEM;
			return;
		}
		m->looks = looks;
		m->look_room = count;
	}
	for (uint32_t i = m->first; i < m->end && !m->error; i++)
		look_at_state(m, i, &m->looks[i - m->first]);
	if (!m->error)
		look_up(m);
}

static void *serve(void *member)
{
	struct member *m = member;

	for (;;) {
		pthread_barrier_wait(&m->team->begin);
		if (m->team->over)
			return NULL;
		look(m);
		pthread_barrier_wait(&m->team->end);
	}
}

int team_look(struct team *t, uint32_t first, uint32_t count)
{
	t->first = first;
	t->share = (count + t->count - 1) / t->count;
	for (unsigned i = 0; i < t->count; i++) {
		uint32_t from = i * t->share, to = from + t->share;

		t->members[i].first = first + (from < count ? from : count);
		t->members[i].end = first + (to < count ? to : count);
	}
	pthread_barrier_wait(&t->begin);
	look(&t->members[0]);
	pthread_barrier_wait(&t->end);
	for (unsigned i = 0; i < t->count; i++)
		if (t->members[i].error)
			return t->members[i].error;
	return 0;
}

static const struct member *member_of(const struct team *t, uint32_t number)
{
	return &t->members[(number - t->first) / t->share];
}

const struct team_move *team_end(const struct team *t, uint32_t number)
{
	const struct member *m = member_of(t, number);

	return m->found + m->found_count;
}

const struct team_move *team_moves(const struct team *t, uint32_t number, size_t *count)
{
	const struct member *m = member_of(t, number);
	const struct look *look = &m->looks[number - m->first];

	if (look->from == NONE)
		return NULL;
	*count = look->to - look->from;
	return m->found + look->from;
}

/* ---------------------------------------------------------------- life cycle */

static void free_member(struct member *m)
{
	model_free_state(m->here);
	model_free_state(m->there);
	free(m->looks);
	free(m->found);
	free(m->bytes);
}

/* Members from the second on have threads. Those that were started end. */
static void dismiss(struct team *t, unsigned started)
{
	t->over = true;
	if (started == t->count)
		pthread_barrier_wait(&t->begin);
	for (unsigned i = 1; i < started; i++) {
		if (started < t->count)
			pthread_cancel(t->members[i].thread);
		pthread_join(t->members[i].thread, NULL);
	}
	for (unsigned i = 0; i < t->count; i++)
		free_member(&t->members[i]);
	pthread_barrier_destroy(&t->begin);
	pthread_barrier_destroy(&t->end);
	free(t->members);
	free(t);
}

struct team *team_new(unsigned threads, const struct model *model, const struct store *states)
{
	struct team *t = calloc(1, sizeof(*t));
	unsigned started = 1;

	if (!t)
		return NULL;
	t->model = model;
	t->states = states;
	t->count = threads + 1;
	t->members = calloc(t->count, sizeof(*t->members));
	if (!t->members || pthread_barrier_init(&t->begin, NULL, t->count)) {
		free(t->members);
		free(t);
		return NULL;
	}
	if (pthread_barrier_init(&t->end, NULL, t->count)) {
		pthread_barrier_destroy(&t->begin);
		free(t->members);
		free(t);
		return NULL;
	}
	for (unsigned i = 0; i < t->count; i++) {
		t->members[i].team = t;
		t->members[i].here = model_new_state();
		t->members[i].there = model_new_state();
		if (!t->members[i].here || !t->members[i].there)
			goto fail;
	}
	for (; started < t->count; started++)
		if (pthread_create(&t->members[started].thread, NULL, serve, &t->members[started]))
			goto fail;
	return t;

fail:
	dismiss(t, started);
	return NULL;
}

void team_free(struct team *t)
{
	if (t)
		dismiss(t, t->count);
}
