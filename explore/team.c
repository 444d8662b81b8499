/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team.c - each thread looks at a share of the states, into memory of its own. When all have, each
 * puts what was found into parts of the store that are its own.
 */
#include "team.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "meeting.h"

struct member {
	struct team *team;
	pthread_t thread;
	struct model model; /* as it is now, and to be left so: `fixed` */
	struct state *here, *there;
	uint32_t first, end; /* its states */

	struct look { /* per state: its moves, from .. to; NONE: not to be known */
		size_t from, to;
	} *looks;
	size_t look_room;
	struct team_move *found;
	struct code { /* of each, the state that it leads to */
		uint32_t hash, size;
		size_t at; /* in … */
	} *codes;
	size_t found_count, found_room;
	uint8_t *bytes; /* … the encoded states */
	size_t used, room;
	struct put { /* what was found by anybody, and belongs into parts that are this member's */
		struct team_move *move;
		const uint8_t *bytes;
		uint32_t hash, size;
	} *puts;
	size_t put_count, put_room;
	int error;
	struct move moves[MODEL_MOVES]; /* last: the next member's lines are far from what is written above */
};

struct team {
	const struct model *model;
	struct store *states;
	unsigned count; /* members; the first is the caller's thread. 0: nobody has started */
	unsigned room;
	struct meeting meeting;
	bool over;
	unsigned at; /* the member whose states are asked for */
	struct member *members;
};

#define NONE SIZE_MAX

/* ------------------------------------------------------------------- looking */

/* Room for the moves and bytes of one more. */
static bool make_room(struct member *m)
{
	size_t need = MODEL_BYTES(&m->model), room;
	struct team_move *found;
	struct code *codes;
	uint8_t *bytes;

	if (m->found_count == m->found_room) {
		room = m->found_room ? 2 * m->found_room : 1024;
		found = realloc(m->found, room * sizeof(*found));
		if (!found)
			return false;
		m->found = found;
		codes = realloc(m->codes, room * sizeof(*codes));
		if (!codes)
			return false;
		m->codes = codes;
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
	struct code *code;
	uint8_t *bytes;

	if (!model_copy(&m->model, m->here, m->there) || !make_room(m)) {
		m->error = -ENOMEM;
		return false;
	}
	if (model_move(&m->model, m->there, move, NULL) != MOVE_DONE)
		return false;
	m->found[m->found_count] = (struct team_move){
		.move = move,
		.gets_on = model_gets_on(&m->model, m->here->node[move.vm], m->there->node[move.vm]),
	};
	code = &m->codes[m->found_count++];
	bytes = m->bytes + m->used;
	code->at = m->used;
	code->size = (uint32_t)model_encode(&m->model, m->there, bytes);
	code->hash = store_hash(bytes, code->size);
	m->used += (code->size + 7u) & ~(size_t)7;
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

/* Of what a member has found, that which is to be put by another, or by itself. */
static bool gather(struct member *m, const struct member *from)
{
	const unsigned count = m->team->count, own = (unsigned)(m - m->team->members);
	size_t room = m->put_count + from->found_count;
	struct put *puts;

	if (room > m->put_room) {
		puts = realloc(m->puts, 2 * room * sizeof(*puts));
		if (!puts)
			return false;
		m->puts = puts;
		m->put_room = 2 * room;
	}
	for (size_t i = 0; i < from->found_count; i++) {
		const struct code *c = &from->codes[i];

		if (store_part(c->hash) * count / STORE_PARTS == own)
			m->puts[m->put_count++] = (struct put){ &from->found[i], from->bytes + c->at,
								 c->hash, c->size };
	}
	return true;
}

/*
 * That is a walk through memory where nothing lies near: while one is put, the next ones
 * are on their way.
 */
static void put(struct member *m)
{
	struct store *states = m->team->states;
	const size_t step = 8;

	m->put_count = 0;
	for (unsigned i = 0; i < m->team->count; i++)
		if (!gather(m, &m->team->members[i])) {
			m->error = -ENOMEM;
			return;
		}
	for (size_t i = 0; i < m->put_count + 2 * step; i++) {
		if (i < m->put_count)
			store_fetch_place(states, m->puts[i].hash);
		if (i >= step && i - step < m->put_count)
			store_fetch_string(states, m->puts[i - step].hash);
		if (i >= 2 * step) {
			const struct put *p = &m->puts[i - 2 * step];

			p->move->string = store_put(states, p->bytes, p->size, p->hash);
			if (!p->move->string) {
				m->error = -ENOMEM;
				return;
			}
			p->move->number = p->move->string->number;
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
}

/* All of a member's part. Who has no memory left keeps up with the others all the same. */
static void work(struct member *m)
{
	look(m);
	meeting_wait(&m->team->meeting);
	put(m);
	meeting_wait(&m->team->meeting);
}

static void *serve(void *member)
{
	struct member *m = member;

	for (;;) {
		meeting_wait(&m->team->meeting);
		if (m->team->over)
			return NULL;
		work(m);
	}
}

int team_look(struct team *t, uint32_t first, uint32_t count)
{
	const uint32_t share = (count + t->count - 1) / t->count;

	for (unsigned i = 0; i < t->count; i++) {
		uint32_t from = i * share, to = from + share;

		t->members[i].first = first + (from < count ? from : count);
		t->members[i].end = first + (to < count ? to : count);
	}
	t->at = 0;
	meeting_wait(&t->meeting);
	work(&t->members[0]);
	for (unsigned i = 0; i < t->count; i++)
		if (t->members[i].error)
			return t->members[i].error;
	return 0;
}

const struct team_move *team_moves(struct team *t, uint32_t number, size_t *count)
{
	const struct member *m = &t->members[t->at];
	const struct look *look;

	while (number >= m->end)
		m = &t->members[++t->at];
	look = &m->looks[number - m->first];
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
	free(m->codes);
	free(m->bytes);
	free(m->puts);
}

/* Members from the second on have threads; if there cannot be as many, there are fewer. */
static void start(struct team *t, unsigned threads)
{
	meeting_init(&t->meeting);
	for (t->count = 1; t->count <= threads; t->count++) {
		struct member *m = &t->members[t->count];

		if (pthread_create(&m->thread, NULL, serve, m))
			break;
	}
	meeting_open(&t->meeting, t->count);
}

struct team *team_new(unsigned threads, const struct model *model, struct store *states)
{
	struct team *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->model = model;
	t->states = states;
	t->room = threads + 1;
	t->members = calloc(t->room, sizeof(*t->members));
	if (!t->members) {
		free(t);
		return NULL;
	}
	for (unsigned i = 0; i < t->room; i++) {
		struct member *m = &t->members[i];

		m->team = t;
		m->here = model_new_state();
		m->there = model_new_state();
		if (!m->here || !m->there) {
			team_free(t);
			return NULL;
		}
	}
	start(t, threads);
	return t;
}

void team_free(struct team *t)
{
	if (!t)
		return;
	if (t->count) {
		t->over = true;
		meeting_wait(&t->meeting);
		for (unsigned i = 1; i < t->count; i++)
			pthread_join(t->members[i].thread, NULL);
		meeting_fini(&t->meeting);
	}
	for (unsigned i = 0; i < t->room; i++)
		free_member(&t->members[i]);
	free(t->members);
	free(t);
}
