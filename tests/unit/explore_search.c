/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_search.c - verdicts and their shortest schedules, and that the search sees exactly the
 * states and outcomes that an enumeration of another make finds.
 */
#include "programs.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>

#include "explore/search.h"

#define UNBOUNDED ((struct search_config){ .steps = UINT64_MAX, .states = UINT64_MAX, .bytes = UINT64_MAX })

/* -------------------------------------------------------------------- running */

struct scene {
	struct machines *machines;
	struct model model;
	struct search search;
	struct baton_diag diag;
	int error;
};

static struct scene *explore(enum memory_model memory, const struct programs *programs,
			     const struct search_config *config)
{
	const uint64_t sizes[] = { REGION_SIZE, REGION_SIZE };
	struct scene *s = calloc(1, sizeof(*s));

	s->machines = programs_begin(programs);
	assert_int_equal(model_init(&s->model, memory, s->machines, sizes, 2), 0);
	s->error = search_run(&s->search, config, &s->model, &s->diag);
	return s;
}

static struct programs end(struct scene *s)
{
	struct programs seen;

	search_fini(&s->search);
	model_fini(&s->model);
	seen = programs_end(s->machines);
	free(s);
	return seen;
}

static struct programs two(const struct op *a, const struct op *b)
{
	return (struct programs){ .count = 2, .ops = { a, b } };
}

/* What comes out, and in how many moves. */
static void finds(enum memory_model memory, struct programs programs, struct search_config config,
		  enum verdict verdict, size_t moves)
{
	struct scene *s = explore(memory, &programs, &config);

	assert_int_equal(s->error, 0);
	if (s->search.verdict != verdict || s->search.path_length != moves)
		fail_msg("%s in %zu moves; expected %s in %zu", verdict_name(s->search.verdict),
			 s->search.path_length, verdict_name(verdict), moves);
	end(s);
}

/* ---------------------------------------------------------------------- litmus */

static const struct op sb_left[] = { WRITE(0, 4, 1), READ(8, 4, 0), END };
static const struct op sb_right[] = { WRITE(8, 4, 1), READ(0, 4, 0), END };

struct outcomes {
	uint64_t statuses[8][MACHINES_MAX];
	unsigned count;
	bool refuse_zeroes; /* "both are 0" is wrong */
};

static const char *note(void *context, const struct model *model, const struct state *state)
{
	struct outcomes *o = context;
	uint64_t *row = o->statuses[o->count], all = 0;

	assert_true(o->count < 8);
	for (uint32_t i = 0; i < model->count; i++)
		all |= row[i] = machines_node(model->machines, state->node[i])->data;
	for (unsigned i = 0; i < o->count; i++)
		if (!memcmp(o->statuses[i], row, model->count * sizeof(*row)))
			return NULL;
	o->count++;
	return o->refuse_zeroes && !all ? "both are 0" : NULL;
}

static bool has(const struct outcomes *o, uint64_t a, uint64_t b)
{
	for (unsigned i = 0; i < o->count; i++)
		if (o->statuses[i][0] == a && o->statuses[i][1] == b)
			return true;
	return false;
}

/*
 * By hand: 1 + 2 + 3 states before both have stored; then each may have read or not, and who
 * reads what the other has yet to store reads 0.
 */
static void store_buffering_has_thirteen_states_under_sc(void **state)
{
	const struct programs programs = two(sb_left, sb_right);
	struct outcomes o = { .count = 0 };
	struct search_config config = UNBOUNDED;
	struct scene *s;

	config.judge = note;
	config.context = &o;
	s = explore(MEMORY_SC, &programs, &config);
	assert_int_equal(s->search.verdict, VERDICT_VERIFIED);
	assert_int_equal(s->search.states.count, 13);
	assert_int_equal(s->search.finals, 3);
	assert_int_equal(s->search.depth, 4);
	assert_int_equal(o.count, 3);
	assert_true(has(&o, 0, 1) && has(&o, 1, 0) && has(&o, 1, 1));
	end(s);
}

static void under_tso_both_may_read_nothing(void **state)
{
	const struct programs programs = two(sb_left, sb_right);
	struct outcomes o = { .count = 0 };
	struct search_config config = UNBOUNDED;
	struct scene *s;

	config.judge = note;
	config.context = &o;
	s = explore(MEMORY_TSO, &programs, &config);
	assert_int_equal(s->search.verdict, VERDICT_VERIFIED);
	assert_int_equal(s->search.depth, 6);
	assert_int_equal(o.count, 4);
	assert_true(has(&o, 0, 0));
	end(s);
}

static void fences_take_that_outcome_away(void **state)
{
	static const struct op left[] = { WRITE(0, 4, 1), FENCE, READ(8, 4, 0), END };
	static const struct op right[] = { WRITE(8, 4, 1), FENCE, READ(0, 4, 0), END };
	struct outcomes o = { .count = 0 };
	struct search_config config = UNBOUNDED;

	config.judge = note;
	config.context = &o;
	finds(MEMORY_TSO, two(left, right), config, VERDICT_VERIFIED, 0);
	assert_int_equal(o.count, 3);
	assert_false(has(&o, 0, 0));
}

/* -------------------------------------------------------------------- verdicts */

/* Who dies of a 1 in the flag, after it has seen one in the data. */
static const struct op dies_of_both[] = { READ(8, 4, 0), IF(0, 0, 4), READ(0, 4, 1), IF(1, 0, 5), END, DIE };

static void a_death_is_found_by_one_of_the_shortest_schedules(void **state)
{
	/* The flag is set before the data. */
	static const struct op writer[] = { WRITE(8, 4, 1), WRITE(0, 4, 1), END };
	const struct programs programs = two(writer, dies_of_both);
	const struct search_config config = UNBOUNDED;
	struct scene *s = explore(MEMORY_SC, &programs, &config);

	assert_int_equal(s->search.verdict, VERDICT_VIOLATED);
	assert_null(s->search.why);
	assert_int_equal(s->search.vm, 1);
	assert_int_equal(s->search.path_length, 3); /* flag, and two looks */
	assert_true(s->search.path[0].vm == 0 && s->search.path[1].vm == 1 && s->search.path[2].vm == 1);
	end(s);
	finds(MEMORY_TSO, programs, config, VERDICT_VIOLATED, 4); /* it has to land */
}

/* From the first state: each move must be one that there is, and the last one kills. */
static void a_schedule_can_be_gone_again(void **state)
{
	static const struct op writer[] = { WRITE(16, 4, 1), WRITE(8, 4, 1), WRITE(0, 4, 1), END };
	const struct programs programs = two(writer, dies_of_both);
	const struct search_config config = UNBOUNDED;
	struct scene *s = explore(MEMORY_TSO, &programs, &config);
	struct state *at = model_new_state();
	struct move moves[MODEL_MOVES];

	assert_int_equal(s->search.path_length, 6);
	assert_int_equal(model_first(&s->model, at, NULL), MOVE_DONE);
	for (size_t i = 0; i < 6; i++) {
		size_t count = model_moves(&s->model, at, moves), k = 0;

		while (k < count && memcmp(&moves[k], &s->search.path[i], sizeof(*moves)))
			k++;
		assert_true(k < count);
		assert_int_equal(model_move(&s->model, at, moves[k], NULL), i < 5 ? MOVE_DONE : MOVE_DIED);
	}
	model_free_state(at);
	end(s);
}

static void an_end_that_is_wrong_is_a_violation(void **state)
{
	const struct programs programs = two(sb_left, sb_right);
	struct outcomes o = { .refuse_zeroes = true };
	struct search_config config = UNBOUNDED;
	struct scene *s;

	config.judge = note;
	config.context = &o;
	s = explore(MEMORY_TSO, &programs, &config);
	assert_int_equal(s->search.verdict, VERDICT_VIOLATED);
	assert_string_equal(s->search.why, "both are 0");
	assert_int_equal(s->search.path_length, 6); /* two stores, two loads, two landings */
	end(s);
}

static void who_waits_for_what_never_comes_is_in_a_deadlock(void **state)
{
	static const struct op waits[] = { WAIT, END };
	static const struct op nothing[] = { READ(0, 4, 0), END };
	static const struct op rings[] = { RING, END };

	finds(MEMORY_SC, two(waits, nothing), UNBOUNDED, VERDICT_DEADLOCK, 2);
	finds(MEMORY_SC, two(waits, waits), UNBOUNDED, VERDICT_DEADLOCK, 2);
	finds(MEMORY_SC, two(waits, rings), UNBOUNDED, VERDICT_VERIFIED, 0);
}

/* A ring for one of them only: whoever is late waits for ever. */
static void a_deadlock_may_need_a_certain_schedule(void **state)
{
	static const struct op waits[] = { WRITE(0, 4, 1), WAIT, END };
	static const struct op rings[] = { READ(0, 4, 0), IF(0, 0, 3), RING, END };

	/* The look comes before the store. */
	finds(MEMORY_SC, two(waits, rings), UNBOUNDED, VERDICT_DEADLOCK, 3);
}

static void a_loop_that_nobody_leaves_is_a_livelock(void **state)
{
	static const struct op spins[] = { READ(0, 4, 0), IF(0, 0, 0), END };
	static const struct op ends[] = { READ(8, 4, 0), END };
	static const struct op stores[] = { WRITE(8, 4, 1), END };
	static const struct op calls[] = { RING, WAIT, GOTO(0) };

	finds(MEMORY_SC, two(spins, spins), UNBOUNDED, VERDICT_LIVELOCK, 0);
	/* As long as the other one has not ended, somebody gets on. */
	finds(MEMORY_SC, two(spins, ends), UNBOUNDED, VERDICT_LIVELOCK, 1);
	/* That its store lands afterwards is nothing. */
	finds(MEMORY_TSO, two(spins, stores), UNBOUNDED, VERDICT_LIVELOCK, 1);
	/* Nor is a call, but for that of a section. */
	finds(MEMORY_SC, two(calls, calls), UNBOUNDED, VERDICT_LIVELOCK, 0);
}

/* Each says that it wants to go, and lets the other go first for ever. */
static const struct op polite[2][6] = {
	{ WRITE(0, 4, 1), READ(8, 4, 0), IF(0, 1, 1), WRITE(0, 4, 0), END },
	{ WRITE(8, 4, 1), READ(0, 4, 0), IF(0, 1, 1), WRITE(8, 4, 0), END },
};

static void a_livelock_may_need_a_certain_schedule(void **state)
{
	finds(MEMORY_SC, two(polite[0], polite[1]), UNBOUNDED, VERDICT_LIVELOCK, 2);
	finds(MEMORY_TSO, two(polite[0], polite[1]), UNBOUNDED, VERDICT_LIVELOCK, 4); /* which land */
}

static void a_loop_that_somebody_can_end_is_no_livelock(void **state)
{
	static const struct op spins[] = { READ(0, 4, 0), IF(0, 0, 0), END };
	static const struct op lets_go[] = { WRITE(0, 4, 1), END };
	/* Both may step back again and again, and need not. */
	static const struct op backs_off[2][8] = {
		{ WRITE(0, 4, 1), READ(8, 4, 0), IF(0, 0, 5), WRITE(0, 4, 0), GOTO(0), WRITE(0, 4, 0), END },
		{ WRITE(8, 4, 1), READ(0, 4, 0), IF(0, 0, 5), WRITE(8, 4, 0), GOTO(0), WRITE(8, 4, 0), END },
	};

	finds(MEMORY_SC, two(spins, lets_go), UNBOUNDED, VERDICT_VERIFIED, 0);
	finds(MEMORY_TSO, two(spins, lets_go), UNBOUNDED, VERDICT_VERIFIED, 0);
	finds(MEMORY_SC, two(backs_off[0], backs_off[1]), UNBOUNDED, VERDICT_VERIFIED, 0);
	finds(MEMORY_TSO, two(backs_off[0], backs_off[1]), UNBOUNDED, VERDICT_VERIFIED, 0);
}

/* Without an end: a section that is entered again and again is what they are there for. */
static void who_enters_a_section_again_and_again_gets_on(void **state)
{
	static const struct op works[] = { ACQUIRE(0, 0), IF(0, 1, 0), ENTER, LEAVE, WRITE(0, 4, 0),
					   GOTO(0), DIE };
	static const struct op idles[] = { ACQUIRE(0, 0), WRITE(0, 4, 0), GOTO(0), DIE };

	finds(MEMORY_SC, two(works, works), UNBOUNDED, VERDICT_VERIFIED, 0);
	finds(MEMORY_TSO, two(works, works), UNBOUNDED, VERDICT_VERIFIED, 0);
	finds(MEMORY_SC, two(idles, idles), UNBOUNDED, VERDICT_LIVELOCK, 0);
}

static void two_in_a_section_is_a_violation(void **state)
{
	static const struct op works[] = { ENTER, LEAVE, END, DIE };

	finds(MEMORY_SC, two(works, works), UNBOUNDED, VERDICT_VIOLATED, 2);
}

static void who_goes_round_in_fences_is_in_a_livelock(void **state)
{
	static const struct op one[] = { FENCE, GOTO(0) };
	static const struct op five[] = { FENCE, READ(0, 4, 0), FENCE, FENCE, FENCE, FENCE, FENCE, GOTO(2) };
	static const struct op ends[] = { READ(8, 4, 0), END };

	finds(MEMORY_TSO, two(one, ends), UNBOUNDED, VERDICT_LIVELOCK, 1);
	finds(MEMORY_TSO, two(five, ends), UNBOUNDED, VERDICT_LIVELOCK, 1);
}

static void what_cannot_be_explored_is_refused_with_its_reason(void **state)
{
	static const struct op lost[] = { READ(0, 4, 0), LOSE };
	static const struct op other[] = { READ(0, 4, 0), END };
	const struct programs programs = two(other, lost);
	const struct search_config config = UNBOUNDED;
	struct scene *s = explore(MEMORY_SC, &programs, &config);

	assert_int_equal(s->search.verdict, VERDICT_REFUSED);
	assert_string_equal(s->search.why, "it is lost");
	assert_int_equal(s->search.vm, 1);
	assert_int_equal(s->search.path_length, 1);
	end(s);
}

static void the_first_state_may_be_the_verdict(void **state)
{
	static const struct op dies[] = { DIE }, lost[] = { LOSE }, ends[] = { END };

	finds(MEMORY_SC, two(ends, dies), UNBOUNDED, VERDICT_VIOLATED, 0);
	finds(MEMORY_SC, two(ends, lost), UNBOUNDED, VERDICT_REFUSED, 0);
	finds(MEMORY_SC, two(ends, ends), UNBOUNDED, VERDICT_VERIFIED, 0);
}

static void a_host_that_fails_ends_the_search(void **state)
{
	struct programs programs = two(sb_left, sb_right);
	const struct search_config config = UNBOUNDED;

	for (programs.fail_at = 1; programs.fail_at < 10; programs.fail_at++) {
		struct scene *s = explore(MEMORY_TSO, &programs, &config);

		assert_true(s->error < 0);
		end(s);
	}
}

/* --------------------------------------------------------------------- bounds */

static void a_bound_of_one_move_less_finds_nothing(void **state)
{
	static const struct op writer[] = { WRITE(8, 4, 1), WRITE(0, 4, 1), END };
	static const struct op waits[] = { WAIT, END };
	struct search_config config = UNBOUNDED;
	struct outcomes o = { .refuse_zeroes = true };

	/* Of a death. */
	config.steps = 3;
	finds(MEMORY_SC, two(writer, dies_of_both), config, VERDICT_VIOLATED, 3);
	config.steps = 2;
	finds(MEMORY_SC, two(writer, dies_of_both), config, VERDICT_BOUND, 0);
	/* Of a deadlock. */
	finds(MEMORY_SC, two(waits, waits), config, VERDICT_DEADLOCK, 2);
	config.steps = 1;
	finds(MEMORY_SC, two(waits, waits), config, VERDICT_BOUND, 0);
	/* Of an end that is wrong. */
	config.judge = note;
	config.context = &o;
	config.steps = 6;
	finds(MEMORY_TSO, two(sb_left, sb_right), config, VERDICT_VIOLATED, 6);
	o.count = 0;
	config.steps = 5;
	finds(MEMORY_TSO, two(sb_left, sb_right), config, VERDICT_BOUND, 0);
}

static void a_bound_that_no_schedule_exceeds_cuts_nothing_off(void **state)
{
	struct search_config config = UNBOUNDED;

	config.steps = 4;
	finds(MEMORY_SC, two(sb_left, sb_right), config, VERDICT_VERIFIED, 0);
	config.steps = 3;
	finds(MEMORY_SC, two(sb_left, sb_right), config, VERDICT_BOUND, 0);
}

static void a_bound_holds_where_moves_are_left_out(void **state)
{
	static const struct op counts[] = { WRITE(0, 4, 1), WRITE(0, 4, 2), WRITE(0, 4, 3), WRITE(0, 4, 4), DIE };
	static const struct op reads[] = { READ(64, 4, 0), END };
	struct search_config config = UNBOUNDED;

	config.reduces = true;
	config.steps = 4;
	finds(MEMORY_SC, two(counts, reads), config, VERDICT_VIOLATED, 4);
	config.steps = 3;
	finds(MEMORY_SC, two(counts, reads), config, VERDICT_BOUND, 0);
}

/* Within a bound a loop that is not left yet may be left later. */
static void within_a_bound_there_is_no_livelock(void **state)
{
	struct search_config config = UNBOUNDED;

	config.steps = 3;
	finds(MEMORY_SC, two(polite[0], polite[1]), config, VERDICT_BOUND, 0);
}

static bool stop(void *context, const struct search *search)
{
	return true;
}

static void each_bound_has_its_name(void **state)
{
	const struct programs programs = two(sb_left, sb_right);
	struct search_config configs[4] = { UNBOUNDED, UNBOUNDED, UNBOUNDED, UNBOUNDED };
	static const char *const names[] = { "steps", "states", "memory", "an interrupt" };

	configs[0].steps = 2;
	configs[1].states = 5;
	configs[2].bytes = 1;
	configs[3].progress = stop;
	for (int i = 0; i < 4; i++) {
		struct scene *s = explore(MEMORY_SC, &programs, &configs[i]);

		assert_int_equal(s->error, 0);
		assert_int_equal(s->search.verdict, VERDICT_BOUND);
		assert_string_equal(s->search.why, names[i]);
		end(s);
	}
}

static void states_are_not_many_more_than_their_bound(void **state)
{
	const struct programs programs = two(sb_left, sb_right);
	struct search_config config = UNBOUNDED;

	for (config.states = 1; config.states < 13; config.states++) {
		struct scene *s = explore(MEMORY_SC, &programs, &config);

		assert_int_equal(s->search.verdict, VERDICT_BOUND);
		/* A state is gone on from as a whole: one move of each VM. */
		assert_in_range(s->search.states.count, config.states, config.states + 2);
		end(s);
	}
}

/* ------------------------------------------- an enumeration of another make */

#define SPOTS	  60000
#define VMS	  3
#define OPS	  6
#define BYTES	  24

/* Memory is bytes, and a queue is of stores as they were made. */
struct spot {
	struct local vm[VMS];
	uint8_t memory[BYTES];
	struct {
		uint32_t at, size;
		uint64_t value;
	} queue[VMS][OPS];
	uint32_t queued[VMS];
};

struct oracle {
	bool tso;
	uint32_t vms;
	const struct op *ops[VMS];
	struct spot *spots;
	size_t count;
	uint64_t moves, finals;
};

static const struct op *op_of(const struct oracle *o, const struct spot *s, uint32_t vm)
{
	return &o->ops[vm][s->vm[vm].pc];
}

static void write_bytes(struct spot *s, uint32_t at, uint32_t size, uint64_t value)
{
	for (uint32_t i = 0; i < size; i++)
		s->memory[at + i] = (uint8_t)(value >> 8 * i);
}

static bool read_bytes(const struct oracle *o, const struct spot *s, uint32_t vm, const struct op *op,
		       uint64_t *value)
{
	*value = 0;
	for (uint32_t k = s->queued[vm]; k-- > 0;) {
		uint32_t from = s->queue[vm][k].at, to = from + s->queue[vm][k].size, own = 0;

		for (uint32_t i = op->at; i < op->at + op->size; i++)
			own += i >= from && i < to;
		if (!own)
			continue;
		if (own < op->size)
			return false;
		for (uint32_t i = 0; i < op->size; i++)
			*value |= (s->queue[vm][k].value >> 8 * (op->at - from + i) & 0xFF) << 8 * i;
		return true;
	}
	for (uint32_t i = 0; i < op->size; i++)
		*value |= (uint64_t)s->memory[op->at + i] << 8 * i;
	return true;
}

static void visit(struct oracle *o, struct spot s)
{
	/* A fence behind an empty queue is nothing. */
	for (uint32_t i = 0; i < o->vms; i++) {
		local_settle(o->ops[i], &s.vm[i]);
		while (!s.queued[i] && op_of(o, &s, i)->kind == OP_FENCE) {
			s.vm[i].pc++;
			local_settle(o->ops[i], &s.vm[i]);
		}
	}
	for (size_t i = o->count; i-- > 0;)
		if (!memcmp(&o->spots[i], &s, sizeof(s)))
			return;
	assert_true(o->count < SPOTS);
	o->spots[o->count++] = s;
}

static void go(struct oracle *o, struct spot s, uint32_t vm, uint64_t got)
{
	s.vm[vm].r[op_of(o, &s, vm)->r] = got;
	s.vm[vm].pc++;
	o->moves++;
	visit(o, s);
}

static void step_oracle(struct oracle *o, const struct spot *from, uint32_t vm)
{
	const struct op *op = op_of(o, from, vm);
	struct spot s = *from;
	uint64_t value, mask = op->size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * op->size) - 1;

	switch (op->kind) {
	case OP_WRITE:
		if (o->tso) {
			s.queue[vm][s.queued[vm]].at = op->at;
			s.queue[vm][s.queued[vm]].size = op->size;
			s.queue[vm][s.queued[vm]++].value = op->value & mask;
		} else {
			write_bytes(&s, op->at, op->size, op->value);
		}
		s.vm[vm].pc++;
		o->moves++;
		visit(o, s);
		break;
	case OP_READ:
		if (read_bytes(o, &s, vm, op, &value))
			go(o, s, vm, value);
		break;
	case OP_ADD:
	case OP_ACQUIRE:
		if (s.queued[vm])
			break;
		read_bytes(o, &s, vm, op, &value);
		if (op->kind == OP_ADD)
			write_bytes(&s, op->at, op->size, value + op->value);
		else if (!value)
			write_bytes(&s, op->at, op->size, 1);
		go(o, s, vm, value);
		break;
	case OP_CHOOSE:
		for (uint64_t i = 0; i < op->value && !s.queued[vm]; i++)
			go(o, s, vm, i);
		break;
	case OP_OPEN: /* it is interrupted with no store on its way */
		for (uint64_t i = 0; i < (s.queued[vm] ? 1 : 2); i++)
			go(o, s, vm, i);
		break;
	default:
		break;
	}
}

static void land_oracle(struct oracle *o, const struct spot *from, uint32_t vm)
{
	struct spot s = *from;

	write_bytes(&s, s.queue[vm][0].at, s.queue[vm][0].size, s.queue[vm][0].value);
	s.queued[vm]--;
	memmove(&s.queue[vm][0], &s.queue[vm][1], s.queued[vm] * sizeof(s.queue[0][0]));
	memset(&s.queue[vm][s.queued[vm]], 0, sizeof(s.queue[0][0]));
	o->moves++;
	visit(o, s);
}

static void enumerate(struct oracle *o)
{
	struct spot first;

	memset(&first, 0, sizeof(first));
	for (uint32_t i = 0; i < o->vms; i++)
		first.vm[i].vm = i;
	visit(o, first);
	for (size_t i = 0; i < o->count; i++) {
		bool final = true;

		for (uint32_t vm = 0; vm < o->vms; vm++) {
			const struct spot here = o->spots[i];

			final = final && op_of(o, &here, vm)->kind == OP_END && !here.queued[vm];
			step_oracle(o, &here, vm);
			if (here.queued[vm])
				land_oracle(o, &here, vm);
		}
		o->finals += final;
	}
}

/* ------------------------------------------------------------------- comparing */

/* Ends that the search sees, each once: statuses, and memory. */
struct ends {
	const struct oracle *oracle; /* or NULL */
	struct store seen;
};

static void keep_end(struct ends *ends, const struct model *model, const struct state *state)
{
	uint64_t end[VMS + BYTES / 8] = { 0 };

	for (uint32_t i = 0; i < model->count; i++)
		end[i] = machines_node(model->machines, state->node[i])->data;
	for (uint32_t i = 0; i < BYTES / 8; i++)
		end[VMS + i] = model_peek(model, state, 0, 8 * i, 8);
	store_add(&ends->seen, end, sizeof(end), NULL);
}

/* Every one is one of the enumeration's. */
static const char *is_known(void *context, const struct model *model, const struct state *state)
{
	struct ends *ends = context;
	const struct oracle *o = ends->oracle;

	keep_end(ends, model, state);
	if (!o)
		return NULL;
	for (size_t i = 0; i < o->count; i++) {
		const struct spot *s = &o->spots[i];
		bool same = true;

		for (uint32_t vm = 0; vm < o->vms; vm++)
			same = same && op_of(o, s, vm)->kind == OP_END && !s->queued[vm] &&
			       local_status(&s->vm[vm]) ==
				       machines_node(model->machines, state->node[vm])->data;
		for (uint32_t at = 0; at < BYTES; at++)
			same = same && model_peek(model, state, 0, at, 1) == s->memory[at];
		if (same)
			return NULL;
	}
	return "no such end";
}

static uint32_t draw(uint64_t *random, uint32_t below)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (uint32_t)(*random >> 33) % below;
}

/* Accesses of all sizes to three words, so that they overlap often. Values have all their bytes. */
static void make_program(uint64_t *random, struct op *ops, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint8_t size = (uint8_t)(1 << draw(random, 4)), r = (uint8_t)draw(random, 3);
		uint32_t at = draw(random, BYTES / size) * size;
		uint64_t value = (draw(random, 255) + 1) * UINT64_C(0x0101010101010101);

		switch (draw(random, 13)) {
		case 0:
			ops[i] = (struct op)FENCE;
			break;
		case 1:
			ops[i] = (struct op)ADD(at, size, r, value);
			break;
		case 2:
			ops[i] = (struct op)ACQUIRE(at / 8 * 8, r);
			break;
		case 3:
			ops[i] = (struct op)CHOOSE(2, r);
			break;
		case 4: /* over the next one */
			ops[i] = (struct op)IF(r, 0, i + 2 < count ? i + 2 : count);
			break;
		case 5:
		case 6:
		case 7:
			ops[i] = (struct op)READ(at, size, r);
			break;
		case 8:
			ops[i] = (struct op)OPEN(r);
			break;
		default:
			ops[i] = (struct op)WRITE(at, size, value);
		}
	}
	ops[count] = (struct op)END;
}

/* Ways to search: all moves; fewer in breadth; fewer in depth. */
#define WAYS 3

static void leave_out(struct search_config *config, int way)
{
	config->reduces = way == 1;
	config->order = way == 2 ? SEARCH_DEPTH : SEARCH_BREADTH;
}

static void compare(enum memory_model memory, uint32_t vms, uint32_t length, unsigned rounds)
{
	uint64_t random = 88172645463325252u + vms;
	struct op ops[VMS][OPS + 1];
	struct spot *spots = malloc(SPOTS * sizeof(*spots));
	size_t all = 0, fewer[WAYS] = { 0 };

	for (unsigned round = 0; round < rounds; round++) {
		struct programs programs = { .count = vms };
		struct search_config config = UNBOUNDED;
		struct oracle o = { .tso = memory == MEMORY_TSO, .vms = vms, .spots = spots };
		struct ends ends = { .oracle = &o };
		struct scene *s;

		for (uint32_t i = 0; i < vms; i++) {
			make_program(&random, ops[i], length);
			programs.ops[i] = o.ops[i] = ops[i];
		}
		enumerate(&o);
		config.judge = is_known;
		config.context = &ends;
		s = explore(memory, &programs, &config);
		if (s->search.verdict != VERDICT_VERIFIED || s->search.states.count != o.count ||
		    s->search.moves != o.moves || s->search.finals != o.finals)
			fail_msg("round %u: %s, %zu states of %zu, %llu moves of %llu, %llu ends of %llu",
				 round, verdict_name(s->search.verdict), s->search.states.count, o.count,
				 (unsigned long long)s->search.moves, (unsigned long long)o.moves,
				 (unsigned long long)s->search.finals, (unsigned long long)o.finals);
		all += s->search.states.count;
		end(s);
		/* With moves left out there are fewer states, and the same ends: in the last round alone, too. */
		for (int way = 1; way < WAYS; way++) {
			struct ends reduced = { .oracle = &o };

			leave_out(&config, way);
			config.context = &reduced;
			s = explore(memory, &programs, &config);
			if (s->search.verdict != VERDICT_VERIFIED ||
			    reduced.seen.count != ends.seen.count || s->search.finals != o.finals)
				fail_msg("round %u, way %d: %s, %zu ends of %zu", round, way,
					 verdict_name(s->search.verdict), reduced.seen.count,
					 ends.seen.count);
			assert_true(s->search.states.count <= o.count);
			fewer[way] += s->search.states.count;
			end(s);
			store_fini(&reduced.seen);
		}
		store_fini(&ends.seen);
	}
	free(spots);
	print_message("# %zu states, %zu where moves are left out, %zu in depth\n", all, fewer[1], fewer[2]);
	assert_true(fewer[1] < all && fewer[2] < all);
}

static void all_states_under_sc_are_seen_and_no_others(void **state)
{
	compare(MEMORY_SC, 2, OPS, 800);
	compare(MEMORY_SC, 3, 3, 150);
}

static void all_states_under_tso_are_seen_and_no_others(void **state)
{
	compare(MEMORY_TSO, 2, 5, 400);
	compare(MEMORY_TSO, 3, 3, 150);
}

/* -------------------------------------------------------------------- threads */

static unsigned threads_left = UINT_MAX; /* that can be started */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *), void *argument);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *), void *argument)
{
	if (!threads_left)
		return EAGAIN;
	threads_left--;
	return __real_pthread_create(thread, how, run, argument);
}

/* All that two searches have seen, number by number. */
static void are_the_same(const struct search *a, const struct search *b)
{
	assert_int_equal(a->verdict, b->verdict);
	assert_int_equal(a->states.count, b->states.count);
	assert_int_equal(a->moves, b->moves);
	assert_int_equal(a->finals, b->finals);
	assert_int_equal(a->depth, b->depth);
	for (uint32_t i = 0; i < a->states.count; i++) {
		size_t size, other;
		const void *bytes = store_get(&a->states, i, &size);

		store_get(&b->states, i, &other);
		assert_int_equal(size, other);
		assert_memory_equal(bytes, store_get(&b->states, i, &other), size);
		assert_int_equal(a->origins[i].from, b->origins[i].from);
		assert_memory_equal(&a->origins[i].move, &b->origins[i].move, sizeof(struct move));
	}
	assert_memory_equal(a->leads, b->leads, a->states.count * sizeof(*a->leads));
	assert_int_equal(a->link_count, b->link_count);
	assert_memory_equal(a->links, b->links, a->link_count * sizeof(*a->links));
	assert_memory_equal(a->good, b->good, a->states.count);
	assert_int_equal(a->path_length, b->path_length);
	assert_memory_equal(a->path, b->path, a->path_length * sizeof(*a->path));
}

/* So many ends are right, and the next one is wrong, wherever the search is then. */
struct patience {
	uint64_t ends;
};

static const char *ends_at(void *context, const struct model *model, const struct state *state)
{
	struct patience *p = context;

	return p->ends-- ? NULL : "one end too many";
}

/* Programs of three VMs without calls, of which many states wait at once. */
static void with_any_number_of_threads_states_get_the_same_numbers(void **state)
{
	static const struct { unsigned threads, left; } ways[] = {
		{ 1, 0 }, { 2, UINT_MAX }, { 3, UINT_MAX }, { 5, UINT_MAX }, { 20, UINT_MAX }, { 4, 0 }, { 4, 1 },
	};
	uint64_t random = 7;
	size_t most = 0;

	for (unsigned round = 0; round < 40; round++) {
		struct op ops[VMS][OPS + 1];
		struct programs programs = { .count = VMS };
		struct patience patience = { .ends = round % 4 ? UINT64_MAX : draw(&random, 300) };
		struct search_config config = UNBOUNDED;
		struct patience left = patience;
		struct scene *alone, *s;

		for (uint32_t i = 0; i < VMS; i++) {
			make_program(&random, ops[i], 4 + round % 2);
			programs.ops[i] = ops[i];
		}
		config.judge = ends_at;
		config.context = &left;
		alone = explore(MEMORY_TSO, &programs, &config);
		assert_int_equal(alone->error, 0);
		most = alone->search.states.count > most ? alone->search.states.count : most;
		for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
			left = patience;
			config.threads = ways[i].threads;
			threads_left = ways[i].left;
			s = explore(MEMORY_TSO, &programs, &config);
			threads_left = UINT_MAX;
			assert_int_equal(s->error, 0);
			are_the_same(&alone->search, &s->search);
			end(s);
		}
		end(alone);
	}
	print_message("# up to %zu states\n", most);
	assert_true(most > 10000);
}

/* ------------------------------------------------------------- moves left out */

/* Calls, too; what dies stands behind the end. */
static void make_calling_program(uint64_t *random, struct op *ops, uint32_t count)
{
	make_program(random, ops, count);
	for (uint32_t i = 0; i < count; i++)
		switch (draw(random, 8)) {
		case 0:
			ops[i] = (struct op)RING;
			break;
		case 1:
			ops[i] = (struct op)WAIT;
			break;
		case 2:
			ops[i] = (struct op)ENTER;
			break;
		case 3:
			ops[i] = (struct op)LEAVE;
			break;
		case 4:
			if (ops[i].kind == OP_WRITE)
				ops[i] = (struct op)FENCE;
		}
	ops[count + 1] = (struct op)DIE;
}

/* The same programs are right, and the same wrong, with and without the moves that are left out. */
static void what_is_wrong_is_found_with_fewer_moves(void **state)
{
	struct op ops[VMS][OPS + 2];
	uint64_t random = 1;
	unsigned wrong = 0, rounds = 1500;

	for (unsigned round = 0; round < rounds; round++) {
		struct programs programs = { .count = 2 + round % 2 };
		struct search_config config = UNBOUNDED;
		struct ends ends[WAYS] = { { NULL } };
		uint64_t finals[WAYS];
		bool bad[WAYS];

		for (uint32_t i = 0; i < programs.count; i++) {
			make_calling_program(&random, ops[i], 3 + !(round % 2));
			programs.ops[i] = ops[i];
		}
		config.judge = is_known;
		for (int i = 0; i < WAYS; i++) {
			struct scene *s;

			leave_out(&config, i);
			config.context = &ends[i];
			s = explore(round % 3 ? MEMORY_TSO : MEMORY_SC, &programs, &config);
			bad[i] = s->search.verdict != VERDICT_VERIFIED;
			finals[i] = s->search.finals;
			end(s);
		}
		for (int i = 1; i < WAYS; i++)
			if (bad[0] != bad[i] || (!bad[0] && finals[0] != finals[i]) ||
			    (!bad[0] && ends[0].seen.count != ends[i].seen.count))
				fail_msg("round %u: %s, %zu ends; with fewer moves, way %d, %s, %zu ends", round,
					 bad[0] ? "wrong" : "right", ends[0].seen.count, i,
					 bad[i] ? "wrong" : "right", ends[i].seen.count);
		wrong += bad[0];
		for (int i = 0; i < WAYS; i++)
			store_fini(&ends[i].seen);
	}
	print_message("# %u of %u are wrong\n", wrong, rounds);
	assert_in_range(wrong, rounds / 10, rounds * 9 / 10);
}

/* A fence is passed in the same move as what is before it; behind it is an end, of which the
   section hears. */
static void an_end_behind_a_fence_is_not_put_before_what_others_call(void **state)
{
	static const struct op left[] = { ENTER, READ(20, 1, 2), FENCE, END, DIE };
	static const struct op lands[] = { ENTER, WRITE(20, 1, 1), FENCE, END, DIE };
	static const struct op right[] = { ADD(4, 1, 2, 0x68), LEAVE, ADD(22, 2, 1, 0xCACA), ENTER, END, DIE };
	struct search_config config = UNBOUNDED;
	const struct programs programs[] = { two(left, right), two(lands, right) };

	for (int i = 0; i < 4; i++) {
		struct scene *s;

		leave_out(&config, 1 + i / 2);
		s = explore(MEMORY_TSO, &programs[i % 2], &config);

		assert_int_equal(s->search.verdict, VERDICT_VIOLATED);
		end(s);
	}
}

/* Who only spins is no reason to put off the one that ends it. */
static void a_loop_does_not_put_the_others_off(void **state)
{
	static const struct op spins[] = { READ(0, 4, 0), IF(0, 0, 0), END };
	static const struct op spins_elsewhere[] = { READ(64, 4, 0), IF(0, 0, 0), END };
	static const struct op dies[] = { READ(8, 4, 0), DIE };
	struct search_config config = UNBOUNDED;
	const struct programs programs[] = { two(spins, dies), two(spins_elsewhere, dies) };

	for (int i = 0; i < 4; i++) {
		struct scene *s;

		leave_out(&config, 1 + i / 2);
		s = explore(MEMORY_TSO, &programs[i % 2], &config);

		assert_int_equal(s->search.verdict, VERDICT_VIOLATED);
		end(s);
	}
}

/*
 * The first one adds to x and takes it back, or does not. Where it did, it comes to a state that
 * was seen; behind that the other one loads x, which has to be tried before it was taken back,
 * with the store to y still on its way.
 */
static void what_races_behind_a_state_that_was_seen_is_tried_before_it(void **state)
{
	static const struct op adds[] = { CHOOSE(2, 1),	  IF(1, 1, 4),	 ADD(0, 4, 1, 1),
					  ADD(0, 4, 1, -1), READ(8, 4, 0), END };
	static const struct op looks[] = { WRITE(8, 4, 1), READ(0, 4, 0), END };
	struct programs programs = two(adds, looks);
	struct outcomes outcomes[WAYS] = { { .count = 0 } };
	uint64_t finals[WAYS];

	programs.no_devices = true;
	for (int i = 0; i < WAYS; i++) {
		struct search_config config = UNBOUNDED;
		struct scene *s;

		leave_out(&config, i);
		config.judge = note;
		config.context = &outcomes[i];
		s = explore(MEMORY_TSO, &programs, &config);
		assert_int_equal(s->search.verdict, VERDICT_VERIFIED);
		finals[i] = s->search.finals;
		end(s);
	}
	assert_true(has(&outcomes[0], 1 << 8, 1)); /* x as it was between, and y as it was before */
	for (int i = 1; i < WAYS; i++)
		assert_int_equal(finals[i], finals[0]);
}

/* States of a search in depth of two VMs whose ends no device hears of. */
static void has_states(enum memory_model memory, const struct op *a, const struct op *b,
		       size_t states)
{
	struct search_config config = UNBOUNDED;
	struct programs programs = two(a, b);
	struct scene *s;

	programs.no_devices = true;
	config.order = SEARCH_DEPTH;
	s = explore(memory, &programs, &config);
	assert_int_equal(s->search.verdict, VERDICT_VERIFIED);
	if (s->search.states.count != states)
		fail_msg("%zu states; expected %zu", s->search.states.count, states);
	end(s);
}

/* One state more than there are moves is one order; in all orders there would be more. */
static void in_depth_moves_that_do_not_race_are_made_in_one_order(void **state)
{
	static const struct op reads[] = { READ(0, 4, 0), END }, beside[] = { READ(8, 4, 0), END };
	static const struct op writes[] = { WRITE(0, 4, 1), END }, rings[] = { RING, END };
	static const struct op twice[] = { WRITE(0, 4, 1), WRITE(8, 4, 1), END }, ends[] = { END };

	has_states(MEMORY_SC, reads, reads, 3);
	has_states(MEMORY_SC, reads, beside, 3);
	has_states(MEMORY_SC, reads, rings, 3);
	has_states(MEMORY_SC, beside, writes, 3);
	/* A store that is made does not race with its landing, nor with that of the one before. */
	has_states(MEMORY_TSO, twice, ends, 5);
	/* Of a landing and a load there are two orders, behind the store; which does not race. */
	has_states(MEMORY_TSO, writes, reads, 6);
	has_states(MEMORY_TSO, writes, beside, 4);
}

/* ---------------------------------------------------------- schedules by chance */

static struct search_config walks(enum search_order order, uint64_t count, uint64_t seed)
{
	struct search_config config = UNBOUNDED;

	config.order = order;
	config.walks = count;
	config.seed = seed;
	return config;
}

static void chance_finds_what_is_wrong(void **state)
{
	static const struct op writer[] = { WRITE(8, 4, 1), WRITE(0, 4, 1), END };
	static const struct op waits[] = { WAIT, END };
	static const struct {
		enum memory_model memory;
		const struct op *a, *b;
		enum verdict verdict;
	} cases[] = {
		{ MEMORY_SC, writer, dies_of_both, VERDICT_VIOLATED },
		{ MEMORY_TSO, writer, dies_of_both, VERDICT_VIOLATED },
		{ MEMORY_SC, waits, waits, VERDICT_DEADLOCK },
		{ MEMORY_TSO, sb_left, sb_right, VERDICT_VIOLATED }, /* by the judge */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (uint64_t seed = 0; seed < 20; seed++) {
			struct search_config config = walks(seed % 2 ? SEARCH_PCT : SEARCH_RANDOM, 5000, seed);
			const struct programs programs = two(cases[i].a, cases[i].b);
			struct outcomes o = { .refuse_zeroes = true };
			struct state *at = model_new_state();
			enum move_end last = MOVE_DONE;
			struct scene *s;

			if (i == 3) {
				config.judge = note;
				config.context = &o;
			}
			s = explore(cases[i].memory, &programs, &config);
			assert_int_equal(s->search.verdict, cases[i].verdict);
			/* Its schedule can be gone. */
			assert_int_equal(model_first(&s->model, at, NULL), MOVE_DONE);
			for (size_t k = 0; k < s->search.path_length; k++) {
				assert_int_equal(last, MOVE_DONE);
				last = model_move(&s->model, at, s->search.path[k], NULL);
			}
			assert_int_equal(last, i < 2 ? MOVE_DIED : MOVE_DONE);
			model_free_state(at);
			end(s);
		}
}

static void chance_verifies_nothing(void **state)
{
	for (int i = 0; i < 2; i++) {
		const struct search_config config = walks(i ? SEARCH_PCT : SEARCH_RANDOM, 50, 1);
		const struct programs programs = two(sb_left, sb_right);
		struct scene *s = explore(MEMORY_SC, &programs, &config);

		assert_int_equal(s->search.verdict, VERDICT_BOUND);
		assert_string_equal(s->search.why, "schedules");
		assert_int_equal(s->search.walks, 50);
		assert_int_equal(s->search.moves, 200); /* each has two stores and two loads */
		assert_int_equal(s->search.depth, 4);
		end(s);
	}
}

static void chance_can_be_interrupted(void **state)
{
	struct search_config config = walks(SEARCH_RANDOM, 50, 1);
	const struct programs programs = two(sb_left, sb_right);
	struct scene *s;

	config.progress = stop;
	s = explore(MEMORY_SC, &programs, &config);
	assert_int_equal(s->search.verdict, VERDICT_BOUND);
	assert_string_equal(s->search.why, "an interrupt");
	assert_int_equal(s->search.walks, 0);
	end(s);
}

static void the_same_seed_finds_the_same_schedule(void **state)
{
	static const struct op writer[] = { WRITE(16, 4, 1), WRITE(8, 4, 1), WRITE(0, 4, 1), END };
	const struct programs programs = two(writer, dies_of_both);
	bool differ = false;

	for (uint64_t seed = 0; seed < 10; seed++) {
		const struct search_config config = walks(SEARCH_RANDOM, 5000, seed), other =
			walks(SEARCH_RANDOM, 5000, seed + 100);
		struct scene *a = explore(MEMORY_TSO, &programs, &config);
		struct scene *b = explore(MEMORY_TSO, &programs, &config);
		struct scene *c = explore(MEMORY_TSO, &programs, &other);

		assert_int_equal(a->search.path_length, b->search.path_length);
		assert_memory_equal(a->search.path, b->search.path,
				    a->search.path_length * sizeof(*a->search.path));
		differ = differ || a->search.walks != c->search.walks ||
			 a->search.path_length != c->search.path_length;
		end(a);
		end(b);
		end(c);
	}
	assert_true(differ);
}

/* Schedules of just so many moves, but not of one more. */
static void chance_keeps_within_the_bound(void **state)
{
	static const struct op waits[] = { WAIT, END };
	struct search_config config = walks(SEARCH_RANDOM, 100, 1);

	config.steps = 2;
	finds(MEMORY_SC, two(waits, waits), config, VERDICT_DEADLOCK, 2);
	config.steps = 1;
	finds(MEMORY_SC, two(waits, waits), config, VERDICT_BOUND, 0);
}

/* Who waits by reading, and is first in rank, does not keep the others from what ends it. */
static void a_loop_of_reads_gives_way(void **state)
{
	static const struct op spins[] = { READ(0, 4, 0), IF(0, 0, 0), DIE };
	/* It may be interrupted meanwhile. */
	static const struct op spins_on[] = { OPEN(1), READ(0, 4, 0), IF(0, 0, 0), DIE };
	static const struct op lets_go[] = { WRITE(0, 4, 1), END };

	for (uint64_t seed = 0; seed < 100; seed++) {
		const struct programs programs = two(seed % 2 ? spins_on : spins, lets_go);
		const struct search_config config = walks(SEARCH_PCT, 1, seed);
		struct scene *s = explore(MEMORY_TSO, &programs, &config);

		assert_int_equal(s->search.verdict, VERDICT_VIOLATED);
		end(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(store_buffering_has_thirteen_states_under_sc),
		cmocka_unit_test(under_tso_both_may_read_nothing),
		cmocka_unit_test(fences_take_that_outcome_away),
		cmocka_unit_test(a_death_is_found_by_one_of_the_shortest_schedules),
		cmocka_unit_test(a_schedule_can_be_gone_again),
		cmocka_unit_test(an_end_that_is_wrong_is_a_violation),
		cmocka_unit_test(who_waits_for_what_never_comes_is_in_a_deadlock),
		cmocka_unit_test(a_deadlock_may_need_a_certain_schedule),
		cmocka_unit_test(a_loop_that_nobody_leaves_is_a_livelock),
		cmocka_unit_test(a_livelock_may_need_a_certain_schedule),
		cmocka_unit_test(a_loop_that_somebody_can_end_is_no_livelock),
		cmocka_unit_test(who_enters_a_section_again_and_again_gets_on),
		cmocka_unit_test(two_in_a_section_is_a_violation),
		cmocka_unit_test(who_goes_round_in_fences_is_in_a_livelock),
		cmocka_unit_test(what_cannot_be_explored_is_refused_with_its_reason),
		cmocka_unit_test(the_first_state_may_be_the_verdict),
		cmocka_unit_test(a_host_that_fails_ends_the_search),
		cmocka_unit_test(a_bound_of_one_move_less_finds_nothing),
		cmocka_unit_test(a_bound_that_no_schedule_exceeds_cuts_nothing_off),
		cmocka_unit_test(a_bound_holds_where_moves_are_left_out),
		cmocka_unit_test(within_a_bound_there_is_no_livelock),
		cmocka_unit_test(each_bound_has_its_name),
		cmocka_unit_test(states_are_not_many_more_than_their_bound),
		cmocka_unit_test(all_states_under_sc_are_seen_and_no_others),
		cmocka_unit_test(all_states_under_tso_are_seen_and_no_others),
		cmocka_unit_test(with_any_number_of_threads_states_get_the_same_numbers),
		cmocka_unit_test(what_is_wrong_is_found_with_fewer_moves),
		cmocka_unit_test(an_end_behind_a_fence_is_not_put_before_what_others_call),
		cmocka_unit_test(a_loop_does_not_put_the_others_off),
		cmocka_unit_test(in_depth_moves_that_do_not_race_are_made_in_one_order),
		cmocka_unit_test(what_races_behind_a_state_that_was_seen_is_tried_before_it),
		cmocka_unit_test(chance_finds_what_is_wrong),
		cmocka_unit_test(chance_verifies_nothing),
		cmocka_unit_test(chance_can_be_interrupted),
		cmocka_unit_test(the_same_seed_finds_the_same_schedule),
		cmocka_unit_test(chance_keeps_within_the_bound),
		cmocka_unit_test(a_loop_of_reads_gives_way),
	};

	return cmocka_run_group_tests_name("explore search", tests, NULL, NULL);
}
