/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.c - from a guest's access to a handler and back: ports, MMIO, strings,
 * and what each verdict does to the vCPU. No element of a string is served
 * twice, whatever happens in between.
 */
#include "rig.h"

#define PORT 0x10
#define GPA  UINT64_C(0x100000000)

/* ---------------------------------------------- a script, and a record of it */

#define STEPS 16

struct script {
	struct fake_exit steps[STEPS];
	unsigned at, count;
	uint8_t got[64]; /* by INs and loads */
	size_t got_bytes;
};

static struct fake_exit play(struct fake_vcpu *vcpu)
{
	struct script *s = vcpu->state;

	return s->at < s->count ? s->steps[s->at++] : fake_hlt(0);
}

static void got(struct fake_vcpu *vcpu, const void *data, size_t bytes)
{
	struct script *s = vcpu->state;

	assert_true(s->got_bytes + bytes <= sizeof(s->got));
	memcpy(s->got + s->got_bytes, data, bytes);
	s->got_bytes += bytes;
}

static int add(struct rig *rig, struct script *s)
{
	int vm = rig_vm(rig, 1, play, s);

	rig->vcpus[vm]->got = got;
	return vm;
}

/* What a handler was called with, and what it is to answer, call by call. */
struct call {
	enum baton_verdict verdict;
	uint64_t data;	   /* answer to a read */
	uint64_t wake_ns;  /* with BLOCK: wake so much later; 0: not */
	uint32_t status;
	const char *why;
	struct baton_access seen;
};

struct server {
	struct call calls[64];
	unsigned count;
};

static enum baton_verdict serve(void *state, struct baton_access *a)
{
	struct server *s = state;
	struct call *c = &s->calls[s->count++];

	assert_true(s->count < COUNT(s->calls));
	c->seen = *a;
	a->data = a->write ? a->data : c->data;
	a->status = c->status;
	a->why = c->why;
	if (c->wake_ns)
		baton_vcpu_wake_at(a->vcpu, a->now_ns + c->wake_ns);
	return c->verdict;
}

/* ------------------------------------------------------------ one access */

static void a_handler_sees_what_the_guest_wrote(void **state)
{
	static const uint8_t sizes[] = { 1, 2, 4, 8 };

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		bool mmio = i >= 3;
		uint8_t size = sizes[mmio ? i - 3 : i];
		uint64_t data = UINT64_C(0x8877665544332211), mask = UINT64_MAX >> (64 - size * 8);
		struct script s = { .count = 1 };
		struct server v = { .count = 0 };
		const struct baton_access *seen = &v.calls[0].seen;
		struct rig *rig;

		fake_reset();
		rig = rig_begin("quantum", 0);
		s.steps[0] = mmio ? fake_store(70, GPA + 5, size, data) :
				    fake_out(70, PORT + 1, size, data);
		add(rig, &s);
		if (mmio)
			rig_mmio(rig, 0, GPA, 16, serve, &v);
		else
			rig_port(rig, 0, PORT, 4, serve, &v);
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_int_equal(v.count, 1);
		assert_ptr_equal(seen->vm, rig->vms[0]);
		assert_ptr_equal(seen->vcpu, baton_vm_vcpu(rig->vms[0]));
		assert_true(seen->addr == (mmio ? GPA + 5 : PORT + 1));
		assert_true(seen->data == (data & mask));
		assert_int_equal(seen->size, size);
		assert_true(seen->write);
		assert_false(seen->resumed);
		assert_int_equal(seen->now_ns, 1 * S + 70);
		rig_end(rig);
	}
}

static void a_guest_gets_what_the_handler_gave_cut_to_its_width(void **state)
{
	static const uint8_t sizes[] = { 1, 2, 4, 8 };
	const uint64_t data = UINT64_C(0x8877665544332211);

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		bool mmio = i >= 3;
		uint8_t size = sizes[mmio ? i - 3 : i];
		struct script s = { .count = 1 };
		struct server v = { .calls = { { .data = data } } };
		struct rig *rig;

		fake_reset();
		rig = rig_begin("quantum", 0);
		s.steps[0] = mmio ? fake_load(70, GPA, size) : fake_in(70, PORT, size);
		add(rig, &s);
		if (mmio)
			rig_mmio(rig, 0, GPA, 16, serve, &v);
		else
			rig_port(rig, 0, PORT, 1, serve, &v);
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_int_equal(v.calls[0].seen.data, 0);
		assert_false(v.calls[0].seen.write);
		assert_int_equal(s.got_bytes, size);
		assert_memory_equal(s.got, &data, size);
		rig_end(rig);
	}
}

static struct baton_exit seen_exits[STEPS];

static void keep(struct rig *rig, int vm, const struct baton_exit *exit)
{
	(void)vm;
	seen_exits[rig->exits - 1] = *exit;
}

static void an_observer_and_the_last_exits_know_what_was_read(void **state)
{
	struct script s = { .steps = { fake_in(10, PORT, 2), fake_load(10, GPA, 8) }, .count = 2 };
	struct server v = { .calls = { { .data = 0x112233 }, { .data = UINT64_MAX } } };
	struct rig *rig = rig_begin("turns", 0);
	const struct baton_vcpu *vcpu;

	(void)state;
	rig->on_exit = keep;
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &v);
	rig_mmio(rig, 0, GPA, 8, serve, &v);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(seen_exits[0].kind, BATON_EXIT_IO_IN);
	assert_int_equal(seen_exits[0].data, 0x2233);
	assert_int_equal(seen_exits[0].at_ns, 1 * S + 10);
	assert_int_equal(seen_exits[1].kind, BATON_EXIT_MMIO_READ);
	assert_true(seen_exits[1].data == UINT64_MAX);
	assert_int_equal(seen_exits[2].kind, BATON_EXIT_HLT);
	vcpu = baton_vm_vcpu(rig->vms[0]);
	for (int i = 0; i < 3; i++)
		assert_memory_equal(&vcpu->last[i], &seen_exits[i], sizeof(seen_exits[i]));
	rig_end(rig);
}

/* ---------------------------------------------------------------- strings */

static const uint32_t eight[] = { 11, 22, 33, 44, 55, 66, 77, 88 };

static void a_string_is_served_element_by_element_in_order(void **state)
{
	struct script s = { .steps = { fake_outs(0, PORT, 4, 8, eight), fake_ins(0, PORT, 2, 8) },
			    .count = 2 };
	struct server v = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 0);

	(void)state;
	for (unsigned i = 8; i < 16; i++)
		v.calls[i].data = 0x10000 + 1000 * i;
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &v);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(v.count, 16);
	for (unsigned i = 0; i < 16; i++) {
		assert_int_equal(v.calls[i].seen.addr, PORT);
		assert_int_equal(v.calls[i].seen.data, i < 8 ? eight[i] : 0);
		assert_false(v.calls[i].seen.resumed);
	}
	assert_int_equal(s.got_bytes, 16);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(s.got[2 * i] | s.got[2 * i + 1] << 8, (1000 * (i + 8)) & 0xFFFF);
	/* Two exits, however many elements, and the HLT. */
	assert_int_equal(rig_vm_stats(rig, 0).exits, 3);
	assert_int_equal(rig->exits, 3);
	rig_end(rig);
}

/* The elements that were done, in order: those whose last answer was not BLOCK. */
static void each_once(const struct server *v, unsigned elements)
{
	unsigned done = 0;

	for (unsigned i = 0; i < v->count; i++) {
		const struct call *c = &v->calls[i];

		assert_int_equal(c->seen.data, eight[done]);
		assert_int_equal(c->seen.resumed, i && c[-1].verdict == BATON_BLOCK);
		done += c->verdict != BATON_BLOCK;
	}
	assert_int_equal(done, elements);
}

static void an_element_that_blocked_is_called_again_and_no_other(void **state)
{
	/* Each subset of elements blocks, the first of them twice in a row. */
	(void)state;
	for (unsigned set = 0; set < 256; set++) {
		struct script s = { .steps = { fake_outs(0, PORT, 4, 8, eight) }, .count = 1 };
		struct server v = { .count = 0 };
		unsigned at = 0, blocks = 0;
		struct rig *rig;

		fake_reset();
		rig = rig_begin("quantum", 0);
		for (unsigned i = 0; i < 8; i++, at++)
			if (set >> i & 1) {
				for (int twice = !blocks; twice >= 0; twice--) {
					v.calls[at++] = (struct call){ .verdict = BATON_BLOCK,
								       .wake_ns = 3 * MS };
					blocks++;
				}
			}
		add(rig, &s);
		rig_port(rig, 0, PORT, 1, serve, &v);
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		each_once(&v, 8);
		assert_int_equal(v.count, 8 + blocks);
		/* Not entered in between: once to the string, once to the HLT. */
		assert_int_equal(rig->vcpus[0]->entries, 2);
		assert_int_equal(rig_vm_stats(rig, 0).exits, 2);
		assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, blocks * 3 * MS);
		assert_int_equal(rig_vm_stats(rig, 0).turns, 1 + blocks);
		assert_int_equal(rig->exits, 2); /* seen once, when done */
		rig_end(rig);
	}
}

static void a_yield_inside_a_string_ends_the_turn_and_the_rest_follows(void **state)
{
	(void)state;
	for (unsigned set = 1; set < 256; set++) {
		struct script s = { .steps = { fake_outs(0, PORT, 4, 8, eight) }, .count = 1 };
		struct server v = { .count = 0 };
		struct rig *rig;
		unsigned yields = 0;

		fake_reset();
		rig = rig_begin("quantum", 0);
		for (unsigned i = 0; i < 8; i++)
			if (set >> i & 1) {
				v.calls[i].verdict = BATON_YIELD;
				yields++;
			}
		add(rig, &s);
		rig_port(rig, 0, PORT, 1, serve, &v);
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_int_equal(v.count, 8);
		/* An element that was not served yet is not resumed. */
		each_once(&v, 8);
		assert_int_equal(rig->turn_count, yields + 1);
		for (unsigned i = 0; i < yields; i++)
			assert_int_equal(rig->turns[i].why, BATON_WHY_YIELD);
		assert_int_equal(rig->vcpus[0]->entries, 2);
		assert_int_equal(rig->exits, 2);
		rig_end(rig);
	}
}

static void what_a_blocked_read_gets_is_what_it_is_given_at_last(void **state)
{
	struct script s = { .steps = { fake_ins(0, PORT, 1, 3), fake_load(0, GPA, 8) }, .count = 2 };
	struct server v = { .calls = {
		{ .data = 0xA1 },
		{ .data = 0xEE, .verdict = BATON_BLOCK, .wake_ns = 5 },
		{ .data = 0xA2 },
		{ .data = 0xA3, .verdict = BATON_YIELD },
		{ .data = 0xEE, .verdict = BATON_BLOCK, .wake_ns = 5 },
		{ .data = UINT64_C(0x1122334455667788), .verdict = BATON_YIELD },
	} };
	struct rig *rig = rig_begin("quantum", 0);

	(void)state;
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &v);
	rig_mmio(rig, 0, GPA, 8, serve, &v);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(v.count, 6);
	assert_int_equal(s.got_bytes, 11);
	assert_memory_equal(s.got, "\xA1\xA2\xA3\x88\x77\x66\x55\x44\x33\x22\x11", 11);
	rig_end(rig);
}

static void halt_and_fault_leave_the_rest_of_a_string(void **state)
{
	static const enum baton_verdict verdicts[] = { BATON_HALT, BATON_FAULT };

	(void)state;
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		struct script s = { .steps = { fake_outs(0, PORT, 4, 8, eight) }, .count = 1 };
		struct server v = { .calls = { [2] = { .verdict = verdicts[i], .status = 77,
						       .why = "enough" } } };
		struct rig *rig;

		fake_reset();
		rig = rig_begin("quantum", 0);
		add(rig, &s);
		rig_port(rig, 0, PORT, 1, serve, &v);
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_int_equal(v.count, 3);
		assert_int_equal(rig->vcpus[0]->entries, 1);
		assert_int_equal(rig_vm_stats(rig, 0).outcome, i ? BATON_DEAD : BATON_HALTED);
		assert_int_equal(rig_vm_stats(rig, 0).status, i ? 0 : 77);
		assert_int_equal(rig->exits, 1); /* it is over, not put off: the observer sees it */
		rig_end(rig);
	}
}

/* ------------------------------------------------------------------ waking */

static void an_access_in_a_resumed_turn_is_served_before_the_guest_goes_on(void **state)
{
	struct script s = { .steps = { fake_in(100, PORT, 1) }, .count = 1 };
	struct server v = { .calls = { { .verdict = BATON_BLOCK }, { .data = 7 } } };
	struct rig *rig = rig_begin("quantum", 0);

	(void)state;
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &v);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_BLOCKED);
	assert_int_equal(rig->exits, 0); /* not done yet */
	fake_advance(10 * MS);
	baton_vcpu_wake(baton_vm_vcpu(rig->vms[0]));
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_true(v.calls[1].seen.resumed);
	assert_int_equal(v.calls[1].seen.now_ns, 1 * S + 100 + 10 * MS);
	assert_int_equal(rig->exits, 2);
	rig_end(rig);
}

static void waking_who_does_not_wait_changes_nothing(void **state)
{
	struct script s = { .steps = { fake_out(100, PORT, 1, 0), fake_out(6 * MS, PORT, 1, 1) },
			    .count = 2 };
	/* The first call's time to wake passes while the guest runs; the second has none. */
	struct server v = { .calls = { { .wake_ns = 5 * MS }, { .verdict = BATON_BLOCK },
				       { .verdict = BATON_HALT } } };
	struct rig *rig = rig_begin("quantum", 0);
	struct baton_vcpu *vcpu;

	(void)state;
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &v);
	vcpu = baton_vm_vcpu(rig->vms[0]);
	baton_vcpu_wake(vcpu);
	baton_vcpu_wake_at(vcpu, fake.now_ns + 1000);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(v.count, 2);
	baton_vcpu_wake(vcpu);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(v.count, 3);
	/* Ended ones do not come back. */
	baton_vcpu_wake(vcpu);
	baton_vcpu_wake_at(vcpu, fake.now_ns + 1000);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(v.count, 3);
	rig_end(rig);
}

static void a_time_to_wake_may_be_set_before_the_vcpu_waits(void **state)
{
	struct script s = { .steps = { fake_out(100, PORT, 1, 0), fake_out(2 * MS, PORT, 1, 1) },
			    .count = 2 };
	struct server v = { .calls = { { .wake_ns = 5 * MS }, { .verdict = BATON_BLOCK } } };
	struct rig *rig = rig_begin("quantum", 0);

	(void)state;
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &v);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(v.count, 3);
	assert_int_equal(v.calls[2].seen.now_ns, 1 * S + 100 + 5 * MS);
	rig_end(rig);
}

static void a_time_to_wake_that_is_past_wakes_at_once(void **state)
{
	struct script s = { .steps = { fake_out(0, PORT, 1, 0) }, .count = 1 };
	struct server v = { .calls = { { .verdict = BATON_BLOCK } } };
	struct rig *rig = rig_begin("quantum", 0);

	(void)state;
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &v);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	baton_vcpu_wake_at(baton_vm_vcpu(rig->vms[0]), 1);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, 0);
	rig_end(rig);
}

static void a_later_wake_at_replaces_the_earlier(void **state)
{
	static const uint64_t first[] = { 5 * MS, 30 * MS, BATON_FOREVER };

	(void)state;
	for (size_t i = 0; i < COUNT(first); i++) {
		struct script s = { .steps = { fake_out(0, PORT, 1, 0) }, .count = 1 };
		struct server v = { .calls = { { .verdict = BATON_BLOCK, .wake_ns = 10 * MS } } };
		struct rig *rig;
		uint64_t begun;

		fake_reset();
		begun = fake.now_ns;
		rig = rig_begin("quantum", 0);
		add(rig, &s);
		rig_port(rig, 0, PORT, 1, serve, &v);
		assert_int_equal(rig_run(rig, 1 * MS), BATON_RUN_BUDGET);
		baton_vcpu_wake_at(baton_vm_vcpu(rig->vms[0]),
				   first[i] == BATON_FOREVER ? first[i] : begun + first[i]);
		if (first[i] == BATON_FOREVER) {
			assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
		} else {
			assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
			assert_int_equal(v.calls[1].seen.now_ns, begun + first[i]);
		}
		rig_end(rig);
	}
}

static enum baton_verdict wake_other(void *state, struct baton_access *a)
{
	struct rig *rig = state;

	(void)a;
	baton_vcpu_wake(baton_vm_vcpu(rig->vms[0]));
	baton_vcpu_wake(baton_vm_vcpu(rig->vms[0]));
	return BATON_RESUME;
}

static void one_vms_handler_wakes_another_vm(void **state)
{
	struct script waits = { .steps = { fake_in(0, PORT, 1) }, .count = 1 };
	struct script wakes = { .steps = { fake_out(3 * MS, PORT, 1, 1),
					   fake_out(50 * MS, PORT, 1, 1) }, .count = 2 };
	struct server v = { .calls = { { .verdict = BATON_BLOCK }, { .data = 9 } } };
	struct rig *rig = rig_begin("quantum", 20 * MS);

	(void)state;
	add(rig, &waits);
	add(rig, &wakes);
	rig_port(rig, 0, PORT, 1, serve, &v);
	rig_port(rig, 1, PORT, 1, wake_other, rig);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(v.count, 2);
	assert_int_equal(waits.got[0], 9);
	/* It waited until it was woken, then for the waker's turn to end. */
	assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, 3 * MS);
	assert_int_equal(rig_vm_stats(rig, 0).ready_ns, 17 * MS);
	rig_end(rig);
}

/* -------------------------------------------------------- completing late */

static void an_access_is_completed_though_the_turn_ended_with_it(void **state)
{
	struct script a = { .steps = { fake_in(0, PORT, 4), fake_in(0, PORT, 4) }, .count = 2 };
	struct script b = a;
	struct server v = { .calls = { { .data = 0xA0 }, { .data = 0xB0 }, { .data = 0xA1 },
				       { .data = 0xB1 } } };
	struct rig *rig = rig_begin("turns", 0);

	(void)state;
	add(rig, &a);
	add(rig, &b);
	rig_port(rig, 0, PORT, 1, serve, &v);
	rig_port(rig, 1, PORT, 1, serve, &v);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_memory_equal(a.got, "\xA0\0\0\0\xA1\0\0\0", 8);
	assert_memory_equal(b.got, "\xB0\0\0\0\xB1\0\0\0", 8);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_handler_sees_what_the_guest_wrote),
		TEST(a_guest_gets_what_the_handler_gave_cut_to_its_width),
		TEST(an_observer_and_the_last_exits_know_what_was_read),
		TEST(a_string_is_served_element_by_element_in_order),
		TEST(an_element_that_blocked_is_called_again_and_no_other),
		TEST(a_yield_inside_a_string_ends_the_turn_and_the_rest_follows),
		TEST(what_a_blocked_read_gets_is_what_it_is_given_at_last),
		TEST(halt_and_fault_leave_the_rest_of_a_string),
		TEST(an_access_in_a_resumed_turn_is_served_before_the_guest_goes_on),
		TEST(waking_who_does_not_wait_changes_nothing),
		TEST(a_time_to_wake_may_be_set_before_the_vcpu_waits),
		TEST(a_time_to_wake_that_is_past_wakes_at_once),
		TEST(a_later_wake_at_replaces_the_earlier),
		TEST(one_vms_handler_wakes_another_vm),
		TEST(an_access_is_completed_though_the_turn_ended_with_it),
	};

	return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
