/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.c - batches: copied whole, from checked addresses to checked addresses, each
 * once, whoever comes first.
 */
#include "traffic.h"

#define SIZE  3
#define FROM  0x2000 /* the producer's array */
#define TO    0x3000 /* the consumer's */
#define END   0x10000 /* of memory */

static struct traffic t;
static struct baton_batch_ports ports;

static void add(void)
{
	const struct baton_batch_config c = { .traffic = t.config, .size = SIZE, .ports = ports };

	traffic_device(&t, &baton_batch, &c);
}

static void begin(const char *policy, uint64_t slice_ns, uint32_t burst)
{
	fake_reset();
	traffic_begin(&t, policy, slice_ns, burst);
	ports = baton_batch_ports()[0];
	add();
}

/* One OUT passes three items that begin with `first`. */
static void pass(uint32_t at, uint32_t first)
{
	struct step *step = traffic_step(&t, PRODUCER, fake_out(100, ports.produced, 4, at));

	for (uint32_t i = 0; i < SIZE; i++)
		traffic_store(step, at + 4 * i, first + i);
}

static void say_buffer(uint32_t at)
{
	traffic_out(&t, CONSUMER, ports.buffer, 4, at);
}

static void say_done(void)
{
	traffic_out(&t, CONSUMER, ports.consumed, 1, 0);
}

static void holds(int side, uint32_t at, uint32_t first)
{
	uint32_t items[SIZE];

	assert_int_equal(baton_vm_read(t.actor[side].vm, at, items, sizeof(items)), 0);
	for (uint32_t i = 0; i < SIZE; i++)
		assert_int_equal(items[i], first + i);
}

static const struct {
	const char *policy;
	uint64_t slice_ns;
	uint32_t burst;
} policies[] = {
	{ "turns", 1, 1 },	 { "turns", 1, 1000 },	  { "quantum", 50, 1 },
	{ "quantum", 130, 1 },	 { "quantum", 10 * MS, 1 }, { "share", 130, 1 },
	{ "share", 10 * MS, 1 }, { "null", 1, 1 },
};

static void batches_come_whole_and_once_under_every_policy(void **state)
{
	for (size_t i = 0; i < COUNT(policies); i++) {
		begin(policies[i].policy, policies[i].slice_ns, policies[i].burst);
		pass(FROM, 10);
		pass(FROM, 20);
		pass(FROM + 0x100, 30);
		say_buffer(TO);
		for (int n = 0; n < 4; n++)
			say_done();
		traffic_run(&t, BATON_RUN_DONE,
			    "P10,11,12 c10,11,12 C10,11,12 P20,21,22 c20,21,22 C20,21,22 "
			    "P30,31,32 c30,31,32 C30,31,32 ");
		holds(CONSUMER, TO, 30);
		traffic_halted(&t, PRODUCER);
		traffic_halted(&t, CONSUMER); /* its last wait was in vain */
		traffic_end(&t);
	}
}

/* No exit between items: 1 for a batch. */
static void a_batch_is_one_exit_of_each_side(void **state)
{
	begin("quantum", 10 * MS, 1);
	pass(FROM, 1);
	say_buffer(TO);
	say_done();
	traffic_run(&t, BATON_RUN_DONE, "P1,2,3 c1,2,3 C1,2,3 ");
	/* It waits, the consumer waits; it passes, and its turn ends. */
	assert_int_equal(t.rig->turns[2].vm, PRODUCER);
	assert_int_equal(t.rig->turns[2].why, BATON_WHY_YIELD);
	assert_int_equal(rig_vm_stats(t.rig, PRODUCER).by_kind[BATON_EXIT_IO_OUT].count, 1);
	assert_int_equal(rig_vm_stats(t.rig, CONSUMER).by_kind[BATON_EXIT_IO_OUT].count, 2);
	traffic_end(&t);
}

static void the_array_may_move_from_batch_to_batch(void **state)
{
	begin("quantum", 10 * MS, 1);
	pass(FROM, 10);
	pass(FROM, 20);
	say_buffer(TO);
	say_done(); /* the second batch comes here */
	say_buffer(TO + 0x100); /* and goes there, untold */
	say_done();
	traffic_run(&t, BATON_RUN_DONE, "P10,11,12 c10,11,12 C10,11,12 "
		    "P20,21,22 c20,21,22 C20,21,22 ");
	holds(CONSUMER, TO, 20);
	holds(CONSUMER, TO + 0x100, 20);
	traffic_end(&t);
}

/* What is told as consumed is what lies in the consumer's memory then. */
static void consumed_is_what_the_array_holds(void **state)
{
	struct step *step;

	begin("quantum", 10 * MS, 1);
	pass(FROM, 10);
	say_buffer(TO);
	step = traffic_step(&t, CONSUMER, fake_out(100, ports.consumed, 2, 0));
	traffic_store(step, TO + 4, 99);
	traffic_run(&t, BATON_RUN_DONE, "P10,11,12 c10,11,12 C10,99,12 ");
	traffic_end(&t);
}

static void ports_apart_say_the_address_once(void **state)
{
	fake_reset();
	traffic_begin(&t, "turns", 1, 1000);
	ports = baton_batch_ports()[1];
	assert_string_equal(ports.name, "f0");
	add();
	traffic_out(&t, PRODUCER, 0xF0, 4, FROM);
	pass(FROM, 10); /* the datum of 0xF2 says nothing */
	pass(FROM, 20);
	say_buffer(TO);
	say_done();
	say_done();
	traffic_run(&t, BATON_RUN_DONE, "P10,11,12 c10,11,12 C10,11,12 "
		    "P20,21,22 c20,21,22 C20,21,22 ");
	traffic_end(&t);

	fake_reset();
	traffic_begin(&t, "turns", 1, 1000);
	add();
	traffic_out(&t, PRODUCER, 0xF2, 4, FROM);
	traffic_run(&t, BATON_RUN_DONE, "");
	traffic_died(&t, PRODUCER, "without having said where it is");
	traffic_end(&t);
}

/* ------------------------------------------------------------------- waits */

static void the_producer_waits_for_a_consumer(void **state)
{
	begin("quantum", 1 * MS, 1);
	pass(FROM, 10);
	traffic_step(&t, CONSUMER, fake_spin()); /* says nothing */
	assert_int_equal(rig_run(t.rig, 10 * MS), BATON_RUN_BUDGET);
	assert_string_equal(t.log, "");
	traffic_blocked(&t, PRODUCER);
	traffic_end(&t);

	begin("quantum", 1 * MS, 1);
	pass(FROM, 10);
	pass(FROM, 20);
	say_buffer(TO);
	traffic_step(&t, CONSUMER, fake_spin()); /* is not done with the first */
	assert_int_equal(rig_run(t.rig, 10 * MS), BATON_RUN_BUDGET);
	assert_string_equal(t.log, "P10,11,12 c10,11,12 ");
	traffic_blocked(&t, PRODUCER);
	holds(CONSUMER, TO, 10);
	traffic_end(&t);
}

static void who_waits_for_one_that_ended_is_halted(void **state)
{
	begin("turns", 1, 1000);
	pass(FROM, 10);
	traffic_run(&t, BATON_RUN_DONE, "");
	traffic_halted(&t, PRODUCER);
	traffic_halted(&t, CONSUMER);
	traffic_end(&t);

	begin("turns", 1, 1000);
	traffic_step(&t, PRODUCER, fake_other(100, KVM_EXIT_SHUTDOWN, 0));
	say_buffer(TO);
	traffic_run(&t, BATON_RUN_DONE, "");
	traffic_halted(&t, CONSUMER);
	traffic_end(&t);

	/* What was passed before the end arrives. */
	begin("turns", 1, 1000);
	pass(FROM, 10);
	traffic_out(&t, PRODUCER, 0x99, 1, 0);
	say_buffer(TO);
	say_done();
	traffic_run(&t, BATON_RUN_DONE, "P10,11,12 c10,11,12 C10,11,12 ");
	traffic_halted(&t, CONSUMER);
	traffic_end(&t);
}

static void a_listener_that_is_not_ready_holds_up_who_acts(void **state)
{
	begin("turns", 1, 1000);
	t.reluctant = true;
	pass(FROM, 10);
	pass(FROM, 20);
	say_buffer(TO);
	say_done();
	say_done();
	traffic_run(&t, BATON_RUN_DONE, "P10,11,12 c10,11,12 C10,11,12 "
		    "P20,21,22 c20,21,22 C20,21,22 ");
	assert_int_equal(t.refusals, 6);
	traffic_end(&t);
}

/* ------------------------------------------------------------------ faults */

static void arrays_lie_in_memory(void **state)
{
	static const uint32_t wrong[] = { END - 4 * SIZE + 1, END - 1, END, 0x80000000,
					  UINT32_MAX, UINT32_MAX - 4 * SIZE + 1 };

	for (size_t i = 0; i < COUNT(wrong); i++) {
		begin("turns", 1, 1000);
		traffic_out(&t, PRODUCER, 0x10, 4, wrong[i]);
		say_buffer(TO);
		traffic_run(&t, BATON_RUN_DONE, "");
		traffic_died(&t, PRODUCER, "not in guest memory");
		traffic_halted(&t, CONSUMER);
		traffic_end(&t);

		begin("turns", 1, 1000);
		pass(FROM, 10);
		say_buffer(wrong[i]);
		traffic_run(&t, BATON_RUN_DONE, "");
		traffic_died(&t, CONSUMER, "not in guest memory");
		traffic_halted(&t, PRODUCER);
		traffic_end(&t);
	}
	begin("turns", 1, 1000);
	pass(END - 4 * SIZE, 10);
	say_buffer(END - 4 * SIZE);
	say_done();
	traffic_run(&t, BATON_RUN_DONE, "P10,11,12 c10,11,12 C10,11,12 ");
	traffic_end(&t);
}

static struct fake_exit lose_array(struct fake_vcpu *vcpu)
{
	static int step;

	switch (step++) {
	case 0:
		return fake_out(100, 0xF0, 4, FROM);
	case 1:
		vcpu->sregs.cr0 |= 0x80000001;
		vcpu->sregs.cr3 = 0x8000;
		return fake_out(100, 0xF2, 4, 0);
	default:
		return fake_hlt(0);
	}
}

/* Where it is said apart, it is checked at once, and again when it is used. */
static void an_address_that_is_said_apart_is_checked_twice(void **state)
{
	fake_reset();
	traffic_begin(&t, "turns", 1, 1000);
	ports = baton_batch_ports()[1];
	add();
	traffic_out(&t, PRODUCER, 0xF0, 4, END);
	traffic_out(&t, PRODUCER, 0xF0, 4, FROM);
	traffic_run(&t, BATON_RUN_DONE, "");
	traffic_died(&t, PRODUCER, "not in guest memory");
	traffic_end(&t);

	fake_reset();
	traffic_begin(&t, "turns", 1, 1000);
	add();
	t.rig->vcpus[PRODUCER]->next = lose_array;
	say_buffer(TO);
	traffic_run(&t, BATON_RUN_DONE, "");
	traffic_died(&t, PRODUCER, "not in guest memory");
	traffic_halted(&t, CONSUMER);
	traffic_end(&t);
}

/* The consumer turns paging on while it holds a batch, and then its address leads nowhere. */
static struct fake_exit lose_memory(struct fake_vcpu *vcpu)
{
	static int step;

	switch (step++) {
	case 0:
		return fake_out(100, 0x11, 4, TO);
	case 1:
		vcpu->sregs.cr0 |= 0x80000001;
		vcpu->sregs.cr3 = 0x8000; /* zeroes: nothing is mapped */
		return fake_out(100, 0x12, 4, 0);
	default:
		return fake_hlt(0);
	}
}

static void addresses_are_translated_at_each_use(void **state)
{
	begin("turns", 1, 1000);
	pass(FROM, 10);
	pass(FROM, 20);
	t.rig->vcpus[CONSUMER]->next = lose_memory;
	traffic_run(&t, BATON_RUN_DONE, "P10,11,12 c10,11,12 ");
	traffic_died(&t, CONSUMER, "not in guest memory");
	traffic_halted(&t, PRODUCER);
	traffic_end(&t);
}

static void each_port_has_its_direction_and_width(void **state)
{
	static const struct {
		int side;
		bool out;
		uint16_t port;
		uint8_t size;
		const char *why;
	} cases[] = {
		{ PRODUCER, false, 0x10, 4, "by OUT" },
		{ PRODUCER, true, 0x10, 2, "4 bytes wide" },
		{ CONSUMER, false, 0x11, 4, "an OUT of 4 bytes" },
		{ CONSUMER, true, 0x11, 1, "an OUT of 4 bytes" },
		{ CONSUMER, false, 0x12, 4, "by OUT" },
		{ CONSUMER, true, 0x12, 4, "that it does not have" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		begin("turns", 1, 1000);
		if (cases[i].out)
			traffic_out(&t, cases[i].side, cases[i].port, cases[i].size, FROM);
		else
			traffic_in(&t, cases[i].side, cases[i].port, cases[i].size);
		traffic_run(&t, BATON_RUN_DONE, "");
		traffic_died(&t, cases[i].side, cases[i].why);
		traffic_end(&t);
	}
}

static void a_configuration_is_checked(void **state)
{
	struct baton_batch_config c = { .size = 0 };

	fake_reset();
	traffic_begin(&t, "turns", 1, 1);
	c.traffic = t.config;
	c.ports = baton_batch_ports()[0];
	traffic_refused(&t, &baton_batch, &c, -EINVAL, "expected 1 to 256");
	c.size = BATON_TRAFFIC_MOST + 1;
	traffic_refused(&t, &baton_batch, &c, -EINVAL, "expected 1 to 256");
	c.size = BATON_TRAFFIC_MOST;
	c.traffic.producer = c.traffic.consumer;
	traffic_refused(&t, &baton_batch, &c, -EINVAL, "both producer and consumer");
	c.traffic.producer = t.config.producer;
	c.ports.buffer = c.ports.consumed;
	traffic_refused(&t, &baton_batch, &c, -EEXIST, "0x12");
	c.ports = baton_batch_ports()[0];
	traffic_device(&t, &baton_batch, &c);
	c.ports = baton_batch_ports()[1];
	traffic_device(&t, &baton_batch, &c);
	assert_null(baton_batch_ports()[2].name);
	traffic_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(batches_come_whole_and_once_under_every_policy),
		TEST(a_batch_is_one_exit_of_each_side),
		TEST(the_array_may_move_from_batch_to_batch),
		TEST(consumed_is_what_the_array_holds),
		TEST(ports_apart_say_the_address_once),
		TEST(the_producer_waits_for_a_consumer),
		TEST(who_waits_for_one_that_ended_is_halted),
		TEST(a_listener_that_is_not_ready_holds_up_who_acts),
		TEST(arrays_lie_in_memory),
		TEST(an_address_that_is_said_apart_is_checked_twice),
		TEST(addresses_are_translated_at_each_use),
		TEST(each_port_has_its_direction_and_width),
		TEST(a_configuration_is_checked),
	};

	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
