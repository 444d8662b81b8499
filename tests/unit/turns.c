/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turns.c - who runs when: the loop under each policy, in one run and in steps.
 * The policies by themselves are tested in tests/sim.
 */
#include "zoo.h"

#include "baton/abi.h"

#define PORT 0x10

static enum baton_verdict accept(void *state, struct baton_access *a)
{
	(void)state, (void)a;
	return BATON_RESUME;
}

static struct fake_exit spin(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_spin();
}

/* Computes for as long as its state says, then an OUT, for ever. */
static struct fake_exit out(struct fake_vcpu *vcpu)
{
	return fake_out(*(uint64_t *)vcpu->state, PORT, 1, vcpu->exits);
}

/* As many exits as its state says, then HLT. */
static struct fake_exit few(struct fake_vcpu *vcpu)
{
	unsigned *left = vcpu->state;

	return (*left)-- ? fake_out(1000, PORT, 1, 0) : fake_hlt(1000);
}

/* ------------------------------------------- four policies; script.c has the fifth */

static char order[4096];

static void note(struct rig *rig, int vm, const struct baton_exit *exit)
{
	if (rig->exits < sizeof(order))
		order[rig->exits - 1] = (char)('A' + vm);
	(void)exit;
}

static void turns_alternate_from_exit_to_exit(void **state)
{
	uint64_t quick = 1000, slow = 50 * MS;
	struct rig *rig = rig_begin("turns", 0);

	(void)state;
	rig->on_exit = note;
	rig_vm(rig, 1, out, &quick);
	rig_vm(rig, 1, out, &slow);
	rig_port(rig, 0, PORT, 1, accept, NULL);
	rig_port(rig, 1, PORT, 1, accept, NULL);
	assert_int_equal(rig_run(rig, 10 * S), BATON_RUN_BUDGET);
	assert_true(rig->exits > 300);
	for (uint64_t i = 0; i < rig->exits; i++)
		assert_int_equal(order[i], "AB"[i % 2]);
	for (unsigned i = 0; i < rig->turn_count; i++) {
		assert_int_equal(rig->turns[i].why, BATON_WHY_EXITS);
		assert_int_equal(rig->turns[i].exits, 1);
	}
	rig_end(rig);
}

static void a_burst_is_so_many_exits(void **state)
{
	struct baton_host_config c = BATON_HOST_CONFIG;
	uint64_t ns = 1000;
	struct rig *rig;

	(void)state;
	c.policy = "turns";
	c.sched.burst = 3;
	rig = rig_begin_with(&c);
	rig->on_exit = note;
	for (int i = 0; i < 3; i++) {
		rig_vm(rig, 1, out, &ns);
		rig_port(rig, i, PORT, 1, accept, NULL);
	}
	assert_int_equal(rig_run(rig, 900 * 1000), BATON_RUN_BUDGET);
	for (uint64_t i = 0; i < rig->exits; i++)
		assert_int_equal(order[i], "AAABBBCCC"[i % 9]);
	rig_end(rig);
}

static void a_quantum_ends_turns_of_guests_that_never_exit(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	rig_vm(rig, 1, spin, NULL);
	rig_vm(rig, 1, spin, NULL);
	assert_int_equal(rig_run(rig, 1 * S), BATON_RUN_BUDGET);
	assert_int_equal(rig->turn_count, 100);
	for (unsigned i = 0; i < rig->turn_count; i++) {
		assert_int_equal(rig->turns[i].vm, i % 2);
		assert_int_equal(rig->turns[i].why, BATON_WHY_SLICE);
		assert_int_equal(rig->turns[i].charged_ns, 10 * MS);
	}
	assert_int_equal(rig_stats(rig).overrun_ns, 0);
	rig_end(rig);
}

static void shares_are_kept_between_a_spinner_and_an_exiter(void **state)
{
	static const uint64_t weights[][2] = { { 70, 30 }, { 30, 70 }, { 90, 10 }, { 1, 1 }, { 1, 1000 } };
	uint64_t ns = 30000;

	(void)state;
	for (size_t i = 0; i < COUNT(weights); i++) {
		uint64_t a = weights[i][0], b = weights[i][1];
		struct baton_vm_stats one, two;
		struct rig *rig;
		int64_t off;

		fake_reset();
		rig = rig_begin("share", 10 * MS);
		rig_vm(rig, a, spin, NULL);
		rig_vm(rig, b, out, &ns);
		rig_port(rig, 1, PORT, 1, accept, NULL);
		assert_int_equal(rig_run(rig, 20 * S), BATON_RUN_BUDGET);
		one = rig_vm_stats(rig, 0);
		two = rig_vm_stats(rig, 1);
		off = (int64_t)(one.run_ns + one.handler_ns) -
		      (int64_t)((one.run_ns + one.handler_ns + two.run_ns + two.handler_ns) * a / (a + b));
		/* Within a slice and an exit. */
		assert_true(off <= (int64_t)(10 * MS + ns) && off >= -(int64_t)(10 * MS + ns));
		assert_true(rig_stats(rig).lag_ns <= 10 * MS + ns);
		rig_end(rig);
	}
}

static void a_zero_share_never_runs(void **state)
{
	struct rig *rig = rig_begin("share", 10 * MS);

	(void)state;
	rig_vm(rig, 0, spin, NULL);
	rig_vm(rig, 5, spin, NULL);
	rig_vm(rig, 0, spin, NULL);
	assert_int_equal(rig_run(rig, 1 * S), BATON_RUN_BUDGET);
	assert_int_equal(rig_vm_stats(rig, 0).turns, 0);
	assert_int_equal(rig_vm_stats(rig, 2).turns, 0);
	assert_int_equal(rig->vcpus[0]->entries, 0);
	assert_int_equal(rig_vm_stats(rig, 0).ready_ns, 1 * S);
	assert_int_equal(rig_vm_stats(rig, 1).run_ns, 1 * S);
	rig_end(rig);
}

static void with_only_zero_shares_the_host_is_stuck_not_busy(void **state)
{
	struct rig *rig = rig_begin("share", 10 * MS);

	(void)state;
	rig_vm(rig, 0, spin, NULL);
	assert_int_equal(rig_run(rig, 1 * S), BATON_RUN_STUCK);
	rig_end(rig);
}

static void null_lets_the_first_run_to_its_end(void **state)
{
	unsigned exits = 100;
	struct rig *rig = rig_begin("null", 0);

	(void)state;
	rig_vm(rig, 1, few, &exits);
	rig_vm(rig, 1, spin, NULL);
	rig_port(rig, 0, PORT, 1, accept, NULL);
	assert_int_equal(rig_run(rig, 1 * S), BATON_RUN_BUDGET);
	assert_int_equal(rig->turn_count, 1); /* the second's has not ended */
	assert_int_equal(rig->turns[0].exits, 101);
	assert_int_equal(rig->turns[0].why, BATON_WHY_END);
	rig_end(rig);
}

/* ----------------------------------------------------------- run's answers */

static void a_host_without_vms_is_done(void **state)
{
	struct rig *rig = rig_begin("share", 0);

	(void)state;
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(rig_run(rig, 0), BATON_RUN_DONE);
	rig_end(rig);
}

static void a_budget_of_0_runs_nothing(void **state)
{
	struct rig *rig = rig_begin("share", 0);

	(void)state;
	rig_vm(rig, 1, spin, NULL);
	assert_int_equal(rig_run(rig, 0), BATON_RUN_BUDGET);
	assert_int_equal(rig->vcpus[0]->entries, 0);
	rig_end(rig);
}

static void run_refuses_other_threads(void **state)
{
	struct rig *rig = rig_begin("share", 0);
	enum baton_run_end end = (enum baton_run_end)99;

	(void)state;
	fake.thread = 2;
	assert_int_equal(baton_host_run(rig->host, S, &end), -EPERM);
	assert_int_equal(end, 99);
	fake.thread = 1;
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	rig_end(rig);
}

static enum baton_verdict run_again(void *state, struct baton_access *a)
{
	enum baton_run_end end = (enum baton_run_end)99;

	(void)a;
	assert_int_equal(baton_host_run(((struct rig *)state)->host, S, &end), -EBUSY);
	assert_int_equal(end, 99);
	return BATON_HALT;
}

static enum baton_verdict create_another(void *state, struct baton_access *a)
{
	const struct baton_vm_config c = rig_vm_config("another");

	(void)a;
	assert_int_equal(baton_vm_create(((struct rig *)state)->host, &c, NULL, NULL), -EBUSY);
	return BATON_HALT;
}

static void no_vm_is_created_by_a_handler(void **state)
{
	struct rig *rig = rig_begin("share", 0);
	uint64_t ns = 10;

	(void)state;
	rig_vm(rig, 1, out, &ns);
	rig_port(rig, 0, PORT, 1, create_another, rig);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_null(baton_host_vm(rig->host, 1));
	rig_end(rig);
}

static void run_refuses_to_be_called_from_a_handler(void **state)
{
	struct rig *rig = rig_begin("share", 0);
	uint64_t ns = 10;

	(void)state;
	rig_vm(rig, 1, out, &ns);
	rig_port(rig, 0, PORT, 1, run_again, rig);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	rig_end(rig);
}

static void the_end_may_be_left_out(void **state)
{
	struct rig *rig = rig_begin("share", 0);

	(void)state;
	assert_int_equal(baton_host_run(rig->host, S, NULL), 0);
	rig_end(rig);
}

/* --------------------------------------------------------------- waiting */

static struct fake_exit nap(struct fake_vcpu *vcpu)
{
	return vcpu->exits ? fake_hlt(0) : fake_out(0, BATON_CALL_SLEEP, 4, 7000);
}

static void idling_lasts_until_the_wake_and_no_longer(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	uint64_t before = fake.now_ns;

	(void)state;
	rig_vm(rig, 1, nap, NULL);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(fake.now_ns - before, 7 * MS);
	assert_int_equal(fake.cpu_ns, 0);
	rig_end(rig);
}

static void idling_ends_with_the_budget(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	uint64_t before = fake.now_ns;

	(void)state;
	rig_vm(rig, 1, nap, NULL);
	assert_int_equal(rig_run(rig, 3 * MS), BATON_RUN_BUDGET);
	assert_int_equal(fake.now_ns - before, 3 * MS);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_BLOCKED);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(fake.now_ns - before, 7 * MS);
	rig_end(rig);
}

static void stray(void *context)
{
	(void)context;
	fake_signal(SIGRTMIN);
}

static void interrupt(void *context)
{
	(void)context;
	fake_interrupt();
}

static void signals_do_not_cut_idling_short(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	uint64_t before = fake.now_ns;

	(void)state;
	rig_vm(rig, 1, nap, NULL);
	for (uint64_t at = 0; at < 7 * MS; at += 100 * US)
		fake_at(before + at, at / (100 * US) % 2 ? stray : interrupt, NULL);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(fake.now_ns - before, 7 * MS);
	rig_end(rig);
}

static void a_late_arrival_joins_at_its_time(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_vm_config c = rig_vm_config("late");
	uint64_t before = fake.now_ns;

	(void)state;
	/* Alone: the host waits for it. */
	c.arrives_ns = 35 * MS;
	rig_add(rig, &c, spin, NULL);
	assert_int_equal(rig_run(rig, 30 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig->vcpus[0]->entries, 0);
	assert_int_equal(rig_run(rig, 10 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig_vm_stats(rig, 0).run_ns, 5 * MS);
	assert_int_equal(fake.now_ns - before, 40 * MS);
	/* One that is created between runs counts from then. */
	c.name = "later";
	c.arrives_ns = 5 * MS;
	rig_add(rig, &c, spin, NULL);
	assert_int_equal(rig_run(rig, 30 * MS), BATON_RUN_BUDGET);
	/* 5 ms are left of the first's turn, and then it is there. */
	assert_int_equal(rig_vm_stats(rig, 1).run_ns, 15 * MS);
	rig_end(rig);
}

static void one_that_never_arrives_is_not_waited_for(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_vm_config c = rig_vm_config("never");

	(void)state;
	c.arrives_ns = BATON_FOREVER;
	rig_add(rig, &c, spin, NULL);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_STUCK);
	rig_end(rig);
}

static enum baton_verdict block(void *state, struct baton_access *a)
{
	(void)state, (void)a;
	return BATON_BLOCK;
}

static void vms_that_wait_for_one_another_are_stuck(void **state)
{
	uint64_t ns = 1000;
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	for (int i = 0; i < 3; i++) {
		rig_vm(rig, 1, out, &ns);
		rig_port(rig, i, PORT, 1, block, NULL);
	}
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_STUCK);
	assert_int_equal(rig_stats(rig).wall_ns, 3000);
	/* From outside somebody can still help. */
	baton_vcpu_wake(baton_vm_vcpu(rig->vms[1]));
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_STUCK);
	assert_int_equal(rig_vm_stats(rig, 1).turns, 2);
	rig_end(rig);
}

/* Who woke during a turn stands in line before the one whose turn it was. */
static void a_sleeper_is_next_after_the_turn_in_which_it_woke(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	rig_vm(rig, 1, nap, NULL);
	rig_vm(rig, 1, spin, NULL);
	assert_int_equal(rig_run(rig, 12 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig->turns[1].vm, 1);
	assert_int_equal(rig->turns[2].vm, 0);
	rig_end(rig);
}

/* ------------------------------------------------------------- in steps */

static void a_cut_turn_goes_on_where_it_was(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	rig_vm(rig, 1, spin, NULL);
	rig_vm(rig, 1, spin, NULL);
	assert_int_equal(rig_run(rig, 4 * MS), BATON_RUN_BUDGET);
	fake_advance(50 * MS); /* this is nobody's slice */
	assert_int_equal(rig_run(rig, 5 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig->turn_count, 0);
	assert_int_equal(rig_run(rig, 2 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig->turn_count, 1);
	assert_int_equal(rig->turns[0].charged_ns, 10 * MS);
	assert_int_equal(rig->turns[0].end_ns - rig->turns[0].begin_ns, 60 * MS);
	assert_int_equal(rig_vm_stats(rig, 1).run_ns, 1 * MS);
	rig_end(rig);
}

/* Runs a zoo, in one go or in steps, and leaves its log of turns. */
static struct rig *run_zoo(const char *policy, uint64_t seed, bool in_steps)
{
	static struct zoo zoo; /* outlives the call */
	uint64_t r = seed, slice = 200 * US + fake_random(&r) % (10 * MS);
	struct rig *rig;
	enum baton_run_end end;

	fake_reset();
	rig = rig_begin(policy, slice);
	zoo_fill(&zoo, rig, seed, 1 + seed % ZOO_MAX, 50);
	do
		end = rig_run(rig, in_steps ? fake_random(&r) % (fake_random(&r) % 2 ? 3 * MS : 200 * US) :
					      BATON_FOREVER);
	while (end == BATON_RUN_BUDGET);
	return rig;
}

static void steps_of_any_length_change_no_decision(void **state)
{
	static const char *const policies[] = { "quantum", "share", "turns", "null", "script" };

	unsigned total = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		const char *policy = policies[seed % COUNT(policies)];
		struct rig *whole = run_zoo(policy, seed, false), *cut;
		struct rig_turn *turns = rig_take_turns(whole);
		unsigned count = whole->turn_count;
		uint64_t began = 1 * S;

		rig_end(whole);
		cut = run_zoo(policy, seed, true);
		total += count;
		for (unsigned i = 0; i < count && i < cut->turn_count; i++)
			if (memcmp(&turns[i], &cut->turns[i], sizeof(turns[i])))
				fail_msg("%s, seed %d: turn %u is VM %d from %d to %d us, in steps VM %d "
					 "from %d to %d us", policy, (int)seed, i,
					 turns[i].vm, (int)((turns[i].begin_ns - began) / 1000),
					 (int)((turns[i].end_ns - began) / 1000), cut->turns[i].vm,
					 (int)((cut->turns[i].begin_ns - began) / 1000),
					 (int)((cut->turns[i].end_ns - began) / 1000));
		assert_int_equal(count, cut->turn_count);
		rig_end(cut);
		rig_free_turns(turns);
	}
	assert_true(total > 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(turns_alternate_from_exit_to_exit),
		TEST(a_burst_is_so_many_exits),
		TEST(a_quantum_ends_turns_of_guests_that_never_exit),
		TEST(shares_are_kept_between_a_spinner_and_an_exiter),
		TEST(a_zero_share_never_runs),
		TEST(with_only_zero_shares_the_host_is_stuck_not_busy),
		TEST(null_lets_the_first_run_to_its_end),
		TEST(a_host_without_vms_is_done),
		TEST(a_budget_of_0_runs_nothing),
		TEST(run_refuses_other_threads),
		TEST(run_refuses_to_be_called_from_a_handler),
		TEST(no_vm_is_created_by_a_handler),
		TEST(the_end_may_be_left_out),
		TEST(idling_lasts_until_the_wake_and_no_longer),
		TEST(idling_ends_with_the_budget),
		TEST(signals_do_not_cut_idling_short),
		TEST(a_late_arrival_joins_at_its_time),
		TEST(one_that_never_arrives_is_not_waited_for),
		TEST(vms_that_wait_for_one_another_are_stuck),
		TEST(a_sleeper_is_next_after_the_turn_in_which_it_woke),
		TEST(a_cut_turn_goes_on_where_it_was),
		TEST(steps_of_any_length_change_no_decision),
	};

	return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
