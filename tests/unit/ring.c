/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.c - the ring: both layouts from empty to full and round, turns that exclude one
 * another, and guests that lie.
 */
#include "traffic.h"

#define STATE 0x400
#define BEGIN 0xF4
#define CAPACITY 4

static struct traffic t;
static enum baton_ring_layout layout;

static void begin(enum baton_ring_layout with, const char *policy, uint64_t slice_ns)
{
	struct baton_ring_config c = BATON_RING_CONFIG;

	fake_reset();
	traffic_begin(&t, policy, slice_ns, 1000);
	layout = with;
	c.traffic = t.config;
	c.capacity = CAPACITY;
	c.layout = with;
	traffic_device(&t, &baton_ring, &c);
}

static uint32_t slot(uint32_t i)
{
	return STATE + 4 * ((layout == BATON_RING_COUNT ? 3 : 2) + i);
}

static void take_turn(int side)
{
	traffic_in(&t, side, BEGIN, 4);
}

/* Ends a turn; what the guest stores before comes by store(). */
static struct step *done(int side)
{
	return traffic_step(&t, side, fake_out(100, side == PRODUCER ? 0xF2 : 0xF3, 1, 0));
}

/* A producer's turn: `count` items from `first` on, in the slots from `from` on. */
static void produce(int32_t prod_p, int32_t count, uint32_t from, uint32_t first, uint32_t items)
{
	struct step *step;

	take_turn(PRODUCER);
	step = done(PRODUCER);
	traffic_store(step, STATE, (uint32_t)prod_p);
	if (layout == BATON_RING_COUNT)
		traffic_store(step, STATE + 8, (uint32_t)count);
	for (uint32_t i = 0; i < items; i++)
		traffic_store(step, slot((from + i) % CAPACITY), first + i);
}

static void consume(int32_t cons_p, int32_t count)
{
	struct step *step;

	take_turn(CONSUMER);
	step = done(CONSUMER);
	traffic_store(step, STATE + 4, (uint32_t)cons_p);
	if (layout == BATON_RING_COUNT)
		traffic_store(step, STATE + 8, (uint32_t)count);
}

static const struct {
	const char *policy;
	uint64_t slice_ns;
} policies[] = {
	{ "turns", 1 },	    { "quantum", 50 },	{ "quantum", 130 },
	{ "share", 130 },   { "quantum", 10 * MS }, { "share", 10 * MS },
};

/* Full at once, though nothing was ever consumed; empty; round the end; full again. */
static void a_ring_with_a_count_fills_and_empties(void **state)
{
	for (size_t i = 0; i < COUNT(policies); i++) {
		begin(BATON_RING_COUNT, policies[i].policy, policies[i].slice_ns);
		produce(0, 4, 0, 10, 4);
		consume(3, 1);
		produce(2, 3, 0, 20, 2);
		consume(2, 0);
		produce(2, 4, 2, 30, 4);
		consume(2, 4); /* nothing: it may */
		traffic_run(&t, BATON_RUN_DONE,
			    "P10,11,12,13[10,11,12,13]0/0 C10,11,12[13]0/3 P20,21[13,20,21]2/3 "
			    "C13,20,21[]2/2 P30,31,32,33[30,31,32,33]2/2 C[30,31,32,33]2/2 ");
		/* What each may do: all the room there is, and all that is there. */
		assert_int_equal(t.actor[PRODUCER].got[0], 4);
		assert_int_equal(t.actor[CONSUMER].got[0], 4);
		assert_int_equal(t.actor[PRODUCER].got[1], 3);
		assert_int_equal(t.actor[CONSUMER].got[1], 3);
		assert_int_equal(t.actor[PRODUCER].got[2], 4);
		assert_int_equal(t.actor[CONSUMER].got[2], 4);
		traffic_end(&t);
	}
}

static void a_ring_of_pointers_fills_and_empties(void **state)
{
	for (size_t i = 0; i < COUNT(policies); i++) {
		begin(BATON_RING_POINTERS, policies[i].policy, policies[i].slice_ns);
		produce(2, 0, 0, 10, 3); /* as full as it gets: one slot stays free */
		consume(1, 0);
		produce(0, 0, 3, 20, 2);
		consume(0, 0); /* the last item as well */
		produce(3, 0, 1, 30, 3);
		consume(0, 0);
		traffic_run(&t, BATON_RUN_DONE,
			    "P10,11,12[10,11,12]2/-1 C10,11[12]2/1 P20,21[12,20,21]0/1 "
			    "C12,20,21[]0/0 P30,31,32[30,31,32]3/0 C[30,31,32]3/0 ");
		assert_int_equal(t.actor[PRODUCER].got[0], 3);
		assert_int_equal(t.actor[CONSUMER].got[0], 3);
		assert_int_equal(t.actor[PRODUCER].got[1], 2);
		assert_int_equal(t.actor[CONSUMER].got[1], 3);
		assert_int_equal(t.actor[PRODUCER].got[2], 3);
		assert_int_equal(t.actor[CONSUMER].got[2], 3);
		traffic_end(&t);
	}
}

/* Whoever comes first: empty and full rings give turns of no items. */
static void an_empty_ring_gives_its_consumer_a_turn(void **state)
{
	for (layout = 0; layout < BATON_RING_LAYOUTS; layout++) {
		int32_t none = layout == BATON_RING_COUNT ? 0 : -1;

		begin(layout, "turns", 1);
		produce(none, 0, 0, 0, 0);
		consume(none, 0);
		take_turn(PRODUCER);
		traffic_step(&t, PRODUCER, fake_spin());
		assert_int_equal(rig_run(t.rig, 1 * MS), BATON_RUN_BUDGET);
		assert_string_equal(t.log, layout == BATON_RING_COUNT ? "P[]0/0 C[]0/0 " :
									 "P[]-1/-1 C[]-1/-1 ");
		assert_int_equal(t.actor[CONSUMER].got[0], 0);
		traffic_end(&t);
	}
}

static void a_full_ring_gives_its_producer_a_turn(void **state)
{
	begin(BATON_RING_COUNT, "turns", 1);
	produce(0, 4, 0, 10, 4);
	produce(0, 4, 0, 0, 0);
	traffic_step(&t, PRODUCER, fake_spin());
	traffic_in(&t, CONSUMER, 0xBA00, 4);
	traffic_step(&t, CONSUMER, fake_out(100, 0xBA01, 4, 0));
	traffic_step(&t, CONSUMER, fake_out(100, 0xBA01, 4, 0));
	traffic_step(&t, CONSUMER, fake_spin());
	assert_int_equal(rig_run(t.rig, 1 * MS), BATON_RUN_BUDGET);
	assert_string_equal(t.log, "P10,11,12,13[10,11,12,13]0/0 P[10,11,12,13]0/0 ");
	traffic_end(&t);
}

/* The consumer gets the items where the producer put them, and the producer an emptied slot. */
static void state_and_slots_travel_both_ways(void **state)
{
	uint32_t words[3 + CAPACITY];
	struct step *step;

	begin(BATON_RING_COUNT, "turns", 1);
	produce(2, 2, 0, 10, 2);
	take_turn(CONSUMER);
	step = done(CONSUMER);
	traffic_store(step, STATE + 4, 1);
	traffic_store(step, STATE + 8, 1);
	traffic_store(step, slot(0), 99); /* emptied, its way */
	take_turn(PRODUCER);
	traffic_step(&t, PRODUCER, fake_spin());
	assert_int_equal(rig_run(t.rig, 1 * MS), BATON_RUN_BUDGET);
	assert_string_equal(t.log, "P10,11[10,11]2/0 C10[11]2/1 ");
	assert_int_equal(baton_vm_read(t.actor[PRODUCER].vm, STATE, words, sizeof(words)), 0);
	assert_memory_equal(words, ((uint32_t[]){ 2, 1, 1, 99, 11, 0, 0 }), sizeof(words));
	traffic_end(&t);
}

static void pointers_stand_at_minus_one_first(void **state)
{
	int32_t words[2 + CAPACITY];

	begin(BATON_RING_POINTERS, "turns", 1);
	take_turn(PRODUCER);
	traffic_step(&t, PRODUCER, fake_spin());
	assert_int_equal(rig_run(t.rig, 1 * MS), BATON_RUN_BUDGET);
	assert_int_equal(baton_vm_read(t.actor[PRODUCER].vm, STATE, words, sizeof(words)), 0);
	assert_memory_equal(words, ((int32_t[]){ -1, -1, 0, 0, 0, 0 }), sizeof(words));
	traffic_end(&t);
}

/* ------------------------------------------------------------------- turns */

static void another_ones_turn_is_waited_for(void **state)
{
	begin(BATON_RING_COUNT, "quantum", 1 * MS);
	take_turn(PRODUCER);
	traffic_step(&t, PRODUCER, fake_spin()); /* for ever */
	consume(0, 0);
	assert_int_equal(rig_run(t.rig, 20 * MS), BATON_RUN_BUDGET);
	traffic_blocked(&t, CONSUMER);
	assert_int_equal(t.actor[CONSUMER].gots, 0);
	assert_string_equal(t.log, "");
	traffic_end(&t);
}

static void who_ends_within_a_turn_drops_it(void **state)
{
	for (int how = 0; how < 3; how++) {
		struct step *step;

		begin(BATON_RING_COUNT, "turns", 1);
		produce(1, 1, 0, 10, 1);
		take_turn(PRODUCER);
		/* It would be two more items. */
		step = traffic_step(&t, PRODUCER,
				    how == 0   ? fake_hlt(100)
				    : how == 1 ? fake_other(100, KVM_EXIT_SHUTDOWN, 0)
					       : fake_out(100, 0x77, 1, 0));
		traffic_store(step, STATE, 3);
		traffic_store(step, STATE + 8, 3);
		consume(1, 0);
		consume(1, 0);
		traffic_run(&t, BATON_RUN_DONE, "P10[10]1/0 C10[]1/1 ");
		assert_int_equal(t.actor[CONSUMER].got[0], 1);
		traffic_halted(&t, CONSUMER);
		assert_int_equal(t.actor[CONSUMER].gots, 1);
		traffic_end(&t);
	}
}

/* It waits in its IN for the turn of one that then ends. */
static void who_waits_for_a_turn_that_is_dropped_goes_on(void **state)
{
	for (int how = 0; how < 2; how++) {
		begin(BATON_RING_COUNT, "quantum", 150);
		take_turn(CONSUMER);
		traffic_step(&t, CONSUMER, fake_in(50 * US, 0xBA00, 4));
		traffic_step(&t, CONSUMER, how ? fake_spin() : fake_hlt(100));
		traffic_step(&t, PRODUCER, fake_in(1000, 0xBA00, 4));
		produce(1, 1, 0, 10, 1);
		assert_int_equal(rig_run(t.rig, 20 * US), BATON_RUN_BUDGET);
		assert_int_equal(t.actor[CONSUMER].gots, 1);
		traffic_blocked(&t, PRODUCER);
		if (how)
			rig_destroy_vm(t.rig, CONSUMER);
		assert_int_equal(rig_run(t.rig, S), BATON_RUN_DONE);
		assert_string_equal(t.log, "P10[10]1/0 ");
		traffic_end(&t);
	}
}

static void a_full_or_empty_ring_that_stays_so_ends_the_other(void **state)
{
	begin(BATON_RING_COUNT, "turns", 1);
	for (int i = 0; i < 20; i++)
		consume(0, 0);
	produce(0, 0, 0, 0, 0);
	traffic_run(&t, BATON_RUN_DONE, "P[]0/0 C[]0/0 ");
	traffic_halted(&t, CONSUMER);
	traffic_end(&t);

	begin(BATON_RING_COUNT, "turns", 1);
	produce(0, 4, 0, 10, 4);
	produce(0, 4, 0, 0, 0);
	traffic_run(&t, BATON_RUN_DONE, "P10,11,12,13[10,11,12,13]0/0 ");
	traffic_halted(&t, PRODUCER);
	assert_int_equal(t.actor[PRODUCER].gots, 1);
	traffic_end(&t);
}

static void a_listener_that_is_not_ready_holds_up_who_acts(void **state)
{
	begin(BATON_RING_COUNT, "turns", 1);
	t.reluctant = true;
	produce(1, 1, 0, 10, 1);
	consume(1, 0);
	traffic_run(&t, BATON_RUN_DONE, "P10[10]1/0 C10[]1/1 ");
	assert_int_equal(t.refusals, 2);
	traffic_end(&t);
}

/* -------------------------------------------------------------------- lies */

struct lie {
	const char *why;
	int side;
	uint32_t at[3], word[3]; /* stored before the turn's end */
};

/* Before each lie the ring holds 10 and 11, in slots 1 and 2: cons_p has moved on. */
static void prepare(void)
{
	if (layout == BATON_RING_COUNT) {
		produce(3, 3, 0, 9, 3);
		consume(1, 2);
	} else {
		produce(2, 0, 0, 9, 3);
		consume(0, 0);
	}
}

static void tell_lies(enum baton_ring_layout with, const struct lie *lies, size_t count)
{
	const char *good = with == BATON_RING_COUNT ? "P9,10,11[9,10,11]3/0 C9[10,11]3/1 " :
						      "P9,10,11[9,10,11]2/-1 C9[10,11]2/0 ";

	for (size_t i = 0; i < count; i++) {
		int side = lies[i].side;
		struct step *step;

		begin(with, "turns", 1);
		prepare();
		/* The other one waits for its turn, and then for ever. */
		take_turn(side);
		step = done(side);
		for (int n = 0; n < 3 && lies[i].at[n]; n++)
			traffic_store(step, lies[i].at[n], lies[i].word[n]);
		assert_int_equal(rig_run(t.rig, S), BATON_RUN_DONE);
		assert_string_equal(t.log, good); /* nothing of it counts */
		traffic_died(&t, side, lies[i].why);
		assert_int_equal(rig_vm_stats(t.rig, !side).outcome, BATON_HALTED);
		traffic_end(&t);
	}
}

#define PROD   STATE
#define CONS   (STATE + 4)
#define NUMBER (STATE + 8)
#define SLOT(i) (STATE + 12 + 4 * (i))

static void lies_about_a_ring_with_a_count_are_faults(void **state)
{
	static const struct lie lies[] = {
		{ "the other side's pointer", PRODUCER, { CONS }, { 2 } },
		{ "the other side's pointer", CONSUMER, { PROD }, { 0 } },
		{ "the other side's pointer", PRODUCER, { CONS, NUMBER }, { 3, 0 } },
		{ "pointer is out of range", PRODUCER, { PROD, NUMBER }, { 4, 3 } },
		{ "pointer is out of range", PRODUCER, { PROD }, { UINT32_MAX } },
		{ "pointer is out of range", PRODUCER, { PROD }, { INT32_MAX } },
		{ "pointer is out of range", CONSUMER, { CONS }, { 0x80000000 } },
		{ "pointer is out of range", CONSUMER, { CONS, NUMBER }, { 5, 0 } },
		{ "count is out of range", PRODUCER, { NUMBER }, { 5 } },
		{ "count is out of range", PRODUCER, { NUMBER }, { UINT32_MAX } },
		{ "count is out of range", CONSUMER, { NUMBER }, { 0x80000000 } },
		{ "count is out of range", CONSUMER, { NUMBER }, { INT32_MAX } },
		{ "went the wrong way", PRODUCER, { NUMBER, PROD }, { 1, 2 } },
		{ "went the wrong way", CONSUMER, { NUMBER, CONS }, { 3, 0 } },
		{ "do not agree", PRODUCER, { NUMBER }, { 3 } },
		{ "do not agree", PRODUCER, { PROD }, { 0 } },
		{ "do not agree", PRODUCER, { PROD, NUMBER }, { 0, 4 } },
		{ "do not agree", CONSUMER, { NUMBER }, { 0 } },
		{ "do not agree", CONSUMER, { CONS }, { 2 } },
		{ "do not agree", CONSUMER, { CONS, NUMBER }, { 0, 0 } },
		/* One item is produced, into slot 3; 0 is free as well, 1 and 2 are full. */
		{ "not its to change", PRODUCER, { PROD, NUMBER, SLOT(0) }, { 0, 3, 1 } },
		{ "not its to change", PRODUCER, { PROD, NUMBER, SLOT(1) }, { 0, 3, 1 } },
		{ "not its to change", PRODUCER, { SLOT(3) }, { 1 } },
		/* One item is consumed, from slot 1. */
		{ "not its to change", CONSUMER, { CONS, NUMBER, SLOT(2) }, { 2, 1, 1 } },
		{ "not its to change", CONSUMER, { CONS, NUMBER, SLOT(0) }, { 2, 1, 1 } },
		{ "not its to change", CONSUMER, { SLOT(1) }, { 1 } },
	};

	tell_lies(BATON_RING_COUNT, lies, COUNT(lies));
}

#undef SLOT
#define SLOT(i) (STATE + 8 + 4 * (i))

/* prod_p is 2 and cons_p 0: one free slot may be filled, slot 3. */
static void lies_about_a_ring_of_pointers_are_faults(void **state)
{
	static const struct lie lies[] = {
		{ "the other side's pointer", PRODUCER, { CONS }, { 1 } },
		{ "the other side's pointer", CONSUMER, { PROD }, { 1 } },
		{ "pointer is out of range", PRODUCER, { PROD }, { 4 } },
		{ "pointer is out of range", PRODUCER, { PROD }, { UINT32_MAX } },
		{ "pointer is out of range", CONSUMER, { CONS }, { UINT32_MAX } },
		{ "pointer is out of range", CONSUMER, { CONS }, { 0x80000000 } },
		{ "further than it may", PRODUCER, { PROD }, { 0 } }, /* full would look empty */
		{ "further than it may", PRODUCER, { PROD }, { 1 } },
		{ "further than it may", CONSUMER, { CONS }, { 3 } },
		{ "not its to change", PRODUCER, { PROD, SLOT(0) }, { 3, 1 } },
		{ "not its to change", PRODUCER, { PROD, SLOT(2) }, { 3, 1 } },
		{ "not its to change", PRODUCER, { SLOT(3) }, { 1 } },
		{ "not its to change", CONSUMER, { CONS, SLOT(2) }, { 1, 1 } },
		{ "not its to change", CONSUMER, { SLOT(1) }, { 1 } },
	};

	tell_lies(BATON_RING_POINTERS, lies, COUNT(lies));
}

/* From -1 all slots would be one too many; and nothing can be consumed that is not there. */
static void the_first_turns_of_pointers_are_checked_too(void **state)
{
	begin(BATON_RING_POINTERS, "turns", 1);
	produce(CAPACITY - 1, 0, 0, 10, CAPACITY);
	traffic_run(&t, BATON_RUN_DONE, "");
	traffic_died(&t, PRODUCER, "further than it may");
	traffic_end(&t);

	begin(BATON_RING_POINTERS, "turns", 1);
	consume(0, 0);
	produce(-1, 0, 0, 0, 0);
	traffic_step(&t, PRODUCER, fake_spin());
	assert_int_equal(rig_run(t.rig, MS), BATON_RUN_BUDGET);
	traffic_died(&t, CONSUMER, "further than it may");
	traffic_end(&t);
}

static void turns_begin_and_end_in_their_order(void **state)
{
	static const struct {
		int side;
		bool out;
		uint16_t port;
		uint8_t size;
		const char *why;
	} cases[] = {
		{ PRODUCER, false, BEGIN, 2, "IN of 4 bytes" },
		{ PRODUCER, true, BEGIN, 4, "IN of 4 bytes" },
		{ CONSUMER, false, BEGIN, 1, "IN of 4 bytes" },
		{ PRODUCER, true, 0xF2, 1, "has not begun" },
		{ CONSUMER, true, 0xF3, 4, "has not begun" },
		{ PRODUCER, false, 0xF2, 4, "ends by OUT" },
		{ CONSUMER, false, 0xF3, 4, "ends by OUT" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		begin(BATON_RING_COUNT, "turns", 1);
		if (cases[i].out)
			traffic_out(&t, cases[i].side, cases[i].port, cases[i].size, 0);
		else
			traffic_in(&t, cases[i].side, cases[i].port, cases[i].size);
		traffic_run(&t, BATON_RUN_DONE, "");
		traffic_died(&t, cases[i].side, cases[i].why);
		traffic_end(&t);
	}
	begin(BATON_RING_COUNT, "turns", 1);
	take_turn(PRODUCER);
	take_turn(PRODUCER);
	traffic_run(&t, BATON_RUN_DONE, "");
	traffic_died(&t, PRODUCER, "within its turn");
	traffic_end(&t);
}

/* ------------------------------------------------------------------ making */

static void a_configuration_is_checked(void **state)
{
	struct baton_ring_config c = BATON_RING_CONFIG;
	uint32_t word = 1;

	fake_reset();
	traffic_begin(&t, "turns", 1, 1);
	c.traffic = t.config;
	c.capacity = 0;
	traffic_refused(&t, &baton_ring, &c, -EINVAL, "expected 1 to 256");
	c.capacity = BATON_TRAFFIC_MOST + 1;
	traffic_refused(&t, &baton_ring, &c, -EINVAL, "expected 1 to 256");
	c.capacity = 1;
	c.layout = BATON_RING_POINTERS;
	traffic_refused(&t, &baton_ring, &c, -EINVAL, "expected 2 to 256");
	c.layout = BATON_RING_LAYOUTS;
	traffic_refused(&t, &baton_ring, &c, -EINVAL, "no layout 2");
	c.layout = BATON_RING_COUNT;
	c.traffic.consumer = c.traffic.producer;
	traffic_refused(&t, &baton_ring, &c, -EINVAL, "both producer and consumer");
	c.traffic.consumer = t.config.consumer;
	c.state = 0x10000 - 15; /* 16 bytes */
	traffic_refused(&t, &baton_ring, &c, -EINVAL, "outside of the memory of VM `vm0`");
	c.state = UINT64_MAX;
	traffic_refused(&t, &baton_ring, &c, -EINVAL, "outside of the memory");
	/* An image, or what an image needs, lies there: in either VM, at the very end. */
	c.state = 0x6000;
	for (int side = 0; side < 2; side++) {
		assert_int_equal(baton_vm_write(t.actor[side].vm, 0x600C, &word, 4), 0);
		traffic_refused(&t, &baton_ring, &c, -EINVAL,
				side ? "VM `vm1` has something else at 0x600c" :
				       "VM `vm0` has something else at 0x600c");
		word = 0;
		assert_int_equal(baton_vm_write(t.actor[side].vm, 0x600C, &word, 4), 0);
		word = 1;
	}
	assert_int_equal(baton_vm_write(t.actor[0].vm, 0x6010, &word, 4), 0); /* behind it */
	traffic_device(&t, &baton_ring, &c);
	c.state = 0x7000;
	traffic_refused(&t, &baton_ring, &c, -EEXIST, "0xf4");
	assert_string_equal(baton_ring_layout_name(BATON_RING_COUNT), "count");
	assert_string_equal(baton_ring_layout_name(BATON_RING_POINTERS), "pointers");
	traffic_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_ring_with_a_count_fills_and_empties),
		TEST(a_ring_of_pointers_fills_and_empties),
		TEST(an_empty_ring_gives_its_consumer_a_turn),
		TEST(a_full_ring_gives_its_producer_a_turn),
		TEST(state_and_slots_travel_both_ways),
		TEST(pointers_stand_at_minus_one_first),
		TEST(another_ones_turn_is_waited_for),
		TEST(who_ends_within_a_turn_drops_it),
		TEST(who_waits_for_a_turn_that_is_dropped_goes_on),
		TEST(a_full_or_empty_ring_that_stays_so_ends_the_other),
		TEST(a_listener_that_is_not_ready_holds_up_who_acts),
		TEST(lies_about_a_ring_with_a_count_are_faults),
		TEST(lies_about_a_ring_of_pointers_are_faults),
		TEST(the_first_turns_of_pointers_are_checked_too),
		TEST(turns_begin_and_end_in_their_order),
		TEST(a_configuration_is_checked),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
