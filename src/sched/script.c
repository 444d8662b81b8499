/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script.c - the policy `script`: a schedule says whose turn it is.
 *
 * A turn has no limit of time or exits: it lasts until the entity yields, blocks
 * or ends. An entry of the schedule whose entity is not runnable when its turn
 * comes, or is not there, is passed over and counted. While nobody at all is
 * runnable no entry is passed over, or waiting would use the schedule up. So
 * once the schedule is over, the turns that began and the entries passed over
 * add up to all its entries.
 *
 * The schedule is streamed: the state holds one entry, read when somebody asks
 * who is next and kept until its turn is over. It is the one policy whose state
 * holds a pointer (see baton/sched.h).
 *
 * State: the entry, and a byte for each number. Every operation is O(1), save
 * that pick() reads on to the first entry of one that is runnable. After
 * AT_ONCE entries it stops and asks to be asked again after a moment, so that
 * its owner gets to look at wakes, stops and budgets; that way a schedule of any
 * length, or without an end, holds nobody up. Weights are ignored. Reads of the
 * settings: script.
 */
#include "sched/admit.h"
#include "sched/policies.h"

#define AT_ONCE	  65536
#define MOMENT_NS 10000 /* little beside the time that AT_ONCE entries take */

enum presence { ABSENT, WAITS, RUNNABLE };

struct script {
	const struct baton_script *script;
	uint64_t skipped;
	uint64_t ask_again_ns; /* until then pick() reads nothing: it has stopped on its way */
	uint32_t capacity;
	uint32_t runnable;    /* how many are */
	baton_entity_t entry; /* if `read`: the next of the schedule, or BATON_NOBODY */
	bool read;
	bool picked; /* the entry has its turn */
	uint8_t presence[];
};

static size_t script_size(uint32_t capacity)
{
	return sizeof(struct script) + capacity;
}

static int script_init(void *state, uint32_t capacity, const struct baton_sched_config *config,
		       struct baton_diag *diag)
{
	struct script *s = state;

	if (!config->script)
		return baton__diag(diag, -EINVAL, "policy script",
				   "there is no script: expected one");
	s->script = config->script;
	s->capacity = capacity;
	return 0;
}

static int script_add(void *state, baton_entity_t e, const struct baton_sched_entity *what,
		      uint64_t now, struct baton_diag *diag)
{
	struct script *s = state;
	int error = baton__sched_in_range(e, s->capacity, diag);

	if (!error)
		error = baton__sched_free(e, s->presence[e] != ABSENT, diag);
	if (!error)
		s->presence[e] = WAITS;
	return error;
}

static void end_turn(struct script *s)
{
	s->read = s->picked = false;
}

static void leave(struct script *s, baton_entity_t e, enum presence to)
{
	s->runnable -= s->presence[e] == RUNNABLE;
	s->presence[e] = (uint8_t)to;
}

static void script_remove(void *state, baton_entity_t e, uint64_t now)
{
	struct script *s = state;

	leave(s, e, ABSENT);
	if (s->picked && s->entry == e)
		end_turn(s);
}

static void script_wake(void *state, baton_entity_t e, uint64_t now)
{
	struct script *s = state;

	if (s->presence[e] != WAITS)
		return;
	s->presence[e] = RUNNABLE;
	s->runnable++;
}

static void script_ran(void *state, baton_entity_t e, uint64_t ns, enum baton_why why, uint64_t now)
{
	struct script *s = state;

	end_turn(s);
	if (baton_why_leaves(why))
		leave(s, e, WAITS);
}

static bool can_run(const struct script *s, baton_entity_t e)
{
	return e < s->capacity && s->presence[e] == RUNNABLE;
}

/* Reads on to the entry that decides. False: not yet, after AT_ONCE that did not. */
static bool read_on(struct script *s)
{
	for (uint32_t left = AT_ONCE; left; left--) {
		if (!s->read)
			s->entry = s->script->next(s->script->context);
		s->read = true;
		if (s->entry == BATON_NOBODY || !s->runnable || can_run(s, s->entry))
			return true;
		s->read = false;
		s->skipped++;
	}
	return false;
}

static struct baton_sched_pick script_pick(void *state, uint64_t now)
{
	struct script *s = state;
	struct baton_sched_pick pick = {
		.entity = BATON_NOBODY,
		.slice_ns = UINT64_MAX,
		.exits = UINT64_MAX,
		.deadline_ns = UINT64_MAX,
	};

	if (now >= s->ask_again_ns && !read_on(s))
		s->ask_again_ns = now + MOMENT_NS;
	if (now < s->ask_again_ns) {
		pick.deadline_ns = s->ask_again_ns;
	} else if (s->entry == BATON_NOBODY) {
		pick.over = true;
	} else if (s->runnable) {
		pick.entity = s->entry;
		s->picked = true;
	}
	pick.skipped = s->skipped;
	return pick;
}

const struct baton_sched_ops baton__sched_script = {
	.name = "script",
	.summary = "a schedule says whose turn it is",
	.size = script_size,
	.init = script_init,
	.add = script_add,
	.remove = script_remove,
	.wake = script_wake,
	.ran = script_ran,
	.pick = script_pick,
};
