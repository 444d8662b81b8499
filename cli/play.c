/* SPDX-License-Identifier: Apache-2.0 */
/*
 * play.c - goes from the first state, by the moves that were made. Taking one back is going
 * there once more: all steps of VMs on the way are known already.
 */
#include "play.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conductor.h"
#include "explore_path.h"
#include "heap.h"
#include "units.h"

#define STATES 5000000
#define BYTES  (UINT64_C(2) << 30)

__attribute__((format(printf, 2, 3)))
static void say(struct play *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->said, sizeof(p->said), format, args);
	va_end(args);
}

static void fail(struct play *p)
{
	p->end = MOVE_ERROR;
	if (!*p->diag.message)
		baton_diag_set(&p->diag, -ENOMEM, "play", "out of memory");
}

/* ---------------------------------------------------------------------- moves */

/* Makes the next of the moves. If it is `last`, it is looked at. */
static void advance(struct play *p, bool last)
{
	struct move move = p->moves[p->made];
	const struct node node = *machines_node(p->e->machines, p->state->node[move.vm]);

	if (!model_copy(&p->e->model, p->state, p->before)) {
		fail(p);
		return;
	}
	if (last) {
		explore_step_look(&p->last, p->e, p->symbols, p->state, move);
		p->end = explore_step_make(&p->last, p->e, p->state, &p->diag);
		if (p->last.region != SIZE_MAX)
			explore_cells_add(&p->cells, p->last.region, p->last.offset, p->last.size);
	} else {
		p->end = model_move(&p->e->model, p->state, move, &p->diag);
	}
	if (p->end == MOVE_DONE && move.kind == MOVE_STEP)
		explore_note_section(&node, p->inside);
	if (p->end == MOVE_ERROR)
		fail(p);
	p->made++;
}

void play_go(struct play *p, size_t made)
{
	memset(p->inside, 0, sizeof(p->inside));
	p->made = 0;
	p->end = model_first(&p->e->model, p->state, &p->diag);
	if (p->end == MOVE_ERROR || !model_copy(&p->e->model, p->state, p->before))
		fail(p);
	while (p->end == MOVE_DONE && p->made < made && p->made < p->count)
		advance(p, p->made + 1 == made || p->made + 1 == p->count);
}

size_t play_moves(const struct play *p, struct move *moves)
{
	return p->end == MOVE_DONE ? model_moves(&p->e->model, p->state, moves) : 0;
}

/* Puts a move behind those that were made. */
static void set_next(struct play *p, size_t at, struct move move)
{
	if (at == p->count)
		p->moves = heap_grow(p->moves, p->count++, sizeof(*p->moves));
	p->moves[at] = move;
}

void play_move(struct play *p, struct move move)
{
	if (p->made < p->count && memcmp(&p->moves[p->made], &move, sizeof(move)))
		p->count = p->made;
	set_next(p, p->made, move);
	advance(p, true);
}

/* -------------------------------------------------------------------- searching */

/* The sentence of whoever has died at the end of all moves that are known; then back again. */
static void say_death(struct play *p, const struct search *s, const char *way)
{
	size_t made = p->made;
	const struct node *n;

	play_go(p, p->count);
	n = machines_node(p->e->machines, p->state->node[s->vm]);
	say(p, "%s VM `%s` dies: %s", way, p->e->scenario->vms[s->vm].name,
	    n->kind == NODE_DEAD ? n->death->sentence : "");
	play_go(p, made);
}

static void say_found(struct play *p, const struct search *s)
{
	char way[80];

	snprintf(way, sizeof(way), "found, in %zu move%s that r makes, one by one:", s->path_length,
		 s->path_length == 1 ? "" : "s");
	switch (s->verdict) {
	case VERDICT_VERIFIED:
		say(p, "nothing can go wrong from here on: %s state%s can come, and all were seen",
		    units_count(s->states.count).text, s->states.count == 1 ? "" : "s");
		break;
	case VERDICT_VIOLATED:
		if (s->why)
			say(p, "%s all have ended, and %s", way, s->why);
		else
			say_death(p, s, way);
		break;
	case VERDICT_DEADLOCK:
		say(p, "%s nobody can go on, and not all have ended", way);
		break;
	case VERDICT_LIVELOCK:
		say(p, "%s after that nobody ever ends or enters a section, whatever the schedule", way);
		break;
	case VERDICT_REFUSED:
		say(p, "%s VM `%s` does what cannot be explored: %s", way, p->e->scenario->vms[s->vm].name,
		    s->why);
		break;
	default:
		say(p, "nothing was found in %s states, up to %" PRIu64 " moves from here; there are more",
		    units_count(s->states.count).text, s->depth);
	}
}

void play_search(struct play *p)
{
	const struct search_config config = {
		.first = p->state, .steps = UINT64_MAX, .states = STATES, .bytes = BYTES,
	};
	const struct search *s = &p->e->search;
	struct yaml_error error;
	enum status status;

	p->e->stop = false;
	p->searches = true;
	status = exploration_search(p->e, &config, &error);
	p->searches = false;
	if (status) {
		baton_diag_set(&p->diag, -EIO, "play", "%s", error.text);
		fail(p);
		return;
	}
	if (s->path_length)
		p->count = p->made;
	for (size_t i = 0; i < s->path_length; i++)
		set_next(p, p->count, s->path[i]);
	say_found(p, s);
}

/* ------------------------------------------------------------------ the rest */

int play_write(struct play *p, const char *name)
{
	struct explore_path path;
	FILE *file = fopen(name, "we");
	int error = file ? 0 : -errno;

	if (!file)
		return error;
	explore_path_of(&path, p->e, p->moves, p->made);
	error = conductor_write(p->e, &path, file);
	explore_path_fini(&path);
	if (fclose(file) && !error)
		error = -errno;
	return error;
}

int play_init(struct play *p, struct exploration *e)
{
	*p = (struct play){
		.e = e, .symbols = explore_symbols_open(e->scenario), .state = model_new_state(),
		.before = model_new_state(),
	};
	if (!p->state || !p->before)
		return -ENOMEM;
	play_go(p, 0);
	return 0;
}

void play_fini(struct play *p)
{
	explore_symbols_close(p->e->scenario, p->symbols);
	explore_cells_fini(&p->cells);
	model_free_state(p->state);
	model_free_state(p->before);
	free(p->moves);
}
