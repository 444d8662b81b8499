/* SPDX-License-Identifier: Apache-2.0 */
/*
 * depth.c - one schedule to its end, then back to where another one may differ: dynamic
 * partial-order reduction (Flanagan and Godefroid 2005) with sleep sets (Godefroid 1996).
 *
 * Who moves is an *actor*: a VM, or the queue of its stores. Of a state one actor is tried. When
 * a later move turns out to race with the one that was made there - they touch the same, and
 * nothing in between orders them - the later one's actor is tried there, too. What has been
 * tried sleeps in what follows, until something wakes it by touching the same.
 *
 * A state that was seen before is not gone on from again, but for what slept there then and is
 * awake now; asleep is only what was so both times. What is behind it may race all the
 * same with what is before it: the footprints of reduction.h stand for it. A state that leads
 * back to itself is gone on from in all ways, lest somebody be put off for ever. Footprints are
 * those of what the last search found: it is repeated until it finds nothing new.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "finding.h"

#define ACTORS	       (2 * MACHINES_MAX)
#define NOBODY	       ACTORS
#define PROGRESS_EVERY 4096

/* What a move touches of what others see. */
struct touch {
	uint32_t word; /* UINT32_MAX: none */
	bool writes;   /* that, and not only reads */
	bool devices;
};

/* A state on the way, and the move that is made from it now. */
struct frame {
	uint32_t state;
	uint64_t enabled, tried, wanted, asleep; /* actors */
	uint32_t actor; /* NOBODY: none yet */
	struct move move;
	uint32_t choices; /* of the actor that are still to be made */
	struct touch touch;
	uint32_t before; /* the frame of the actor's move before, plus 1; 0: none */
	uint32_t clock[ACTORS]; /* per actor: its last move, as a frame plus 1, that is before this one */
};

struct walker {
	struct search *search;
	struct baton_diag *diag;
	struct state *here, *there;
	struct move moves[MODEL_MOVES];

	struct frame *frames;
	size_t count, frame_room;
	uint32_t last[ACTORS]; /* the frame of each actor's last move, plus 1; 0: none */
	uint64_t *asleep;      /* per state: with what asleep it was gone on from */
	uint32_t *on_way;      /* per state: its frame plus 1; 0: it is not on the way */
	size_t state_room;
};

static int no_memory(struct walker *w)
{
	return baton_diag_set(w->diag, -ENOMEM, "explore", "out of memory, after %zu states",
			      w->search->states.count);
}

static uint64_t bit(uint32_t actor)
{
	return UINT64_C(1) << actor;
}

static uint32_t actor_of(struct move move)
{
	return move.vm + (move.kind == MOVE_LAND ? MACHINES_MAX : 0);
}

static uint32_t owner_of(uint32_t actor)
{
	return actor % MACHINES_MAX;
}

/* -------------------------------------------------------------------- touches */

/* What an actor would touch next, as far as that is known before it has done so. */
static struct touch next_touch(struct walker *w, const struct state *s, uint32_t actor)
{
	struct model *m = w->search->model;
	uint32_t vm = owner_of(actor);
	const struct automaton *a = machines_automaton(m->machines);
	const struct node *n = &a->nodes[s->node[vm]];
	struct touch t = { .word = UINT32_MAX };

	if (actor >= MACHINES_MAX) {
		if (s->queued[vm])
			t = (struct touch){ .word = s->queue[vm][0].word, .writes = true };
	} else if (n->kind == NODE_READ) {
		t = (struct touch){ .word = model_word(m, n->region, n->offset), .writes = n->atomic };
	} else if (n->kind == NODE_WRITE && m->memory == MEMORY_SC) {
		t = (struct touch){ .word = model_word(m, n->region, n->offset), .writes = true };
	}
	/* It may lead to an end, of which devices hear. */
	t.devices = actor < MACHINES_MAX && n->kind == NODE_CALL;
	for (uint32_t k = n->edges; k != NO_EDGE && w->search->reduction.has_devices; k = a->edges[k].next)
		t.devices = t.devices || a->edges[k].devices != NO_DEVICES;
	return t;
}

/* What a store and a load of one VM do to one another, its queue sees to. */
static bool depend(uint32_t actor, const struct touch *a, uint32_t other, const struct touch *b)
{
	if (owner_of(actor) == owner_of(other))
		return actor == other;
	return (a->devices && b->devices) ||
	       (a->word != UINT32_MAX && a->word == b->word && (a->writes || b->writes));
}

/* ---------------------------------------------------------------------- races */

/*
 * An actor is to be tried at a frame. If it could not move there, all are; and so if it sleeps: then
 * what has been tried begins with its move, and here another one comes before it.
 */
static void want(struct frame *f, uint64_t actors)
{
	uint64_t able = f->enabled & actors & ~f->asleep;

	f->wanted |= able ? able : f->enabled;
}

/*
 * All moves that race with one that an actor makes next. The last one alone would do if clocks
 * held all that orders moves; but that a fence is passed when stores have landed is not in them.
 */
static void find_races(struct walker *w, uint32_t actor, const struct touch *touch)
{
	const uint32_t *clock = w->last[actor] ? w->frames[w->last[actor] - 1].clock : NULL;

	for (size_t i = w->count; i-- > 0;) {
		struct frame *f = &w->frames[i];

		if (f->actor == actor || !depend(f->actor, &f->touch, actor, touch))
			continue;
		if (clock && clock[f->actor] > i)
			continue;
		want(f, bit(actor));
	}
}

/* May what is behind a state race with what is before it? Nodes that are new may touch anything. */
static void find_races_behind(struct walker *w, const struct state *s)
{
	const struct reduction *r = &w->search->reduction;

	for (uint32_t vm = 0; vm < w->search->model->count; vm++)
		for (size_t i = 0; i < w->count; i++) {
			struct frame *f = &w->frames[i];
			bool meets = reduction_meets(r, s, vm, f->touch.word, f->touch.writes,
						     f->touch.devices);

			if (owner_of(f->actor) != vm && meets)
				want(f, bit(vm) | bit(vm + MACHINES_MAX));
		}
}

/* The clock of the move that is on top: after all that it depends on. */
static void set_clock(struct walker *w)
{
	struct frame *top = &w->frames[w->count - 1];

	memset(top->clock, 0, sizeof(top->clock));
	for (size_t i = 0; i + 1 < w->count; i++) {
		const struct frame *f = &w->frames[i];

		if (!depend(f->actor, &f->touch, top->actor, &top->touch))
			continue;
		for (uint32_t k = 0; k < ACTORS; k++)
			if (f->clock[k] > top->clock[k])
				top->clock[k] = f->clock[k];
	}
	top->clock[top->actor] = (uint32_t)w->count;
}

/* --------------------------------------------------------------------- frames */

static bool grow_states(struct walker *w, uint32_t number)
{
	size_t room = w->state_room ? 2 * w->state_room : 1024;
	uint64_t *asleep;
	uint32_t *on_way;

	if (number < w->state_room)
		return true;
	asleep = realloc(w->asleep, room * sizeof(*asleep));
	if (!asleep)
		return false;
	w->asleep = asleep;
	on_way = realloc(w->on_way, room * sizeof(*on_way));
	if (!on_way)
		return false;
	w->on_way = on_way;
	memset(on_way + w->state_room, 0, (room - w->state_room) * sizeof(*on_way));
	w->state_room = room;
	return true;
}

static struct frame *new_frame(struct walker *w)
{
	if (w->count == w->frame_room) {
		size_t room = w->frame_room ? 2 * w->frame_room : 256;
		struct frame *frames = realloc(w->frames, room * sizeof(*frames));

		if (!frames)
			return NULL;
		w->frames = frames;
		w->frame_room = room;
	}
	return &w->frames[w->count];
}

/* One that nobody else can tell from later, or the first that does not sleep. */
static uint64_t first_to_try(struct walker *w, const struct frame *f)
{
	uint64_t awake = f->enabled & ~f->asleep, free = 0;

	for (uint32_t actor = 0; actor < ACTORS; actor++) {
		struct touch t;

		if (!(awake & bit(actor)))
			continue;
		t = next_touch(w, w->there, actor);
		if (t.word == UINT32_MAX && !t.devices)
			free |= bit(actor);
	}
	if (free)
		awake = free;
	return awake & -awake;
}

/*
 * A frame for the state that is there. `wanted`: what is to be tried, 0: one of all. 0, 1
 * (over) or an error.
 */
static int enter(struct walker *w, uint32_t number, uint64_t asleep, uint64_t wanted)
{
	struct search *s = w->search;
	struct frame *f = new_frame(w);
	size_t count = model_moves(s->model, w->there, w->moves);

	if (!f)
		return no_memory(w);
	if (!count)
		return finding_of_end(s, w->there);
	*f = (struct frame){ .state = number, .asleep = asleep, .actor = NOBODY };
	for (size_t i = 0; i < count; i++)
		f->enabled |= bit(actor_of(w->moves[i]));
	for (uint32_t vm = 0; vm < s->model->count; vm++)
		for (uint32_t actor = vm; actor < ACTORS; actor += MACHINES_MAX) {
			struct touch t = next_touch(w, w->there, actor);

			find_races(w, actor, &t);
		}
	if (w->count >= s->config.steps) {
		s->cut = true;
		return 0;
	}
	f->wanted = wanted ? wanted & f->enabled : first_to_try(w, f);
	w->on_way[number] = (uint32_t)++w->count;
	if (w->count > s->depth)
		s->depth = w->count;
	return 0;
}

static void leave(struct walker *w)
{
	w->on_way[w->frames[--w->count].state] = 0;
}

static int add(struct walker *w, const struct state *state, uint32_t *number, bool *is_new)
{
	struct search *s = w->search;

	*number = finding_add_state(s, state, is_new);
	return *number == STORE_NONE || !grow_states(w, *number) ? no_memory(w) : 0;
}

/* What sleeps in the state that the top frame's move leads to. */
static uint64_t still_asleep(struct walker *w)
{
	const struct frame *f = &w->frames[w->count - 1];
	uint64_t asleep = 0;

	for (uint32_t actor = 0; actor < ACTORS; actor++) {
		struct touch t;

		if (!((f->asleep | f->tried) & bit(actor)) || actor == f->actor)
			continue;
		t = next_touch(w, w->here, actor);
		if (!depend(f->actor, &f->touch, actor, &t) && owner_of(actor) != owner_of(f->actor))
			asleep |= bit(actor);
	}
	return asleep;
}

/* The move of the top frame has led there. */
static int arrive(struct walker *w)
{
	uint64_t asleep = still_asleep(w), missing;
	uint32_t number;
	bool is_new;
	int error = add(w, w->there, &number, &is_new);

	if (error)
		return error;
	if (is_new) {
		w->asleep[number] = asleep;
		return enter(w, number, asleep, 0);
	}
	find_races_behind(w, w->there);
	missing = w->asleep[number] & ~asleep;
	w->asleep[number] &= asleep;
	if (w->on_way[number]) {
		struct frame *f = &w->frames[w->on_way[number] - 1];

		f->asleep &= asleep;
		want(f, UINT64_MAX);
		return 0;
	}
	return missing ? enter(w, number, w->asleep[number], missing) : 0;
}

/* Once its stores have landed, it may be interrupted, too. */
static bool waits_for_stores(const struct walker *w, uint32_t actor)
{
	const struct machines *m = w->search->model->machines;

	return actor < MACHINES_MAX && w->here->queued[actor] &&
	       machines_node(m, w->here->node[actor])->kind == NODE_OPEN;
}

/*
 * The next move of the top frame, among those of the state that is here. False: all that is
 * wanted has been tried.
 */
static bool choose(struct walker *w)
{
	struct frame *f = &w->frames[w->count - 1];
	size_t count = model_moves(w->search->model, w->here, w->moves), first = 0;

	if (f->actor != NOBODY)
		w->last[f->actor] = f->before;
	if (!f->choices) {
		uint64_t open;

		if (f->actor != NOBODY)
			f->tried |= bit(f->actor);
		open = f->wanted & ~f->tried & ~f->asleep;
		if (!open)
			return false;
		f->actor = (uint32_t)__builtin_ctzll(open);
		for (size_t i = 0; i < count; i++)
			f->choices += actor_of(w->moves[i]) == f->actor;
	}
	while (actor_of(w->moves[first]) != f->actor)
		first++;
	f->move = w->moves[first + --f->choices];
	f->before = w->last[f->actor];
	f->touch = next_touch(w, w->here, f->actor);
	if (waits_for_stores(w, f->actor))
		want(f, bit(f->actor + MACHINES_MAX));
	return true;
}

/* Has the move led to an end, of which devices hear? */
static bool ended(const struct walker *w, uint32_t vm)
{
	const struct model *m = w->search->model;

	return machines_node(m->machines, w->there->node[vm])->kind == NODE_ENDED ||
	       w->there->devices != w->here->devices;
}

/* The touch of the top frame's move is known now, and with it what it races with. */
static void place_in_order(struct walker *w)
{
	struct frame *f = &w->frames[w->count - 1];

	if (w->search->reduction.has_devices && ended(w, owner_of(f->actor)))
		f->touch.devices = true;
	w->count--;
	find_races(w, f->actor, &f->touch);
	w->count++;
	set_clock(w);
	w->last[f->actor] = (uint32_t)w->count;
}

/* One move of the top frame. 0, 1 (found) or an error. */
static int go(struct walker *w)
{
	struct search *s = w->search;
	struct frame *f = &w->frames[w->count - 1];
	enum move_end end;
	size_t size;
	const void *bytes = store_get(&s->states, f->state, &size);

	if (!model_decode(s->model, bytes, size, w->here) || !model_copy(s->model, w->here, w->there))
		return no_memory(w);
	if (!choose(w)) {
		leave(w);
		return 0;
	}
	end = model_move(s->model, w->there, f->move, w->diag);
	s->moves++;
	if (end != MOVE_DONE)
		return finding_of_move(s, end, w->there);
	place_in_order(w);
	return arrive(w);
}

/* ------------------------------------------------------------------ searching */

static int check_bounds(struct search *s)
{
	if (s->states.count >= s->config.states)
		return finding_of_bound(s, "states");
	if (s->moves % PROGRESS_EVERY)
		return 0;
	if (store_bytes(&s->states) + machines_figures(s->model->machines).bytes >= s->config.bytes)
		return finding_of_bound(s, "memory");
	if (s->config.progress && s->config.progress(s->config.context, s))
		return finding_of_bound(s, "an interrupt");
	return 0;
}

/* The moves of the frames are the way to what was found. */
static int keep_path(struct walker *w)
{
	struct search *s = w->search;

	s->path = malloc((w->count + 1) * sizeof(*s->path));
	if (!s->path)
		return no_memory(w);
	for (; s->path_length < w->count; s->path_length++)
		s->path[s->path_length] = w->frames[s->path_length].move;
	return 1;
}

/* Once through all that has to be seen. 0, 1 (over) or an error. */
static int walk(struct walker *w)
{
	struct search *s = w->search;
	enum move_end end;
	uint32_t number;
	bool is_new;
	int result;

	store_fini(&s->states);
	w->count = 0;
	memset(w->last, 0, sizeof(w->last));
	s->finals = 0;
	end = finding_first(s, w->there, w->diag);
	if (end != MOVE_DONE)
		return finding_of_move(s, end, w->there);
	result = add(w, w->there, &number, &is_new);
	if (result)
		return result;
	w->asleep[number] = 0;
	result = enter(w, number, 0, 0);
	while (!result && w->count) {
		result = check_bounds(s);
		if (!result)
			result = go(w);
	}
	if (result == 1 && s->verdict != VERDICT_BOUND)
		return keep_path(w);
	return result;
}

static int walk_on(struct walker *w)
{
	struct search *s = w->search;
	int result;

	do {
		if (reduction_learn(&s->reduction))
			return no_memory(w);
		s->rounds++;
		result = walk(w);
	} while (!result && reduction_is_stale(&s->reduction));
	return !result && s->cut ? finding_of_bound(s, "steps") : result;
}

int search_depth(struct search *s, struct baton_diag *diag)
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
	model_free_state(w->here);
	model_free_state(w->there);
	free(w->frames);
	free(w->asleep);
	free(w->on_way);
	free(w);
	return result < 0 ? result : 0;
}
