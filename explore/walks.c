/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walks.c - schedules by chance, for state spaces that are too large to be gone through.
 *
 * With priorities (PCT, Burckhardt, Kothari, Musuvathi and Nagarakatti 2010), a fault that
 * takes d moves in an order of their own is met with a known likelihood in each schedule: VMs, and
 * the queues of their stores, are ranked by chance; who is first moves; and d - 1 times, at
 * moves that chance picks, who moves is put last. Who only reads, over and over, waits for
 * somebody, and is put last, too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "finding.h"

#define ACTORS	 (2 * MACHINES_MAX) /* VMs, then queues */
#define DEPTH	 3		    /* d */
#define LENGTH	 UINT64_C(10000)    /* moves of a schedule, unless the bound says less */
#define PATIENCE 8		    /* reads in a row */
#define PROGRESS_EVERY 64	    /* schedules */

struct walk {
	struct search *search;
	struct state *state;
	struct move moves[MODEL_MOVES];
	struct baton_diag *diag;
	uint64_t chance;
	struct move *path;
	size_t length, room;
	uint64_t longest; /* so far */

	uint64_t rank[ACTORS]; /* the largest moves */
	uint64_t least;	       /* below all of them */
	uint64_t changes[DEPTH - 1]; /* at these moves */
	uint32_t reads; /* in a row, of the one who moved last */
};

/* SplitMix64 (Steele, Lea and Flood 2014). */
static uint64_t draw(struct walk *w, uint64_t of)
{
	uint64_t z = w->chance += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	z ^= z >> 31;
	return (uint64_t)((unsigned __int128)z * of >> 64);
}

/* ---------------------------------------------------------------- priorities */

static uint32_t actor_of(struct move move)
{
	return move.vm + (move.kind == MOVE_LAND ? MACHINES_MAX : 0);
}

/* New ranks, all different, and new moves to change them at. */
static void rank(struct walk *w)
{
	w->least = UINT64_C(1) << 32;
	w->reads = 0;
	for (uint32_t i = 0; i < ACTORS; i++)
		w->rank[i] = w->least + 1 + i;
	for (uint32_t i = ACTORS - 1; i > 0; i--) {
		uint32_t k = (uint32_t)draw(w, i + 1);
		uint64_t swapped = w->rank[i];

		w->rank[i] = w->rank[k];
		w->rank[k] = swapped;
	}
	for (uint32_t i = 0; i < DEPTH - 1; i++)
		w->changes[i] = draw(w, w->longest + 1);
}

static size_t first_in_rank(const struct walk *w, size_t count)
{
	size_t best = 0;

	for (size_t i = 1; i < count; i++)
		if (w->rank[actor_of(w->moves[i])] > w->rank[actor_of(w->moves[best])])
			best = i;
	return best;
}

/* One of the moves of the first in rank, who may have to go last for that. */
static size_t pick_by_rank(struct walk *w, size_t count)
{
	size_t best = first_in_rank(w, count), same = 1;
	struct move move = w->moves[best];

	for (uint32_t i = 0; i < DEPTH - 1; i++)
		if (w->changes[i] == w->length)
			w->rank[actor_of(move)] = w->least--;
	if (w->reads > PATIENCE) {
		w->rank[actor_of(move)] = w->least--;
		w->reads = 0;
	}
	best = first_in_rank(w, count);
	move = w->moves[best];
	while (best + same < count && move.kind == MOVE_STEP && w->moves[best + same].vm == move.vm &&
	       w->moves[best + same].kind == MOVE_STEP)
		same++;
	return best + draw(w, same);
}

/* --------------------------------------------------------------------- walks */

static int no_memory(struct walk *w)
{
	return baton_diag_set(w->diag, -ENOMEM, "explore", "out of memory");
}

static bool note(struct walk *w, struct move move)
{
	if (w->length == w->room) {
		size_t room = w->room ? 2 * w->room : 256;
		struct move *path = realloc(w->path, room * sizeof(*path));

		if (!path)
			return false;
		w->path = path;
		w->room = room;
	}
	w->path[w->length++] = move;
	return true;
}

/* 1: it is over, and the path is the finding's. */
static int take(struct walk *w, int result)
{
	if (result != 1)
		return result;
	w->search->path = w->path;
	w->search->path_length = w->length;
	w->path = NULL;
	return 1;
}

/* One schedule. 0, 1 (found) or an error. */
static int walk(struct walk *w, uint64_t most)
{
	struct search *s = w->search;
	enum move_end end = finding_first(s, w->state, w->diag);

	w->length = 0;
	rank(w);
	while (end == MOVE_DONE) {
		size_t count = model_moves(s->model, w->state, w->moves), i;
		const struct node *n;

		if (!count)
			return take(w, finding_of_end(s, w->state));
		if (w->length >= most)
			return 0;
		i = s->config.order == SEARCH_PCT ? pick_by_rank(w, count) : draw(w, count);
		n = machines_node(s->model->machines, w->state->node[w->moves[i].vm]);
		if (n->kind == NODE_READ && w->moves[i].kind == MOVE_STEP)
			w->reads++;
		else if (n->kind != NODE_OPEN) /* between two reads of a loop */
			w->reads = 0;
		if (!note(w, w->moves[i]))
			return no_memory(w);
		end = model_move(s->model, w->state, w->moves[i], w->diag);
		s->moves++;
		if (w->length > s->depth)
			s->depth = w->length;
	}
	return take(w, finding_of_move(s, end, w->state));
}

static int walk_on(struct walk *w)
{
	struct search *s = w->search;
	uint64_t most = s->config.steps < LENGTH ? s->config.steps : LENGTH;
	int result = 0;

	for (; !result && s->walks < s->config.walks; s->walks++) {
		if (!(s->walks % PROGRESS_EVERY) && s->config.progress &&
		    s->config.progress(s->config.context, s))
			return finding_of_bound(s, "an interrupt");
		result = walk(w, most);
		if (w->length > w->longest)
			w->longest = w->length;
	}
	return result ? result : finding_of_bound(s, "schedules");
}

int search_walks(struct search *s, struct baton_diag *diag)
{
	struct walk *w = calloc(1, sizeof(*w));
	int result;

	if (!w)
		return baton_diag_set(diag, -ENOMEM, "explore", "out of memory");
	w->search = s;
	w->diag = diag;
	w->chance = s->config.seed;
	w->state = model_new_state();
	result = w->state ? walk_on(w) : no_memory(w);
	model_free_state(w->state);
	free(w->path);
	free(w);
	return result < 0 ? result : 0;
}
