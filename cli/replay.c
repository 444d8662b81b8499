/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.c - reads a record turn by turn, a policy that goes by it, and an observer
 * that compares.
 *
 * The lines of one turn are in memory at a time. Exits are compared as text: what the
 * recorder would write now is what it wrote then.
 */
#include "replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "record.h"
#include "scenario.h"

__attribute__((format(printf, 2, 3)))
static void differ(struct replay *r, const char *format, ...)
{
	va_list args;

	if (*r->difference)
		return; /* the first one counts */
	va_start(args, format);
	vsnprintf(r->difference, sizeof(r->difference), format, args);
	va_end(args);
	if (r->host)
		baton_host_stop(r->host);
}

/* ------------------------------------------------------------------ reading */

/* The next line without its end. False at the end of the file. */
static bool read_line(struct replay *r, char *text, size_t size)
{
	if (!fgets(text, (int)size, r->file))
		return false;
	r->line++;
	text[strcspn(text, "\n")] = '\0';
	return true;
}

/* Reads the lines of the next turn: its VM, from 0, and exits. False: there is none, or nonsense. */
static bool read_turn(struct replay *r, size_t *vm, uint64_t *exits)
{
	char text[sizeof(r->events->text)], rest;

	r->count = r->at = 0;
	while (read_line(r, text, sizeof(text))) {
		if (sscanf(text, "turn %zu %" SCNu64 "%c", vm, exits, &rest) == 2 && *vm >= 1 &&
		    *vm <= r->scenario->vm_count) {
			--*vm;
			r->turns++;
			return true;
		}
		if (!strcmp(text, "end")) {
			r->whole = true;
			return false;
		}
		if (strncmp(text, "exit ", 5) && strncmp(text, "time ", 5))
			break;
		r->events = heap_grow(r->events, r->count, sizeof(*r->events));
		r->events[r->count].line = r->line;
		strcpy(r->events[r->count++].text, text);
	}
	differ(r, "line %" PRIu64 " of the record makes no sense; expected exit, time, turn or end",
	       r->line);
	return false;
}

/* ---------------------------------------------------------------- comparing */

/* The event on record, which must be what `text` says; or NULL. */
static const struct replay_event *expect(struct replay *r, const char *text)
{
	const struct replay_event *e = &r->events[r->at];

	if (r->at == r->count) {
		differ(r, "turn %" PRIu64 ": now there is \"%s\", which is not on record", r->turns,
		       text);
		return NULL;
	}
	r->at++;
	return e;
}

static void see_exit(void *context, struct baton_vm *vm, const struct baton_exit *exit)
{
	struct replay *r = context;
	char text[sizeof(r->events->text)];
	const struct replay_event *e;

	snprintf(text, sizeof(text), "exit %zu %s 0x%" PRIx64 " %u %" PRIu32 " 0x%" PRIx64,
		 scenario_find_vm(r->scenario, baton_vm_name(vm)) + 1, baton_exit_name(exit->kind),
		 exit->addr, exit->size, exit->count, exit->data);
	e = expect(r, text);
	if (e && strcmp(e->text, text))
		differ(r, "turn %" PRIu64 ", line %" PRIu64 " of the record: it was \"%s\", now it is "
		       "\"%s\"", r->turns, e->line, e->text, text);
	if (r->next->exit)
		r->next->exit(r->next_context, vm, exit);
}

static void see_turn(void *context, const struct baton_turn *turn)
{
	struct replay *r = context;

	if (r->at < r->count)
		differ(r, "turn %" PRIu64 ", line %" PRIu64 " of the record: \"%s\" did not come to pass",
		       r->turns, r->events[r->at].line, r->events[r->at].text);
	if (r->next->turn)
		r->next->turn(r->next_context, turn);
}

static uint64_t give_time(void *context, struct baton_vm *vm, uint64_t ns)
{
	struct replay *r = context;
	const struct replay_event *e = expect(r, "time");
	uint64_t recorded;
	size_t number;

	if (!e)
		return ns;
	if (sscanf(e->text, "time %zu %" SCNu64, &number, &recorded) == 2)
		return recorded;
	differ(r, "turn %" PRIu64 ", line %" PRIu64 " of the record: it was \"%s\", now the time is "
	       "asked for", r->turns, e->line, e->text);
	return ns;
}

/* ------------------------------------------------------------------- policy */

struct state {
	struct replay *replay;
	bool picked;
	struct baton_sched_pick pick;
	uint32_t capacity;
	uint8_t runnable[];
};

static size_t state_size(uint32_t capacity)
{
	return sizeof(struct state) + capacity;
}

static int state_init(void *state, uint32_t capacity, const struct baton_sched_config *config,
		      struct baton_diag *diag)
{
	struct state *s = state;

	s->replay = config->script->context;
	s->capacity = capacity;
	return 0;
}

static int state_add(void *state, baton_entity_t e, const struct baton_sched_entity *what,
		     uint64_t now, struct baton_diag *diag)
{
	return 0;
}

static void state_remove(void *state, baton_entity_t e, uint64_t now)
{
	((struct state *)state)->runnable[e] = false;
}

static void state_wake(void *state, baton_entity_t e, uint64_t now)
{
	((struct state *)state)->runnable[e] = true;
}

static void state_ran(void *state, baton_entity_t e, uint64_t ns, enum baton_why why, uint64_t now)
{
	struct state *s = state;

	s->picked = false;
	if (baton_why_leaves(why))
		s->runnable[e] = false;
}

static struct baton_sched_pick state_pick(void *state, uint64_t now)
{
	struct state *s = state;
	uint64_t exits = 0;
	size_t vm = 0;

	if (s->picked)
		return s->pick;
	s->picked = true;
	s->pick = (struct baton_sched_pick){
		.entity = BATON_NOBODY, .slice_ns = UINT64_MAX, .deadline_ns = UINT64_MAX,
	};
	if (!read_turn(s->replay, &vm, &exits)) {
		s->pick.over = true;
		return s->pick;
	}
	if (!s->runnable[vm]) {
		differ(s->replay, "turn %" PRIu64 ": it was that of %s, which cannot run now",
		       s->replay->turns, s->replay->scenario->vms[vm].name);
		s->pick.over = true;
		return s->pick;
	}
	s->pick.entity = (baton_entity_t)vm;
	s->pick.exits = exits;
	return s->pick;
}

const struct baton_sched_ops replay_policy = {
	.name = "replay",
	.summary = "the turns of a record",
	.size = state_size,
	.init = state_init,
	.add = state_add,
	.remove = state_remove,
	.wake = state_wake,
	.ran = state_ran,
	.pick = state_pick,
};

/* ---------------------------------------------------------- opening and ending */

__attribute__((format(printf, 3, 4)))
static int fail(struct yaml_error *error, const char *path, const char *format, ...)
{
	int used = snprintf(error->text, sizeof(error->text), "%.200s: ", path);
	va_list args;

	error->at = (struct place){ 0, 0 };
	va_start(args, format);
	vsnprintf(error->text + used, sizeof(error->text) - (size_t)used, format, args);
	va_end(args);
	return -EINVAL;
}

/* The last line says whether it is whole, and whether it can be replayed. */
static int check_end(struct replay *r, const char *path, struct yaml_error *error)
{
	char last[200] = "", text[200];

	while (fgets(text, sizeof(text), r->file))
		strcpy(last, text);
	last[strcspn(last, "\n")] = '\0';
	if (!strncmp(last, "cannot-be-replayed ", 19))
		return fail(error, path, "this run cannot be replayed: %s", last + 19);
	if (strcmp(last, "end"))
		return fail(error, path, "the record has no end; expected a line \"end\"");
	rewind(r->file);
	return 0;
}

static int read_head(struct replay *r, const char *path, struct yaml_error *error)
{
	char text[80], rest;
	uint64_t hash;
	int version;

	if (!read_line(r, text, sizeof(text)) ||
	    sscanf(text, "baton-record %d%c", &version, &rest) != 1 || version != RECORD_VERSION)
		return fail(error, path, "no record; expected \"baton-record %d\" in line 1",
			    RECORD_VERSION);
	if (!read_line(r, text, sizeof(text)) ||
	    sscanf(text, "scenario %" SCNx64 "%c", &hash, &rest) != 1)
		return fail(error, path, "line 2 names no scenario");
	if (hash != record_hash(r->scenario))
		return fail(error, path, "it is the record of another scenario, or of other images");
	if (!read_line(r, text, sizeof(text)) ||
	    sscanf(text, "seed %" SCNu64 "%c", &r->seed, &rest) != 1)
		return fail(error, path, "line 3 has no seed");
	return 0;
}

int replay_open(struct replay *r, const char *path, const struct scenario *scenario,
		struct yaml_error *error)
{
	int result;

	*r = (struct replay){
		.scenario = scenario,
		.observer = { .exit = see_exit, .turn = see_turn },
		.choices = { .context = r, .time = give_time },
		.script = { .context = r },
		.file = fopen(path, "re"),
	};
	if (!r->file)
		return fail(error, path, "%s", strerror(errno));
	result = check_end(r, path, error);
	if (!result)
		result = read_head(r, path, error);
	if (result)
		fclose(r->file);
	return result;
}

void replay_close(struct replay *r)
{
	fclose(r->file);
	free(r->events);
}

bool replay_finish(struct replay *r)
{
	if (!*r->difference && r->at < r->count)
		differ(r, "turn %" PRIu64 ", line %" PRIu64 " of the record: \"%s\" did not come to pass",
		       r->turns, r->events[r->at].line, r->events[r->at].text);
	if (!*r->difference && !r->whole) {
		size_t vm;
		uint64_t exits;

		if (read_turn(r, &vm, &exits))
			differ(r, "the run ended before turn %" PRIu64 " of the record", r->turns);
	}
	return !*r->difference;
}
