/* SPDX-License-Identifier: Apache-2.0 */
/*
 * breadth.c - the near states first. They are numbered as they are found, so the queue is the
 * numbers themselves.
 */
#include "finding.h"
#include "team.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_EVERY 4096 /* states */
#define TEAM_FROM      256  /* states that wait, before it is worth the while */
#define TEAM_AT_ONCE   8192 /* what it finds then fits into a processor's cache */

struct walker {
	struct search *search;
	struct state *here, *there;
	struct move moves[MODEL_MOVES];
	struct baton_diag *diag;
	struct team *team; /* NULL: none, or none yet */
	uint32_t looked;   /* the first state that it has not looked at */
};

static int no_memory(struct walker *w)
{
	return baton_diag_set(w->diag, -ENOMEM, "explore", "out of memory, after %zu states",
			      w->search->states.count);
}

/* ------------------------------------------------------------------- states */

/* Room for one state more than there is. */
static bool grow_origins(struct search *s)
{
	size_t room = s->origin_room ? 2 * s->origin_room : 1024;
	void *grown = realloc(s->origins, room * sizeof(*s->origins));

	if (!grown)
		return false;
	s->origins = grown;
	grown = realloc(s->good, room * sizeof(*s->good));
	if (!grown)
		return false;
	s->good = grown;
	grown = realloc(s->leads, room * sizeof(*s->leads));
	if (!grown)
		return false;
	s->leads = grown;
	s->origin_room = room;
	return true;
}

static bool note_origin(struct search *s, uint32_t from, struct move move)
{
	size_t number = s->states.count - 1;

	if (number >= s->origin_room && !grow_origins(s))
		return false;
	s->origins[number] = (struct search_origin){ from, move };
	s->good[number] = false;
	s->leads[number] = 0;
	return true;
}

/* States are gone on from in the order of their numbers. */
static bool note_link(struct search *s, uint32_t from, uint32_t to)
{
	size_t room = s->link_room ? 2 * s->link_room : 1024;
	void *links;

	if (from == to)
		return true;
	if (s->link_count == s->link_room) {
		links = realloc(s->links, room * sizeof(*s->links));
		if (!links)
			return false;
		s->links = links;
		s->link_room = room;
	}
	s->links[s->link_count++] = to;
	s->leads[from]++;
	return true;
}

/* The state's number, which is new or not. */
static int add(struct walker *w, const struct state *state, uint32_t from, struct move move,
	       uint32_t *number)
{
	struct search *s = w->search;
	bool is_new;

	*number = finding_add_state(s, state, &is_new);
	if (*number == STORE_NONE || (is_new && !note_origin(s, from, move)))
		return no_memory(w);
	return 0;
}

/* The same of a move that the team has looked at. */
static int add_found(struct walker *w, uint32_t from, const struct team_move *f, uint32_t *number)
{
	struct search *s = w->search;
	bool is_new = false;

	*number = f->number;
	if (f->number == STORE_NONE)
		*number = store_number(&s->states, f->string, &is_new);
	if (*number == STORE_NONE || (is_new && !note_origin(s, from, f->move)))
		return no_memory(w);
	return 0;
}

static bool load(struct walker *w, uint32_t number, struct state *to)
{
	size_t size;
	const void *bytes = store_get(&w->search->states, number, &size);

	return model_decode(w->search->model, bytes, size, to);
}

/* -------------------------------------------------------------------- verdicts */

/* The way to a state, and, if there is one, a move from there. */
static int find(struct walker *w, uint32_t number, const struct move *last)
{
	struct search *s = w->search;
	size_t length = 0;

	for (uint32_t i = number; i; i = s->origins[i].from)
		length++;
	s->path = malloc((length + 1) * sizeof(*s->path));
	if (!s->path)
		return no_memory(w);
	s->path_length = length + !!last;
	if (last)
		s->path[length] = *last;
	for (uint32_t i = number; i; i = s->origins[i].from)
		s->path[--length] = s->origins[i].move;
	return 1;
}

/* A move came to an end of its own. 1: the search is over. Or an error. */
static int judge_move(struct walker *w, enum move_end end, uint32_t from, const struct move *move)
{
	int result = finding_of_move(w->search, end, w->there);

	return result < 0 ? result : find(w, from, move);
}

/* The state that is here has no moves. 0, 1 or an error. */
static int judge_end(struct walker *w, uint32_t number)
{
	int result = finding_of_end(w->search, w->here);

	w->search->good[number] = !result;
	return result ? find(w, number, NULL) : 0;
}

/* Most links lead to greater numbers: from the last state to the first, most of what is good is seen. */
static void see_good(struct search *s)
{
	size_t link = s->link_count;

	for (size_t i = s->states.count; i--;)
		for (size_t k = s->leads[i]; k--;)
			s->good[i] |= s->good[s->links[--link]];
}

/*
 * The rest is seen by going back from what is good; `back` are links, turned round, between
 * states that were not seen yet.
 */
static void go_back(struct search *s, const uint32_t *first, const uint32_t *back, uint32_t *queue,
		    size_t waiting)
{
	for (size_t i = 0; i < waiting; i++)
		for (uint32_t k = first[queue[i]]; k < first[queue[i] + 1]; k++)
			if (!s->good[back[k]]) {
				s->good[back[k]] = true;
				queue[waiting++] = back[k];
			}
}

/* Where nothing good can be reached from any more. 1: there is such a state. */
static int find_livelock(struct walker *w)
{
	struct search *s = w->search;
	size_t count = s->states.count, waiting = 0, link = 0, sum = 0;
	uint32_t *first, *queue, *back;
	const uint8_t *bad;
	int result = 0;

	see_good(s);
	if (!memchr(s->good, false, count))
		return 0;
	first = calloc(count + 1, sizeof(*first));
	queue = malloc(count * sizeof(*queue));
	back = malloc((s->link_count + 1) * sizeof(*back));
	if (!first || !queue || !back) {
		result = no_memory(w);
		goto out;
	}
	for (size_t i = 0; i < count; link += s->leads[i++])
		for (size_t k = link; !s->good[i] && k < link + s->leads[i]; k++)
			first[s->links[k]]++;
	for (size_t i = 0; i <= count; i++) {
		sum += i < count ? first[i] : 0;
		first[i] = (uint32_t)sum;
	}
	link = 0;
	for (size_t i = 0; i < count; link += s->leads[i++])
		for (size_t k = link; !s->good[i] && k < link + s->leads[i]; k++)
			back[--first[s->links[k]]] = (uint32_t)i;
	for (size_t i = 0; i < count; i++)
		if (s->good[i] && first[i] < first[i + 1])
			queue[waiting++] = (uint32_t)i;
	go_back(s, first, back, queue, waiting);
	bad = memchr(s->good, false, count);
	if (bad) {
		s->verdict = VERDICT_LIVELOCK;
		result = find(w, (uint32_t)(bad - s->good), NULL);
	}
out:
	free(first);
	free(queue);
	free(back);
	return result;
}

/* ------------------------------------------------------------------- searching */

/* Makes the walker's moves from the state that is here. `*news`: one leads to a state that is
   still to be gone on from. 0, 1 (over) or an error. */
static int make_moves(struct walker *w, uint32_t number, size_t count, bool *news)
{
	struct search *s = w->search;

	for (size_t i = 0; i < count; i++) {
		enum move_end end;
		uint32_t to;
		int error;

		if (!model_copy(s->model, w->here, w->there))
			return no_memory(w);
		end = model_move(s->model, w->there, w->moves[i], w->diag);
		s->moves++;
		if (end != MOVE_DONE)
			return judge_move(w, end, number, &w->moves[i]);
		error = add(w, w->there, number, w->moves[i], &to);
		if (!error && !s->config.reduces && !note_link(s, number, to))
			error = no_memory(w);
		if (error)
			return error;
		*news = *news || to > number;
		if (model_gets_on(s->model, w->here->node[w->moves[i].vm], w->there->node[w->moves[i].vm]))
			s->good[number] = true;
	}
	return 0;
}

/*
 * A few of its moves may be enough; but not if they only lead back, for then the others
 * might be put off for ever.
 */
static int expand_reduced(struct walker *w, uint32_t number, bool *enough)
{
	size_t count;
	int result = 0;

	for (unsigned k = 0; !result && !*enough; k++) {
		count = reduction_moves(&w->search->reduction, w->here, k, w->moves);
		if (!count)
			break;
		result = make_moves(w, number, count, enough);
	}
	return result;
}

/* The same as make_moves(), for moves that the team has looked at. */
static int take_moves(struct walker *w, uint32_t number, const struct team_move *moves, size_t count)
{
	struct search *s = w->search;

	for (size_t i = 0; i < count; i++) {
		const struct team_move *f = &moves[i];
		uint32_t to;
		int error = add_found(w, number, f, &to);

		s->moves++;
		if (!error && !note_link(s, number, to))
			error = no_memory(w);
		if (error)
			return error;
		if (f->gets_on)
			s->good[number] = true;
	}
	return 0;
}

/*
 * Has the team looked at where a state leads? Where many states wait, it looks at the next
 * ones first.
 */
static int look_ahead(struct walker *w, uint32_t number, const struct team_move **moves, size_t *count)
{
	struct search *s = w->search;
	size_t waiting = s->states.count - number;
	int error;

	*moves = NULL;
	if (s->config.reduces || !s->config.threads || s->depth >= s->config.steps)
		return 0;
	if (number >= w->looked) {
		if (waiting < TEAM_FROM)
			return 0;
		if (!w->team)
			w->team = team_new(s->config.threads - 1, s->model, &s->states);
		if (!w->team)
			return no_memory(w);
		waiting = waiting < TEAM_AT_ONCE ? waiting : TEAM_AT_ONCE;
		error = team_look(w->team, number, (uint32_t)waiting);
		if (error)
			return no_memory(w);
		w->looked = number + (uint32_t)waiting;
	}
	*moves = team_moves(w->team, number, count);
	return 0;
}

/* Goes on from a state. 0, 1 (over) or an error. */
static int expand(struct walker *w, uint32_t number)
{
	struct search *s = w->search;
	const struct team_move *known;
	bool enough = false;
	size_t count;
	int result = look_ahead(w, number, &known, &count);

	if (result || known)
		return result ? result : take_moves(w, number, known, count);
	if (!load(w, number, w->here))
		return no_memory(w);
	if (s->config.reduces && s->depth < s->config.steps) {
		result = expand_reduced(w, number, &enough);
		if (result || enough)
			return result;
	}
	count = model_moves(s->model, w->here, w->moves);
	if (!count)
		return judge_end(w, number);
	if (s->depth >= s->config.steps) {
		s->cut = true;
		return 0;
	}
	return make_moves(w, number, count, &enough);
}

static size_t bytes_of(const struct search *s)
{
	return store_bytes(&s->states) + s->link_room * sizeof(*s->links) +
	       s->origin_room * (sizeof(*s->origins) + sizeof(*s->good) + sizeof(*s->leads)) +
	       machines_figures(s->model->machines).bytes;
}

/* 0: go on. */
static int check_bounds(struct search *s)
{
	if (s->at == s->level_end) {
		s->level_end = (uint32_t)s->states.count;
		s->depth++;
	}
	if (s->states.count >= s->config.states)
		return finding_of_bound(s, "states");
	if (s->at % PROGRESS_EVERY)
		return 0;
	if (bytes_of(s) >= s->config.bytes)
		return finding_of_bound(s, "memory");
	if (s->config.progress && s->config.progress(s->config.context, s))
		return finding_of_bound(s, "an interrupt");
	return 0;
}

static int walk(struct walker *w)
{
	struct search *s = w->search;
	enum move_end end = finding_first(s, w->there, w->diag);
	uint32_t number;
	int result;

	if (end != MOVE_DONE)
		return judge_move(w, end, 0, NULL);
	s->at = 0;
	s->depth = s->finals = 0;
	result = add(w, w->there, 0, (struct move){ 0 }, &number);
	s->level_end = 1;
	for (; !result && s->at < s->states.count; s->at++) {
		result = check_bounds(s);
		if (!result)
			result = expand(w, s->at);
	}
	if (!result && s->cut)
		return finding_of_bound(s, "steps");
	return result || s->config.reduces ? result : find_livelock(w);
}

/* Once; or, where moves are left out, until it is known that none had to be made. */
static int walk_on(struct walker *w)
{
	struct search *s = w->search;
	int result;

	do {
		if (s->config.reduces && reduction_learn(&s->reduction))
			return no_memory(w);
		store_fini(&s->states);
		s->rounds++;
		result = walk(w);
	} while (!result && s->config.reduces && reduction_is_stale(&s->reduction));
	return result;
}

int search_breadth(struct search *s, struct baton_diag *diag)
{
	struct walker *w = calloc(1, sizeof(*w));
	int result;

	if (!w)
		return baton_diag_set(diag, -ENOMEM, "explore", "out of memory");
	w->search = s;
	w->diag = diag;
	w->here = model_new_state();
	w->there = model_new_state();
	result = w->here && w->there ? walk_on(w) : no_memory(w);
	team_free(w->team);
	model_free_state(w->here);
	model_free_state(w->there);
	free(w);
	return result < 0 ? result : 0;
}
