/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff.c - the hand-off: its order under every policy, who waits, what each side
 * may not do, and what comes when one side is gone.
 */
#include "traffic.h"

static struct traffic t;

static void add(uint32_t depth)
{
	struct baton_handoff_config c = BATON_HANDOFF_CONFIG;

	c.traffic = t.config;
	c.depth = depth;
	traffic_device(&t, &baton_handoff, &c);
}

static void produce(uint32_t from, uint32_t count)
{
	for (uint32_t i = from; i < from + count; i++)
		traffic_out(&t, PRODUCER, 0x10, 2, i);
}

static void consume(uint32_t from, uint32_t count)
{
	for (uint32_t i = from; i < from + count; i++) {
		traffic_in(&t, CONSUMER, 0x11, 2);
		traffic_out(&t, CONSUMER, 0x12, 2, i);
	}
}

static const struct {
	const char *policy;
	uint64_t slice_ns;
	uint32_t burst;
} policies[] = {
	{ "turns", 1, 1 },	    { "turns", 1, 2 },	  { "turns", 1, 1000 },
	{ "quantum", 50, 1 },	    { "quantum", 130, 1 }, { "quantum", 10 * MS, 1 },
	{ "share", 130, 1 },	    { "share", 10 * MS, 1 }, { "null", 1, 1 },
};

static void the_order_is_the_same_under_every_policy(void **state)
{
	for (size_t i = 0; i < COUNT(policies); i++) {
		fake_reset();
		traffic_begin(&t, policies[i].policy, policies[i].slice_ns, policies[i].burst);
		add(1);
		produce(0, 4);
		consume(0, 4);
		traffic_run(&t, BATON_RUN_DONE, "P0 c0 C0 P1 c1 C1 P2 c2 C2 P3 c3 C3 ");
		for (unsigned n = 0; n < 4; n++)
			assert_int_equal(t.actor[CONSUMER].got[n], n);
		traffic_halted(&t, PRODUCER);
		traffic_halted(&t, CONSUMER);
		traffic_end(&t);
	}
}

static void a_burst_is_produced_then_consumed(void **state)
{
	for (size_t i = 0; i < COUNT(policies); i++) {
		fake_reset();
		traffic_begin(&t, policies[i].policy, policies[i].slice_ns, policies[i].burst);
		add(3);
		produce(0, 6);
		consume(0, 6);
		traffic_run(&t, BATON_RUN_DONE,
			    "P0 P1 P2 c0 C0 c1 C1 c2 C2 P3 P4 P5 c3 C3 c4 C4 c5 C5 ");
		traffic_end(&t);
	}
}

/* Nothing but the device's verdicts makes these turns end. */
static void filling_and_emptying_end_the_turn(void **state)
{
	traffic_begin(&t, "turns", 1, 1000);
	add(2);
	produce(0, 4);
	consume(0, 4);
	traffic_run(&t, BATON_RUN_DONE, "P0 P1 c0 C0 c1 C1 P2 P3 c2 C2 c3 C3 ");
	assert_int_equal(t.rig->turns[0].vm, PRODUCER);
	assert_int_equal(t.rig->turns[0].why, BATON_WHY_YIELD);
	assert_int_equal(t.rig->turns[0].exits, 2);
	assert_int_equal(t.rig->turns[1].vm, CONSUMER);
	assert_int_equal(t.rig->turns[1].why, BATON_WHY_YIELD);
	assert_int_equal(t.rig->turns[1].exits, 4);
	assert_int_equal(t.rig->turns[2].exits, 2);
	assert_int_equal(t.rig->turns[3].exits, 4);
	traffic_end(&t);
}

/* A consumer may also take all, then report all; and one that never reports counts as well. */
static void reports_may_come_late_or_never(void **state)
{
	traffic_begin(&t, "turns", 1, 1000);
	add(2);
	produce(0, 4);
	for (int i = 0; i < 4; i++) {
		traffic_in(&t, CONSUMER, 0x11, 2);
		if (i % 2) {
			traffic_out(&t, CONSUMER, 0x12, 2, 7);
			traffic_out(&t, CONSUMER, 0x12, 2, 8);
		}
	}
	traffic_run(&t, BATON_RUN_DONE, "P0 P1 c0 c1 C7 C8 P2 P3 c2 c3 C7 C8 ");
	traffic_end(&t);

	fake_reset();
	traffic_begin(&t, "quantum", 10 * MS, 1);
	add(2);
	produce(0, 4);
	for (int i = 0; i < 4; i++)
		traffic_in(&t, CONSUMER, 0x11, 2);
	traffic_out(&t, CONSUMER, 0x12, 2, 9); /* the last one, when the next are there */
	traffic_run(&t, BATON_RUN_DONE, "P0 P1 c0 c1 P2 P3 c2 c3 C9 ");
	traffic_halted(&t, CONSUMER);
	traffic_end(&t);
}

static void items_pass_in_the_width_they_were_written_in(void **state)
{
	static const uint32_t item[] = { 0xAB, 0xABCD, 0xDEADBEEF };
	static const uint8_t size[] = { 1, 2, 4 };

	for (int w = 0; w < 3; w++) {
		fake_reset();
		traffic_begin(&t, "quantum", 10 * MS, 1);
		add(1);
		traffic_out(&t, PRODUCER, 0x10, size[w], item[w]);
		traffic_in(&t, CONSUMER, 0x11, size[w]);
		assert_int_equal(rig_run(t.rig, S), BATON_RUN_DONE);
		assert_int_equal(t.actor[CONSUMER].got[0], item[w]);
		traffic_end(&t);

		fake_reset();
		traffic_begin(&t, "quantum", 10 * MS, 1);
		add(1);
		traffic_out(&t, PRODUCER, 0x10, size[w], item[w]);
		traffic_in(&t, CONSUMER, 0x11, size[(w + 1) % 3]);
		assert_int_equal(rig_run(t.rig, S), BATON_RUN_DONE);
		traffic_died(&t, CONSUMER, "another width");
		traffic_halted(&t, PRODUCER);
		traffic_end(&t);
	}
}

/* Each element is an item: nothing twice, nothing lost, though the string blocks in its midst. */
static void strings_are_items_one_after_another(void **state)
{
	static const uint16_t items[] = { 10, 11, 12, 13, 14, 15, 16 };
	uint16_t all[7];

	traffic_begin(&t, "turns", 1, 1000);
	add(3);
	traffic_step(&t, PRODUCER, fake_outs(100, 0x10, 2, 7, items));
	consume(10, 7);
	traffic_run(&t, BATON_RUN_DONE,
		    "P10 P11 P12 c10 C10 c11 C11 c12 C12 P13 P14 P15 c13 C13 c14 C14 c15 C15 "
		    "P16 c16 C16 ");
	assert_int_equal(rig_vm_stats(t.rig, PRODUCER).by_kind[BATON_EXIT_IO_OUT].count, 1);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(t.actor[CONSUMER].got[i], items[i]);
	traffic_end(&t);

	fake_reset();
	traffic_begin(&t, "turns", 1, 1000);
	add(2);
	produce(1, 2);
	traffic_step(&t, CONSUMER, fake_ins(100, 0x11, 2, 2));
	traffic_run(&t, BATON_RUN_DONE, "P1 P2 c1 c2 ");
	memcpy(all, &t.actor[CONSUMER].got[0], 4);
	assert_int_equal(all[0], 1);
	assert_int_equal(all[1], 2);
	traffic_end(&t);
}

static void who_cannot_go_on_waits(void **state)
{
	traffic_begin(&t, "turns", 1, 1000);
	add(1);
	produce(0, 2);
	traffic_in(&t, CONSUMER, 0x11, 2);
	traffic_step(&t, CONSUMER, fake_spin()); /* and never reports */
	assert_int_equal(rig_run(t.rig, 10 * MS), BATON_RUN_BUDGET);
	assert_string_equal(t.log, "P0 c0 ");
	traffic_end(&t);

	fake_reset();
	traffic_begin(&t, "turns", 1, 1000);
	add(2);
	produce(0, 1);
	traffic_step(&t, PRODUCER, fake_spin());
	consume(0, 1);
	assert_int_equal(rig_run(t.rig, 10 * MS), BATON_RUN_BUDGET);
	assert_string_equal(t.log, "P0 ");
	traffic_end(&t);
}

/* The other one sleeps: that the hand-off is full gives it no turn before its time. */
static void only_who_waits_here_is_woken(void **state)
{
	traffic_begin(&t, "quantum", 1 * MS, 1);
	add(1);
	traffic_step(&t, PRODUCER, fake_in(2 * MS, 0xBA00, 4));
	produce(0, 2);
	traffic_out(&t, CONSUMER, 0xBA02, 4, 5000); /* for 5 ms */
	consume(0, 2);
	rig_run(t.rig, 4 * MS);
	assert_string_equal(t.log, "P0 ");
	traffic_blocked(&t, CONSUMER);
	assert_int_equal(rig_vm_stats(t.rig, CONSUMER).turns, 1);
	traffic_run(&t, BATON_RUN_DONE, "P0 c0 C0 P1 c1 C1 ");
	traffic_end(&t);
}

/* ------------------------------------------------------------------- ends */

static void what_a_producer_leaves_is_consumed(void **state)
{
	traffic_begin(&t, "turns", 1, 1000);
	add(3);
	produce(0, 5);
	consume(0, 6);
	traffic_run(&t, BATON_RUN_DONE, "P0 P1 P2 c0 C0 c1 C1 c2 C2 P3 P4 c3 C3 c4 C4 ");
	traffic_halted(&t, CONSUMER);
	assert_int_equal(t.actor[CONSUMER].at, 11); /* its sixth IN got nothing */
	assert_int_equal(t.actor[CONSUMER].gots, 5);
	traffic_end(&t);
}

static void a_producer_ends_with_its_consumer(void **state)
{
	traffic_begin(&t, "quantum", 10 * MS, 1);
	add(2);
	produce(0, 100);
	consume(0, 1);
	traffic_run(&t, BATON_RUN_DONE, "P0 P1 c0 C0 ");
	traffic_halted(&t, PRODUCER);
	traffic_end(&t);
}

static void a_side_that_dies_or_is_destroyed_ends_the_other(void **state)
{
	traffic_begin(&t, "turns", 1, 1000);
	add(1);
	traffic_step(&t, PRODUCER, fake_other(100, KVM_EXIT_SHUTDOWN, 0));
	consume(0, 1);
	traffic_run(&t, BATON_RUN_DONE, "");
	traffic_halted(&t, CONSUMER);
	traffic_end(&t);

	fake_reset();
	traffic_begin(&t, "turns", 1, 1000);
	add(1);
	produce(0, 2);
	traffic_step(&t, CONSUMER, fake_spin());
	assert_int_equal(rig_run(t.rig, 1 * MS), BATON_RUN_BUDGET);
	rig_destroy_vm(t.rig, CONSUMER);
	assert_int_equal(rig_run(t.rig, 1 * MS), BATON_RUN_DONE);
	assert_int_equal(rig_vm_stats(t.rig, PRODUCER).outcome, BATON_HALTED);
	traffic_end(&t);

	/* It waits when it is destroyed: nobody wakes it any more. */
	fake_reset();
	traffic_begin(&t, "quantum", 1 * MS, 1);
	add(1);
	traffic_step(&t, PRODUCER, fake_in(5 * MS, 0xBA00, 4));
	produce(0, 2);
	consume(0, 1);
	assert_int_equal(rig_run(t.rig, 2 * MS), BATON_RUN_BUDGET);
	traffic_blocked(&t, CONSUMER);
	rig_destroy_vm(t.rig, CONSUMER);
	assert_int_equal(rig_run(t.rig, 10 * MS), BATON_RUN_DONE);
	assert_string_equal(t.log, "P0 ");
	traffic_end(&t);
}

/* ----------------------------------------------------------------- faults */

static void each_port_has_one_direction(void **state)
{
	static const struct {
		int side;
		bool out;
		uint16_t port;
		const char *why;
	} cases[] = {
		{ PRODUCER, false, 0x10, "a producer writes its items" },
		{ CONSUMER, true, 0x11, "a consumer reads its items" },
		{ CONSUMER, false, 0x12, "reported by OUT" },
		{ CONSUMER, true, 0x12, "has not taken" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		fake_reset();
		traffic_begin(&t, "turns", 1, 1000);
		add(1);
		if (cases[i].out)
			traffic_out(&t, cases[i].side, cases[i].port, 2, 0);
		else
			traffic_in(&t, cases[i].side, cases[i].port, 2);
		traffic_run(&t, BATON_RUN_DONE, "");
		traffic_died(&t, cases[i].side, cases[i].why);
		traffic_end(&t);
	}
}

static void an_item_is_reported_once(void **state)
{
	traffic_begin(&t, "turns", 1, 1000);
	add(1);
	produce(0, 1);
	consume(0, 1);
	traffic_out(&t, CONSUMER, 0x12, 2, 0);
	traffic_run(&t, BATON_RUN_DONE, "P0 c0 C0 ");
	traffic_died(&t, CONSUMER, "has not taken");
	traffic_end(&t);
}

static void a_port_of_the_other_side_is_none_of_ones_own(void **state)
{
	traffic_begin(&t, "turns", 1, 1000);
	add(1);
	traffic_out(&t, PRODUCER, 0x12, 2, 0);
	assert_int_equal(rig_run(t.rig, S), BATON_RUN_DONE);
	assert_int_equal(baton_vm_death(t.actor[PRODUCER].vm)->kind, BATON_DEATH_PORT);
	traffic_end(&t);
}

/* -------------------------------------------------------- listener, making */

static void a_listener_that_is_not_ready_holds_up_who_acts(void **state)
{
	traffic_begin(&t, "turns", 1, 1000);
	add(2);
	t.reluctant = true;
	produce(0, 3);
	consume(0, 3);
	traffic_run(&t, BATON_RUN_DONE, "P0 P1 c0 C0 c1 C1 P2 c2 C2 ");
	assert_int_equal(t.refusals, 9);
	assert_true(rig_stats(t.rig).wall_ns >= 9 * MS);
	traffic_end(&t);
}

static void without_a_listener_items_pass_as_well(void **state)
{
	traffic_begin(&t, "turns", 1, 1000);
	t.config.event = NULL;
	t.reluctant = true; /* nobody asks */
	add(1);
	produce(0, 2);
	consume(0, 2);
	traffic_run(&t, BATON_RUN_DONE, "");
	assert_int_equal(t.actor[CONSUMER].got[1], 1);
	assert_int_equal(t.refusals, 0);
	traffic_end(&t);
}

static void a_configuration_is_checked(void **state)
{
	struct baton_handoff_config c = BATON_HANDOFF_CONFIG;

	traffic_begin(&t, "turns", 1, 1);
	c.traffic = t.config;
	c.depth = 0;
	traffic_refused(&t, &baton_handoff, &c, -EINVAL, "expected 1 to 256");
	c.depth = BATON_TRAFFIC_MOST + 1;
	traffic_refused(&t, &baton_handoff, &c, -EINVAL, "expected 1 to 256");
	c.depth = BATON_TRAFFIC_MOST;
	c.traffic.consumer = c.traffic.producer;
	traffic_refused(&t, &baton_handoff, &c, -EINVAL, "both producer and consumer");
	c.traffic.consumer = t.config.consumer;
	c.consumed = c.consume;
	traffic_refused(&t, &baton_handoff, &c, -EEXIST, "0x11");
	c.consumed = 0x12;
	traffic_device(&t, &baton_handoff, &c);
	traffic_refused(&t, &baton_handoff, &c, -EEXIST, "0x10");
	c.produce = 0x20, c.consume = 0x21, c.consumed = 0x22;
	traffic_device(&t, &baton_handoff, &c); /* several per host */
	traffic_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_order_is_the_same_under_every_policy),
		TEST(a_burst_is_produced_then_consumed),
		TEST(filling_and_emptying_end_the_turn),
		TEST(reports_may_come_late_or_never),
		TEST(items_pass_in_the_width_they_were_written_in),
		TEST(strings_are_items_one_after_another),
		TEST(who_cannot_go_on_waits),
		TEST(only_who_waits_here_is_woken),
		TEST(what_a_producer_leaves_is_consumed),
		TEST(a_producer_ends_with_its_consumer),
		TEST(a_side_that_dies_or_is_destroyed_ends_the_other),
		TEST(each_port_has_one_direction),
		TEST(an_item_is_reported_once),
		TEST(a_port_of_the_other_side_is_none_of_ones_own),
		TEST(a_listener_that_is_not_ready_holds_up_who_acts),
		TEST(without_a_listener_items_pass_as_well),
		TEST(a_configuration_is_checked),
	};

	return cmocka_run_group_tests_name("handoff", tests, NULL, NULL);
}
