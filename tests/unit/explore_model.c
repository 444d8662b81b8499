/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_model.c - what moves a state has, what they do to it, and which of them are enough, under
 * both memory models.
 */
#include "programs.h"

#include "explore/model.h"
#include "explore/reduction.h"

/* Programs in a model, and a state. */
struct scene {
	struct machines *machines;
	struct model model;
	struct state *state;
};

static struct scene begin_programs(enum memory_model memory, const struct programs *programs)
{
	const uint64_t sizes[] = { REGION_SIZE, REGION_SIZE };
	struct scene s = { .machines = programs_begin(programs), .state = model_new_state() };

	assert_int_equal(model_init(&s.model, memory, s.machines, sizes, 2), 0);
	assert_int_equal(model_first(&s.model, s.state, NULL), MOVE_DONE);
	return s;
}

static struct scene begin(enum memory_model memory, const struct op *a, const struct op *b)
{
	const struct programs programs = { .count = b ? 2 : 1, .ops = { a, b } };

	return begin_programs(memory, &programs);
}

static struct programs end(struct scene *s)
{
	model_fini(&s->model);
	model_free_state(s->state);
	return programs_end(s->machines);
}

/* Moves as text: "0 0- 1.3" are a step, a landing, and the fourth choice. */
static const char *text_of(const struct move *moves, size_t count)
{
	static char text[256];
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u%s%.*s", i ? " " : "",
					 moves[i].vm, moves[i].kind == MOVE_LAND ? "-" : "",
					 moves[i].choice ? 2 : 0,
					 (char[]){ '.', (char)('0' + moves[i].choice) });
	return text;
}

/* Those of a state. */
static const char *moves(const struct scene *s)
{
	struct move moves[MODEL_MOVES];

	return text_of(moves, model_moves(&s->model, s->state, moves));
}

static void make(struct scene *s, uint8_t vm, enum move_kind kind)
{
	assert_int_equal(model_move(&s->model, s->state, (struct move){ vm, (uint8_t)kind, 0 }, NULL),
			 MOVE_DONE);
}

static void step(struct scene *s, uint8_t vm)
{
	make(s, vm, MOVE_STEP);
}

static void land(struct scene *s, uint8_t vm)
{
	make(s, vm, MOVE_LAND);
}

static uint64_t peek(const struct scene *s, uint32_t at, unsigned size)
{
	return model_peek(&s->model, s->state, at / REGION_SIZE, at % REGION_SIZE, size);
}

static const struct node *node(const struct scene *s, uint32_t vm)
{
	return machines_node(s->machines, s->state->node[vm]);
}

/* --------------------------------------------------------------------- stores */

static void under_sc_a_store_is_seen_at_once(void **state)
{
	static const struct op writer[] = { WRITE(8, 4, 0x11223344), END };
	static const struct op reader[] = { READ(8, 4, 0), END };
	struct scene s = begin(MEMORY_SC, writer, reader);

	assert_string_equal(moves(&s), "0 1");
	step(&s, 0);
	assert_string_equal(moves(&s), "1");
	assert_int_equal(peek(&s, 8, 4), 0x11223344);
	step(&s, 1);
	assert_int_equal(node(&s, 1)->data, 0x11223344);
	assert_true(model_is_final(&s.model, s.state));
	end(&s);
}

/* What does not fit into its bytes is not of it: states with and without that are one. */
static void a_store_on_its_way_has_its_own_bytes_only(void **state)
{
	static const struct op writer[] = { WRITE(8, 2, 0x12345), END };
	struct scene s = begin(MEMORY_TSO, writer, NULL);

	step(&s, 0);
	assert_int_equal(s.state->queue[0][0].value, 0x2345);
	end(&s);
}

static void under_tso_a_store_is_seen_when_it_has_landed(void **state)
{
	static const struct op writer[] = { WRITE(8, 4, 7), END };
	static const struct op reader[] = { READ(8, 4, 0), READ(8, 4, 1), END };
	struct scene s = begin(MEMORY_TSO, writer, reader);

	step(&s, 0);
	assert_string_equal(moves(&s), "0- 1");
	assert_int_equal(peek(&s, 8, 4), 0);
	step(&s, 1);
	assert_false(model_is_final(&s.model, s.state));
	land(&s, 0);
	assert_int_equal(peek(&s, 8, 4), 7);
	step(&s, 1);
	assert_int_equal(node(&s, 1)->data, 7 << 8); /* 0, then 7 */
	end(&s);
}

static void an_end_is_final_only_when_stores_have_landed(void **state)
{
	static const struct op writer[] = { WRITE(8, 4, 7), END };
	struct scene s = begin(MEMORY_TSO, writer, NULL);

	step(&s, 0);
	assert_int_equal(node(&s, 0)->kind, NODE_ENDED);
	assert_false(model_is_final(&s.model, s.state));
	land(&s, 0);
	assert_true(model_is_final(&s.model, s.state));
	assert_string_equal(moves(&s), "");
	end(&s);
}

static void stores_land_in_the_order_in_which_they_were_made(void **state)
{
	static const struct op writer[] = { WRITE(0, 4, 1), WRITE(64, 4, 2), WRITE(0, 4, 3), END };
	struct scene s = begin(MEMORY_TSO, writer, NULL);

	for (int i = 0; i < 3; i++)
		step(&s, 0);
	land(&s, 0);
	assert_int_equal(peek(&s, 0, 4) | peek(&s, 64, 4) << 8, 0x001);
	land(&s, 0);
	assert_int_equal(peek(&s, 0, 4) | peek(&s, 64, 4) << 8, 0x201);
	land(&s, 0);
	assert_int_equal(peek(&s, 0, 4) | peek(&s, 64, 4) << 8, 0x203);
	end(&s);
}

/* Each of its size, at each place of a word; what is beside it stays. */
static void a_store_changes_its_own_bytes_only(void **state)
{
	for (uint32_t size = 1; size <= 8; size *= 2)
		for (uint32_t at = 0; at < 8; at += size) {
			const struct op writer[] = {
				WRITE(16, 8, UINT64_C(0x8877665544332211)),
				WRITE(16 + at, (uint8_t)size, UINT64_C(0xF8F7F6F5F4F3F2F1)), END
			};
			struct scene s = begin(MEMORY_SC, writer, NULL);

			step(&s, 0);
			step(&s, 0);
			for (uint32_t i = 0; i < 8; i++)
				assert_int_equal(peek(&s, 16 + i, 1), i >= at && i < at + size ?
						 0xF1 + i - at : 0x11 * (i + 1));
			assert_int_equal(peek(&s, 8, 8) | peek(&s, 24, 8), 0);
			end(&s);
		}
}

static void regions_do_not_touch_one_another(void **state)
{
	static const struct op writer[] = { WRITE(REGION_SIZE - 8, 8, 1), WRITE(REGION_SIZE, 4, 2),
					    WRITE(REGION_SIZE + 8, 4, 3), END };
	struct scene s = begin(MEMORY_SC, writer, NULL);

	for (int i = 0; i < 3; i++)
		step(&s, 0);
	assert_int_equal(peek(&s, REGION_SIZE - 8, 8), 1);
	assert_int_equal(peek(&s, REGION_SIZE, 4), 2);
	assert_int_equal(peek(&s, REGION_SIZE + 8, 4), 3);
	assert_int_equal(peek(&s, 0, 8) | peek(&s, 8, 8), 0);
	end(&s);
}

/* ----------------------------------------------------------------- own stores */

/* What a load sees of the VM's own stores; -1: it waits. */
static int64_t load_behind(const struct op *program, unsigned stores)
{
	struct scene s = begin(MEMORY_TSO, program, NULL);
	uint64_t value = 0;
	int64_t result = -1;

	for (unsigned i = 0; i < stores; i++)
		step(&s, 0);
	assert_int_equal(node(&s, 0)->kind, NODE_READ);
	if (model_load(&s.model, s.state, node(&s, 0), &value)) {
		assert_string_equal(moves(&s), "0 0-");
		result = (int64_t)value;
	} else {
		assert_string_equal(moves(&s), "0-");
	}
	end(&s);
	return result;
}

static void a_load_gets_the_youngest_of_its_own_stores(void **state)
{
	static const struct op program[] = { WRITE(0, 4, 1), WRITE(0, 4, 2), WRITE(4, 4, 9),
					     READ(0, 4, 0), END };

	assert_int_equal(load_behind(program, 3), 2);
}

static void a_load_of_part_of_a_store_gets_that_part(void **state)
{
	static const struct op low[] = { WRITE(0, 8, UINT64_C(0x8877665544332211)), READ(0, 4, 0), END };
	static const struct op high[] = { WRITE(0, 8, UINT64_C(0x0877665544332211)), READ(4, 4, 0), END };
	static const struct op byte[] = { WRITE(4, 4, 0x44332211), READ(6, 1, 0), END };

	assert_int_equal(load_behind(low, 1), 0x44332211);
	assert_int_equal(load_behind(high, 1), 0x08776655);
	assert_int_equal(load_behind(byte, 1), 0x33);
}

static void a_load_of_more_than_a_store_waits_until_it_has_landed(void **state)
{
	static const struct op wider[] = { WRITE(0, 4, 1), READ(0, 8, 0), END };
	static const struct op within[] = { WRITE(2, 1, 1), READ(0, 4, 0), END };
	static const struct op twice[] = { WRITE(0, 8, 5), WRITE(4, 4, 1), READ(0, 8, 0), END };

	assert_int_equal(load_behind(wider, 1), -1);
	assert_int_equal(load_behind(within, 1), -1);
	assert_int_equal(load_behind(twice, 2), -1);
}

static void a_load_beside_its_own_stores_does_not_wait(void **state)
{
	static const struct op other_half[] = { WRITE(0, 4, 1), READ(4, 4, 0), END };
	static const struct op other_word[] = { WRITE(0, 4, 1), READ(8, 8, 0), END };
	static const struct op never_written[] = { WRITE(64, 4, 1), READ(0, 4, 0), END };
	/* The same offset in another region. */
	static const struct op elsewhere[] = { WRITE(0, 4, 1), READ(REGION_SIZE, 4, 0), END };

	assert_int_equal(load_behind(other_half, 1), 0);
	assert_int_equal(load_behind(other_word, 1), 0);
	assert_int_equal(load_behind(never_written, 1), 0);
	assert_int_equal(load_behind(elsewhere, 1), 0);
}

static void a_load_that_waited_gets_what_landed(void **state)
{
	static const struct op program[] = { WRITE(4, 4, 1), READ(0, 8, 0), END };
	struct scene s = begin(MEMORY_TSO, program, NULL);
	uint64_t value;

	step(&s, 0);
	land(&s, 0);
	assert_string_equal(moves(&s), "0");
	assert_true(model_load(&s.model, s.state, node(&s, 0), &value));
	assert_int_equal(value, UINT64_C(1) << 32);
	end(&s);
}

/* --------------------------------------------------------------- who waits for it */

static void a_store_waits_where_sixteen_are_on_their_way(void **state)
{
	struct op program[MODEL_QUEUE + 2];
	struct scene s;

	for (uint32_t i = 0; i <= MODEL_QUEUE; i++)
		program[i] = (struct op)WRITE(8 * i, 8, i + 1);
	program[MODEL_QUEUE + 1] = (struct op)END;
	s = begin(MEMORY_TSO, program, NULL);
	for (int i = 0; i < 16; i++)
		step(&s, 0);
	assert_string_equal(moves(&s), "0-");
	land(&s, 0);
	assert_string_equal(moves(&s), "0 0-");
	step(&s, 0);
	for (int i = 0; i < 16; i++)
		land(&s, 0);
	for (uint32_t i = 0; i <= 16; i++)
		assert_int_equal(peek(&s, 8 * i, 8), i + 1);
	end(&s);
}

static void an_atomic_access_waits_for_the_queue_and_lands_at_once(void **state)
{
	static const struct op program[] = { WRITE(8, 4, 1), ADD(0, 4, 0, 5), END };
	struct scene s = begin(MEMORY_TSO, program, NULL);

	step(&s, 0);
	assert_string_equal(moves(&s), "0-");
	land(&s, 0);
	assert_string_equal(moves(&s), "0");
	step(&s, 0);
	assert_int_equal(s.state->queued[0], 0);
	assert_int_equal(peek(&s, 0, 4), 5);
	end(&s);
}

static void an_atomic_access_may_leave_memory_as_it_is(void **state)
{
	static const struct op program[] = { ACQUIRE(0, 0), ACQUIRE(0, 1), END };
	struct scene s = begin(MEMORY_TSO, program, NULL);

	step(&s, 0);
	step(&s, 0);
	assert_int_equal(peek(&s, 0, 4), 1);
	assert_int_equal(node(&s, 0)->data, 1 << 8); /* 0, then 1 */
	end(&s);
}

static void a_fence_is_passed_as_the_last_store_lands(void **state)
{
	static const struct op program[] = { WRITE(0, 4, 1), WRITE(8, 4, 1), FENCE, FENCE,
					     READ(16, 4, 0), END };
	struct scene s = begin(MEMORY_TSO, program, NULL);

	step(&s, 0);
	step(&s, 0);
	assert_int_equal(node(&s, 0)->kind, NODE_FENCE);
	assert_string_equal(moves(&s), "0-");
	land(&s, 0);
	assert_int_equal(node(&s, 0)->kind, NODE_FENCE);
	land(&s, 0);
	assert_int_equal(node(&s, 0)->kind, NODE_READ);
	end(&s);
}

static void a_fence_with_nothing_on_its_way_is_no_move(void **state)
{
	static const struct op program[] = { FENCE, READ(0, 4, 0), FENCE, END };
	struct scene s = begin(MEMORY_TSO, program, NULL);

	assert_int_equal(node(&s, 0)->kind, NODE_READ);
	step(&s, 0);
	assert_int_equal(node(&s, 0)->kind, NODE_ENDED);
	end(&s);
}

static void calls_and_choices_wait_for_the_queue(void **state)
{
	static const struct op ring[] = { WRITE(0, 4, 1), RING, END };
	static const struct op choose[] = { WRITE(0, 4, 1), CHOOSE(3, 0), END };
	struct scene s = begin(MEMORY_TSO, ring, choose);

	step(&s, 0);
	step(&s, 1);
	assert_string_equal(moves(&s), "0- 1-");
	land(&s, 0);
	assert_string_equal(moves(&s), "0 1-");
	land(&s, 1);
	assert_string_equal(moves(&s), "0 1 1.1 1.2");
	end(&s);
}

/* ------------------------------------------------------------------------ devices */

static void a_choice_is_each_of_its_possibilities(void **state)
{
	static const struct op program[] = { CHOOSE(3, 0), END };

	for (uint8_t i = 0; i < 3; i++) {
		struct scene s = begin(MEMORY_SC, program, NULL);

		assert_string_equal(moves(&s), "0 0.1 0.2");
		assert_int_equal(model_move(&s.model, s.state, (struct move){ 0, MOVE_STEP, i }, NULL),
				 MOVE_DONE);
		assert_int_equal(node(&s, 0)->data, i);
		end(&s);
	}
}

/* Without a store on its way it may be interrupted; with one, it goes on or the store lands. */
static void an_interrupt_waits_for_stores(void **state)
{
	static const struct op program[] = { WRITE(0, 4, 1), OPEN(0), TAKE(2, 1), END };
	struct scene s = begin(MEMORY_TSO, program, NULL);

	step(&s, 0);
	assert_int_equal(node(&s, 0)->kind, NODE_OPEN);
	assert_string_equal(moves(&s), "0 0-");
	step(&s, 0);
	assert_int_equal(node(&s, 0)->kind, NODE_TAKE);
	assert_string_equal(moves(&s), "0-");
	land(&s, 0);
	assert_string_equal(moves(&s), "0 0.1");
	end(&s);
	s = begin(MEMORY_TSO, program, NULL);
	step(&s, 0);
	land(&s, 0);
	assert_string_equal(moves(&s), "0 0.1");
	end(&s);
}

static void where_no_interrupt_can_come_there_is_no_way_on(void **state)
{
	static const struct op program[] = { IDLE, END };
	struct scene s = begin(MEMORY_SC, program, NULL);

	assert_string_equal(moves(&s), "");
	assert_false(model_is_final(&s.model, s.state));
	end(&s);
}

static void who_waits_goes_on_when_it_is_woken_and_asks_as_resumed(void **state)
{
	static const struct op waiter[] = { WAIT, END };
	static const struct op ringer[] = { RING, END };
	struct scene s = begin(MEMORY_SC, waiter, ringer);
	struct programs seen;

	step(&s, 0);
	assert_int_equal(node(&s, 0)->kind, NODE_CALL);
	assert_string_equal(moves(&s), "1");
	step(&s, 1);
	assert_int_equal(s.state->devices, DEVICES(1, 0));
	assert_string_equal(moves(&s), "0");
	step(&s, 0);
	assert_int_equal(node(&s, 0)->kind, NODE_ENDED);
	assert_int_equal(s.state->devices, DEVICES(0, 0));
	seen = end(&s);
	assert_int_equal(seen.fresh, 2);
	assert_int_equal(seen.resumed, 1);
}

/* It finds that another has taken what it was woken for, and waits again. */
static void who_was_woken_in_vain_waits_again(void **state)
{
	static const struct op waiter[] = { WAIT, WAIT, END };
	static const struct op ringer[] = { RING, WAIT, RING, END };
	struct scene s = begin(MEMORY_SC, waiter, ringer);

	step(&s, 0);
	step(&s, 1);
	step(&s, 1); /* takes its own ring back */
	assert_string_equal(moves(&s), "0 1");
	step(&s, 0);
	assert_string_equal(moves(&s), "1");
	step(&s, 1);
	step(&s, 0);
	assert_int_equal(s.state->waits[0], NOT_WAITING);
	assert_string_equal(moves(&s), "0");
	step(&s, 0); /* the second wait is not a resumed one */
	assert_string_equal(moves(&s), "");
	assert_int_equal(end(&s).resumed, 2);
}

static void whom_nobody_keeps_waiting_is_not_woken(void **state)
{
	static const struct op ringer[] = { RING, END };
	static const struct op waiter[] = { WAIT, END };
	struct scene s = begin(MEMORY_SC, ringer, waiter);

	step(&s, 0);
	assert_int_equal(s.state->waits[1], NOT_WAITING);
	step(&s, 1);
	assert_int_equal(end(&s).resumed, 0);
}

/* Whether the second one dies depends on how devices are. */
static void what_a_call_leads_to_depends_on_devices(void **state)
{
	static const struct op program[] = { ENTER, LEAVE, END, DIE };
	struct scene s = begin(MEMORY_SC, program, program);

	step(&s, 0);
	assert_int_equal(s.state->devices, DEVICES(0, 1));
	step(&s, 0);
	step(&s, 1);
	step(&s, 1);
	assert_true(model_is_final(&s.model, s.state));
	end(&s);
	s = begin(MEMORY_SC, program, program);
	step(&s, 0);
	assert_int_equal(model_move(&s.model, s.state, (struct move){ 1, MOVE_STEP, 0 }, NULL), MOVE_DIED);
	end(&s);
}

/* Behind the fence it ends, and is in the section no more. */
static void devices_hear_of_an_end_behind_a_fence(void **state)
{
	static const struct op program[] = { ENTER, FENCE, END, DIE };
	struct scene s = begin(MEMORY_TSO, program, NULL);

	step(&s, 0);
	assert_int_equal(node(&s, 0)->kind, NODE_ENDED);
	assert_int_equal(s.state->devices, DEVICES(0, 0));
	end(&s);
}

static void the_first_state_may_be_the_last(void **state)
{
	static const struct op dies[] = { FENCE, DIE };
	static const struct op loses[] = { LOSE };
	const struct programs programs[] = { { .count = 1, .ops = { dies } },
					     { .count = 1, .ops = { loses } } };

	for (int i = 0; i < 2; i++) {
		struct scene s = { .machines = programs_begin(&programs[i]),
				   .state = model_new_state() };

		assert_int_equal(model_init(&s.model, MEMORY_TSO, s.machines, NULL, 0), 0);
		assert_int_equal(model_first(&s.model, s.state, NULL), i ? MOVE_LOST : MOVE_DIED);
		end(&s);
	}
}

/* -------------------------------------------------------------------- encoding */

static size_t encode(const struct scene *s, uint8_t bytes[4096])
{
	size_t size = model_encode(&s->model, s->state, bytes);

	assert_true(size <= MODEL_BYTES(&s->model) && size <= 4096);
	return size;
}

static void decode_and_compare(const struct scene *s, const uint8_t *bytes, size_t size)
{
	struct scene other = { s->machines, s->model, model_new_state() };
	uint8_t again[4096];
	char before[256];

	assert_true(model_decode(&s->model, bytes, size, other.state));
	assert_int_equal(encode(&other, again), size);
	assert_memory_equal(again, bytes, size);
	strcpy(before, moves(s));
	assert_string_equal(moves(&other), before);
	assert_int_equal(other.state->devices, s->state->devices);
	for (uint32_t i = 0; i < s->model.count; i++) {
		assert_int_equal(other.state->node[i], s->state->node[i]);
		assert_int_equal(other.state->waits[i], s->state->waits[i]);
		assert_int_equal(other.state->queued[i], s->state->queued[i]);
		for (uint32_t k = 0; k < s->state->queued[i]; k++) {
			const struct model_store *a = &other.state->queue[i][k], *b = &s->state->queue[i][k];

			assert_true(a->word == b->word && a->shift == b->shift && a->size == b->size &&
				    a->value == b->value);
		}
	}
	for (uint32_t i = 0; i < s->model.words; i++)
		assert_int_equal(other.state->words[i],
				 i < s->state->word_count ? s->state->words[i] : 0);
	model_free_state(other.state);
}

/* Queues, waits, devices, words of all sizes: each state on the way is encoded and decoded. */
static void a_state_is_decoded_as_it_was(void **state)
{
	static const struct op a[] = {
		WRITE(0, 8, UINT64_C(0xFEDCBA9876543210)), WRITE(13, 1, 0x7F), WRITE(4094, 2, 0xABCD),
		WRITE(REGION_SIZE + 4, 4, 0xFFFFFFFF), READ(16, 4, 0), RING, ENTER, END,
		DIE
	};
	static const struct op b[] = { WRITE(16, 4, 1), WAIT, READ(0, 8, 1), WRITE(0, 8, 0), END };
	uint8_t bytes[4096];

	for (unsigned seed = 0; seed < 200; seed++) {
		struct scene s = begin(MEMORY_TSO, a, b);
		unsigned random = seed * 2654435761u + 1;
		struct move all[MODEL_MOVES];
		size_t count;

		decode_and_compare(&s, bytes, encode(&s, bytes));
		while ((count = model_moves(&s.model, s.state, all))) {
			random = random * 1103515245 + 12345;
			assert_int_equal(model_move(&s.model, s.state, all[(random >> 16) % count], NULL),
					 MOVE_DONE);
			decode_and_compare(&s, bytes, encode(&s, bytes));
		}
		end(&s);
	}
}

static void a_word_that_comes_up_later_does_not_change_how_older_states_are_written(void **state)
{
	static const struct op program[] = { WRITE(0, 4, 1), WRITE(8, 4, 2), WRITE(16, 4, 3), END };
	struct scene s = begin(MEMORY_SC, program, NULL);
	uint8_t before[4096], bytes[4096];
	size_t size;

	step(&s, 0);
	size = encode(&s, before);
	step(&s, 0);
	step(&s, 0);
	assert_int_equal(s.model.words, 3);
	assert_true(model_decode(&s.model, before, size, s.state)); /* has room for all three now */
	assert_int_equal(encode(&s, bytes), size);
	assert_memory_equal(bytes, before, size);
	assert_int_equal(peek(&s, 0, 4), 1);
	assert_int_equal(peek(&s, 8, 4) | peek(&s, 16, 4), 0);
	end(&s);
}

/* A word that is 0 again is as one that never was written. */
static void states_with_the_same_memory_are_the_same(void **state)
{
	static const struct op program[] = { CHOOSE(2, 0), IF(0, 0, 4), WRITE(8, 4, 5), WRITE(8, 4, 0),
					     CHOOSE(1, 0), END };
	struct scene s = begin(MEMORY_SC, program, NULL);
	uint8_t before[4096], bytes[4096];
	size_t size;

	step(&s, 0);
	size = encode(&s, before);
	model_first(&s.model, s.state, NULL);
	assert_int_equal(model_move(&s.model, s.state, (struct move){ 0, MOVE_STEP, 1 }, NULL), MOVE_DONE);
	step(&s, 0);
	assert_true(encode(&s, bytes) > size);
	step(&s, 0);
	/* It stands at the same instruction, with another register. */
	s.state->node[0] = *((uint32_t *)(void *)before + 1);
	assert_int_equal(encode(&s, bytes), size);
	assert_memory_equal(bytes, before, size);
	end(&s);
}

static void a_copy_is_independent(void **state)
{
	static const struct op program[] = { WRITE(0, 4, 1), WRITE(8, 4, 2), END };
	struct scene s = begin(MEMORY_TSO, program, NULL), copy;
	uint8_t before[4096], bytes[4096];
	size_t size;

	step(&s, 0);
	land(&s, 0);
	size = encode(&s, before);
	copy = (struct scene){ s.machines, s.model, model_new_state() };
	assert_true(model_copy(&s.model, s.state, copy.state));
	assert_int_equal(encode(&copy, bytes), size);
	assert_memory_equal(bytes, before, size);
	step(&s, 0);
	land(&s, 0);
	assert_int_equal(encode(&copy, bytes), size);
	assert_memory_equal(bytes, before, size);
	model_free_state(copy.state);
	end(&s);
}

/* --------------------------------------------------------------- footprints */

static struct scene begin_without_devices(enum memory_model memory, const struct op *a,
					  const struct op *b)
{
	const struct programs programs = { .count = 2, .ops = { a, b }, .no_devices = true };

	return begin_programs(memory, &programs);
}

/* Where the edge of a node leads, which is known from now on. */
static uint32_t follow(const struct scene *s, uint32_t node, uint64_t answer)
{
	uint32_t nodes[MACHINES_MAX] = { 0 };

	nodes[machines_node(s->machines, node)->vm] = node;
	return machines_edge(s->machines, node, answer, s->state->devices, nodes, NULL)->to;
}

/* All that there is behind a state is known from now on; there must be no loop. */
static void see_all(struct scene *s, const struct state *from)
{
	struct move moves[MODEL_MOVES];
	size_t count = model_moves(&s->model, from, moves);

	for (size_t i = 0; i < count; i++) {
		struct state *to = model_new_state();

		assert_true(model_copy(&s->model, from, to));
		assert_int_equal(model_move(&s->model, to, moves[i], NULL), MOVE_DONE);
		see_all(s, to);
		model_free_state(to);
	}
}

static struct reduction learn(struct scene *s)
{
	struct reduction r = { .model = &s->model };

	assert_int_equal(reduction_learn(&r), 0);
	assert_false(reduction_is_stale(&r));
	return r;
}

/* May the first VM, if it is at a node, still touch a word that another one reads, or writes? */
static bool meets(const struct reduction *r, struct scene *s, uint32_t node, uint32_t at,
		  bool writes)
{
	s->state->node[0] = node;
	return reduction_meets(r, s->state, 0, model_word(&s->model, 0, at), writes, false);
}

static bool meets_devices(const struct reduction *r, struct scene *s, uint32_t node)
{
	s->state->node[0] = node;
	return reduction_meets(r, s->state, 0, UINT32_MAX, false, true);
}

static void a_footprint_is_all_that_may_still_be_touched(void **state)
{
	static const struct op program[] = { READ(0, 4, 0), WRITE(8, 4, 1), ADD(16, 4, 0, 1), END };
	struct scene s = begin(MEMORY_SC, program, NULL);
	uint32_t nodes[4] = { s.state->node[0] };
	struct reduction r;

	for (int i = 1; i < 4; i++)
		nodes[i] = follow(&s, nodes[i - 1], 0);
	r = learn(&s);
	for (int i = 0; i < 4; i++) {
		/* Who reads minds what it writes; who writes, what it reads, too. */
		assert_int_equal(meets(&r, &s, nodes[i], 0, false), false);
		assert_int_equal(meets(&r, &s, nodes[i], 0, true), i < 1);
		assert_int_equal(meets(&r, &s, nodes[i], 8, false), i < 2);
		assert_int_equal(meets(&r, &s, nodes[i], 8, true), i < 2);
		assert_int_equal(meets(&r, &s, nodes[i], 16, false), i < 3);
		assert_int_equal(meets(&r, &s, nodes[i], 16, true), i < 3);
		/* Devices hear of the end. */
		assert_int_equal(meets_devices(&r, &s, nodes[i]), i < 3);
	}
	reduction_fini(&r);
	end(&s);
}

/*
 * From the third way round it comes to the second one, and from there to the first node, of which
 * the fourth way is. So what that touches goes against the order of the nodes, twice.
 */
static void who_goes_round_may_touch_all_of_the_circle(void **state)
{
	static const struct op touches[] = { READ(8, 4, 0), WRITE(8, 4, 0), RING };

	for (int i = 0; i < 3; i++) {
		const struct op program[] = {
			CHOOSE(4, 0), IF(0, 1, 5), IF(0, 2, 7), touches[i], GOTO(5),
			CHOOSE(1, 0), GOTO(0), CHOOSE(2, 0), IF(0, 1, 5), END,
		};
		struct scene s = begin(MEMORY_SC, program, NULL);
		uint32_t first = s.state->node[0], second = follow(&s, first, 1);
		uint32_t third = follow(&s, first, 2), fourth = follow(&s, first, 3);
		struct reduction r;

		assert_int_equal(follow(&s, second, 0), first);
		assert_int_equal(follow(&s, third, 1), second);
		assert_int_equal(follow(&s, follow(&s, fourth, 0), 0), first);
		model_word(&s.model, 0, 8);
		r = learn(&s);
		assert_true(i == 2 ? meets_devices(&r, &s, third) : meets(&r, &s, third, 8, true));
		assert_int_equal(meets(&r, &s, third, 8, false), i == 1);
		assert_int_equal(meets_devices(&r, &s, third), i == 2);
		reduction_fini(&r);
		end(&s);
	}
}

static void a_footprint_has_room_for_all_words(void **state)
{
	static const struct op program[] = { READ(8 * 66, 4, 0), WRITE(8 * 130, 4, 1), END };
	struct scene s = begin(MEMORY_SC, program, NULL);
	uint32_t first = s.state->node[0];
	struct reduction r;

	for (uint32_t i = 0; i < 200; i++)
		assert_int_equal(model_word(&s.model, 0, 8 * i), i);
	follow(&s, first, 0);
	r = learn(&s);
	for (uint32_t i = 0; i < 200; i++) {
		assert_int_equal(meets(&r, &s, first, 8 * i, true), i == 66 || i == 130);
		assert_int_equal(meets(&r, &s, first, 8 * i, false), i == 130);
	}
	reduction_fini(&r);
	end(&s);
}

static void what_nobody_has_seen_may_touch_anything(void **state)
{
	static const struct op program[] = { READ(0, 4, 0), READ(8, 4, 0), END };
	struct scene s = begin(MEMORY_SC, program, NULL);
	uint32_t first = s.state->node[0], second;
	struct reduction r = learn(&s);

	assert_false(meets(&r, &s, first, 0, false));
	assert_true(meets(&r, &s, first, 64, false)); /* a word that has come up since */
	assert_false(meets_devices(&r, &s, first));
	second = follow(&s, first, 0);
	assert_true(reduction_is_stale(&r)); /* by one edge */
	assert_true(meets(&r, &s, second, 0, false));
	assert_true(meets_devices(&r, &s, second));
	reduction_fini(&r);
	end(&s);
	/* But for devices, where there are none. */
	s = begin_without_devices(MEMORY_SC, program, program);
	r = learn(&s);
	assert_false(meets_devices(&r, &s, follow(&s, first, 0)));
	reduction_fini(&r);
	end(&s);
}

static void who_calls_touches_devices_and_no_word(void **state)
{
	static const struct op program[] = { RING, END };
	struct scene s = begin(MEMORY_SC, program, NULL);
	uint32_t first = s.state->node[0], word = model_word(&s.model, 0, 0);
	struct reduction r = learn(&s);

	assert_true(meets_devices(&r, &s, first)); /* wherever it leads */
	assert_false(reduction_meets(&r, s.state, 0, word, true, false));
	assert_true(reduction_meets(&r, s.state, 0, word, true, true));
	assert_false(reduction_meets(&r, s.state, 0, UINT32_MAX, true, false));
	reduction_fini(&r);
	end(&s);
}

/* -------------------------------------------------------- which moves are enough */

/* The k-th set of moves that would do, as text; "": there is none. */
static const char *enough(const struct reduction *r, const struct scene *s, unsigned k)
{
	struct move moves[MODEL_MOVES];

	return text_of(moves, reduction_moves(r, s->state, k, moves));
}

/* Those of the first state, and there are no more of them. */
static void are_enough(enum memory_model memory, const struct op *a, const struct op *b,
		       const char *first, const char *second)
{
	struct scene s = begin_without_devices(memory, a, b);
	struct reduction r;

	see_all(&s, s.state);
	r = learn(&s);
	assert_string_equal(enough(&r, &s, 0), first);
	assert_string_equal(enough(&r, &s, 1), second);
	assert_string_equal(enough(&r, &s, 2), "");
	reduction_fini(&r);
	end(&s);
}

static const struct op reads[] = { READ(0, 4, 0), END }, writes[] = { WRITE(0, 4, 1), END };
static const struct op adds[] = { ADD(0, 4, 0, 1), END }, beside[] = { READ(8, 4, 0), END };

static void a_load_is_enough_where_nobody_writes(void **state)
{
	are_enough(MEMORY_SC, reads, reads, "0", "1");
	are_enough(MEMORY_SC, reads, writes, "", "");
	are_enough(MEMORY_SC, beside, writes, "0", "1");
	are_enough(MEMORY_SC, adds, reads, "", "");
	are_enough(MEMORY_SC, beside, adds, "0", "1");
}

static void a_store_is_enough_where_nobody_looks_or_where_it_takes_its_time(void **state)
{
	are_enough(MEMORY_SC, writes, writes, "", "");
	are_enough(MEMORY_TSO, writes, reads, "0", "");
	are_enough(MEMORY_TSO, writes, writes, "0", "1");
}

static void a_choice_is_enough_with_all_its_possibilities(void **state)
{
	static const struct op of_three[] = { CHOOSE(3, 0), END }, of_two[] = { CHOOSE(2, 0), END };

	are_enough(MEMORY_SC, of_three, of_two, "0 0.1 0.2", "1 1.1");
}

static void a_landing_is_enough_where_nobody_looks(void **state)
{
	static const struct op two[] = { WRITE(0, 4, 1), WRITE(8, 4, 1), READ(16, 4, 0), END };
	struct scene s = begin_without_devices(MEMORY_TSO, two, beside);
	struct reduction r;

	see_all(&s, s.state);
	r = learn(&s);
	step(&s, 0);
	step(&s, 0);
	/* The step, the landing of the oldest store; and not what the youngest is on its way to. */
	assert_string_equal(enough(&r, &s, 0), "0");
	assert_string_equal(enough(&r, &s, 1), "0-");
	assert_string_equal(enough(&r, &s, 2), "");
	land(&s, 0);
	assert_string_equal(enough(&r, &s, 0), "0");
	assert_string_equal(enough(&r, &s, 1), "");
	reduction_fini(&r);
	end(&s);
}

static const struct op rings[] = { RING, END };

static void a_call_is_enough_where_nobody_else_calls(void **state)
{
	static const struct op spins[] = { READ(0, 4, 0), GOTO(0) };
	struct scene s = begin(MEMORY_SC, rings, spins);
	struct reduction r;

	follow(&s, s.state->node[0], 0);
	assert_int_equal(follow(&s, s.state->node[1], 0), s.state->node[1]);
	r = learn(&s);
	assert_string_equal(enough(&r, &s, 0), "0");
	assert_string_equal(enough(&r, &s, 1), "1");
	reduction_fini(&r);
	end(&s);
	/* Others do, even if nobody knows yet what comes of it. */
	s = begin(MEMORY_SC, rings, rings);
	r = learn(&s);
	assert_string_equal(enough(&r, &s, 0), "");
	reduction_fini(&r);
	end(&s);
	are_enough(MEMORY_SC, rings, rings, "0", "1"); /* there is nothing that would tell */
}

static void nothing_is_enough_where_somebody_is_who_was_never_seen(void **state)
{
	static const struct op reads_on[] = { READ(0, 4, 0), READ(0, 4, 0), END };
	struct scene s = begin(MEMORY_SC, rings, reads_on);
	struct reduction r;

	follow(&s, s.state->node[0], 0);
	r = learn(&s);
	step(&s, 1);
	assert_string_equal(enough(&r, &s, 0), "");
	reduction_fini(&r);
	end(&s);
}

/* Devices hear of it; whichever answer leads to it, and whichever edge was found first. */
static void who_may_end_with_a_step_waits_for_others_calls(void **state)
{
	static const struct op may_end[] = { READ(0, 4, 0), IF(0, 1, 4), READ(8, 4, 0), GOTO(2),
					     END };

	for (uint64_t order = 0; order < 2; order++) {
		struct scene s = begin(MEMORY_SC, may_end, rings);
		struct reduction r;

		follow(&s, s.state->node[0], order);
		follow(&s, s.state->node[0], !order);
		follow(&s, s.state->node[1], 0);
		r = learn(&s);
		assert_string_equal(enough(&r, &s, 0), "");
		reduction_fini(&r);
		end(&s);
	}
}

/* The state in which so many stores of the first VM are on their way; all is known, or not. */
static void lands_in_front_of(const struct op *fences, bool all, int stores, const char *first)
{
	struct scene s = begin(MEMORY_TSO, fences, rings);
	struct reduction r;

	if (all)
		see_all(&s, s.state);
	while (stores--)
		step(&s, 0);
	assert_int_equal(node(&s, 0)->kind, NODE_FENCE);
	r = learn(&s);
	assert_string_equal(enough(&r, &s, 0), first);
	reduction_fini(&r);
	end(&s);
}

static void who_may_end_behind_fences_waits_for_others_calls(void **state)
{
	static const struct op one[] = { WRITE(0, 4, 1), FENCE, FENCE, END };
	static const struct op two[] = { WRITE(0, 4, 1), WRITE(8, 4, 1), FENCE, END };
	struct op many[20] = { WRITE(0, 4, 1) };

	lands_in_front_of(one, true, 1, "");
	lands_in_front_of(two, true, 2, "0-"); /* only the last landing leads past the fence */
	lands_in_front_of(one, false, 1, "1"); /* nobody knows what is behind the fence */
	for (int i = 1; i < 18; i++)
		many[i] = (struct op)FENCE;
	many[18] = (struct op)END;
	lands_in_front_of(many, true, 1, "");
}

static void a_circle_of_fences_is_not_followed_for_ever(void **state)
{
	static const struct op circle[] = { WRITE(0, 4, 1), FENCE, GOTO(1) };
	struct scene s = begin(MEMORY_TSO, circle, rings);
	struct reduction r;

	step(&s, 0);
	assert_int_equal(follow(&s, s.state->node[0], 0), s.state->node[0]);
	r = learn(&s);
	assert_string_equal(enough(&r, &s, 0), "1");
	reduction_fini(&r);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(under_sc_a_store_is_seen_at_once),
		cmocka_unit_test(a_store_on_its_way_has_its_own_bytes_only),
		cmocka_unit_test(under_tso_a_store_is_seen_when_it_has_landed),
		cmocka_unit_test(an_end_is_final_only_when_stores_have_landed),
		cmocka_unit_test(stores_land_in_the_order_in_which_they_were_made),
		cmocka_unit_test(a_store_changes_its_own_bytes_only),
		cmocka_unit_test(regions_do_not_touch_one_another),
		cmocka_unit_test(a_load_gets_the_youngest_of_its_own_stores),
		cmocka_unit_test(a_load_of_part_of_a_store_gets_that_part),
		cmocka_unit_test(a_load_of_more_than_a_store_waits_until_it_has_landed),
		cmocka_unit_test(a_load_beside_its_own_stores_does_not_wait),
		cmocka_unit_test(a_load_that_waited_gets_what_landed),
		cmocka_unit_test(a_store_waits_where_sixteen_are_on_their_way),
		cmocka_unit_test(an_atomic_access_waits_for_the_queue_and_lands_at_once),
		cmocka_unit_test(an_atomic_access_may_leave_memory_as_it_is),
		cmocka_unit_test(a_fence_is_passed_as_the_last_store_lands),
		cmocka_unit_test(a_fence_with_nothing_on_its_way_is_no_move),
		cmocka_unit_test(calls_and_choices_wait_for_the_queue),
		cmocka_unit_test(a_choice_is_each_of_its_possibilities),
		cmocka_unit_test(an_interrupt_waits_for_stores),
		cmocka_unit_test(where_no_interrupt_can_come_there_is_no_way_on),
		cmocka_unit_test(who_waits_goes_on_when_it_is_woken_and_asks_as_resumed),
		cmocka_unit_test(who_was_woken_in_vain_waits_again),
		cmocka_unit_test(whom_nobody_keeps_waiting_is_not_woken),
		cmocka_unit_test(what_a_call_leads_to_depends_on_devices),
		cmocka_unit_test(devices_hear_of_an_end_behind_a_fence),
		cmocka_unit_test(the_first_state_may_be_the_last),
		cmocka_unit_test(a_state_is_decoded_as_it_was),
		cmocka_unit_test(a_word_that_comes_up_later_does_not_change_how_older_states_are_written),
		cmocka_unit_test(states_with_the_same_memory_are_the_same),
		cmocka_unit_test(a_copy_is_independent),
		cmocka_unit_test(a_footprint_is_all_that_may_still_be_touched),
		cmocka_unit_test(who_goes_round_may_touch_all_of_the_circle),
		cmocka_unit_test(a_footprint_has_room_for_all_words),
		cmocka_unit_test(what_nobody_has_seen_may_touch_anything),
		cmocka_unit_test(who_calls_touches_devices_and_no_word),
		cmocka_unit_test(a_load_is_enough_where_nobody_writes),
		cmocka_unit_test(a_store_is_enough_where_nobody_looks_or_where_it_takes_its_time),
		cmocka_unit_test(a_choice_is_enough_with_all_its_possibilities),
		cmocka_unit_test(a_landing_is_enough_where_nobody_looks),
		cmocka_unit_test(a_call_is_enough_where_nobody_else_calls),
		cmocka_unit_test(nothing_is_enough_where_somebody_is_who_was_never_seen),
		cmocka_unit_test(who_may_end_with_a_step_waits_for_others_calls),
		cmocka_unit_test(who_may_end_behind_fences_waits_for_others_calls),
		cmocka_unit_test(a_circle_of_fences_is_not_followed_for_ever),
	};

	return cmocka_run_group_tests_name("explore model", tests, NULL, NULL);
}
