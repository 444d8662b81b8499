/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accounting.c - the loop cuts time where it should: every nanosecond lands in
 * one part, the right one, of the host's ledger and of each VM's account.
 */
#include "zoo.h"

#include "baton/abi.h"

#define PORT 0x10

/* ----------------------------------------------------- a thousand delays */

struct worker {
	uint64_t ns;	 /* in the guest, per exit */
	uint64_t served; /* in the handler, per exit */
	unsigned exits;	 /* left */
};

static struct fake_exit work(struct fake_vcpu *vcpu)
{
	struct worker *w = vcpu->state;

	return w->exits-- ? fake_out(w->ns, PORT, 1, 0) : fake_hlt(w->ns);
}

static enum baton_verdict delay(void *state, struct baton_access *a)
{
	const struct worker *w = state;

	(void)a;
	fake_advance(w->served);
	return BATON_RESUME;
}

static void run_worker(const char *policy, uint64_t served, struct baton_host_stats *host,
		       struct baton_vm_stats *vm)
{
	struct worker w = { .ns = 700, .served = served, .exits = 1000 };
	struct rig *rig;

	fake_reset();
	fake.reading_ns = 13;
	rig = rig_begin(policy, 100 * S);
	rig_vm(rig, 1, work, &w);
	rig_port(rig, 0, PORT, 1, delay, &w);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	*host = rig_stats(rig);
	*vm = rig_vm_stats(rig, 0);
	rig_end(rig);
}

static void a_thousand_delays_of_1_ms_add_1_s_to_handler_and_wall_only(void **state)
{
	static const char *const policies[] = { "null", "turns", "quantum", "share" };
	struct baton_exit_stats *slow_out, *fast_out;

	(void)state;
	for (size_t i = 0; i < COUNT(policies); i++) {
		struct baton_host_stats fast, slow;
		struct baton_vm_stats fast_vm, slow_vm;

		run_worker(policies[i], 0, &fast, &fast_vm);
		run_worker(policies[i], 1 * MS, &slow, &slow_vm);
		assert_int_equal(slow.handler_ns - fast.handler_ns, 1 * S);
		assert_int_equal(slow.wall_ns - fast.wall_ns, 1 * S);
		slow_out = &slow_vm.by_kind[BATON_EXIT_IO_OUT];
		fast_out = &fast_vm.by_kind[BATON_EXIT_IO_OUT];
		assert_int_equal(slow_out->handler_ns - fast_out->handler_ns, 1 * S);
		assert_int_equal(slow_vm.handler_ns - fast_vm.handler_ns, 1 * S);
		assert_int_equal(slow_vm.lifetime_ns - fast_vm.lifetime_ns, 1 * S);
		assert_true(slow_out->p50_ns >= 1 * MS && slow_out->p50_ns <= 1 * MS * 17 / 16 + 13);
		/* Without these, all else is equal. */
		slow.handler_ns = fast.handler_ns;
		slow.wall_ns = fast.wall_ns;
		slow_out->handler_ns = fast_out->handler_ns;
		slow_out->p50_ns = fast_out->p50_ns;
		slow_out->p99_ns = fast_out->p99_ns;
		slow_vm.handler_ns = fast_vm.handler_ns;
		slow_vm.lifetime_ns = fast_vm.lifetime_ns;
		assert_memory_equal(&slow, &fast, sizeof(slow));
		assert_memory_equal(&slow_vm, &fast_vm, sizeof(slow_vm));
	}
}

static void every_figure_of_a_small_run_is_as_computed_by_hand(void **state)
{
	struct worker w = { .ns = 700, .served = 50, .exits = 2 };
	struct baton_host_stats h;
	struct baton_vm_stats v;
	struct rig *rig = rig_begin("null", 0);

	(void)state;
	rig_vm(rig, 1, work, &w);
	rig_port(rig, 0, PORT, 1, delay, &w);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	h = rig_stats(rig);
	v = rig_vm_stats(rig, 0);
	/* Two OUTs and a HLT of 700 ns each; two handlers of 50; readings cost nothing. */
	assert_int_equal(h.wall_ns, 2200);
	assert_int_equal(h.run_ns, 2100);
	assert_int_equal(h.handler_ns, 100);
	assert_int_equal(h.switch_ns, 0);
	assert_int_equal(h.idle_ns, 0);
	assert_int_equal(h.stolen_ns, 0);
	assert_int_equal(h.turns, 1);
	assert_int_equal(h.kicks, 0);
	assert_int_equal(v.exits, 3);
	assert_int_equal(v.turns, 1);
	assert_int_equal(v.lifetime_ns, 2200);
	assert_int_equal(v.by_kind[BATON_EXIT_IO_OUT].count, 2);
	assert_int_equal(v.by_kind[BATON_EXIT_IO_OUT].run_ns, 1400);
	assert_int_equal(v.by_kind[BATON_EXIT_IO_OUT].handler_ns, 100);
	assert_int_equal(v.by_kind[BATON_EXIT_HLT].count, 1);
	assert_int_equal(v.by_kind[BATON_EXIT_HLT].run_ns, 700);
	rig_end(rig);
}

/* ------------------------------------------------------ waiting and idling */

struct sleeper {
	unsigned naps;
	uint32_t us;
};

static struct fake_exit sleep_now(struct fake_vcpu *vcpu)
{
	struct sleeper *s = vcpu->state;

	return s->naps-- ? fake_out(1000, BATON_CALL_SLEEP, 4, s->us) : fake_hlt(0);
}

static struct fake_exit spin(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_spin();
}

static void blocking_ends_when_it_was_due_not_when_that_was_noticed(void **state)
{
	struct sleeper s = { .naps = 1, .us = 5000 };
	struct baton_vm_stats v;
	struct rig *rig = rig_begin("quantum", 20 * MS);

	(void)state;
	rig_vm(rig, 1, sleep_now, &s);
	rig_vm(rig, 1, spin, NULL);
	/* The sleeper is due at 5 ms, within the other's turn of 20 ms. */
	assert_int_equal(rig_run(rig, 30 * MS), BATON_RUN_BUDGET);
	v = rig_vm_stats(rig, 0);
	assert_int_equal(v.outcome, BATON_HALTED);
	assert_int_equal(v.blocked_ns, 5 * MS);
	assert_int_equal(v.ready_ns, 15 * MS);
	assert_int_equal(v.run_ns, 1000);
	assert_int_equal(rig_stats(rig).idle_ns, 0);
	rig_end(rig);
}

static void time_in_which_all_sleep_is_idle(void **state)
{
	struct sleeper s = { .naps = 3, .us = 2000 };
	struct rig *rig = rig_begin("share", 0);

	(void)state;
	rig_vm(rig, 1, sleep_now, &s);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(rig_stats(rig).idle_ns, 6 * MS);
	assert_int_equal(rig_stats(rig).wall_ns, 6 * MS + 3000);
	assert_int_equal(rig_stats(rig).stolen_ns, 0);
	assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, 6 * MS);
	rig_end(rig);
}

/* `null`, with a pick that takes its time. */
static struct baton_sched_pick slow_pick(void *state, uint64_t now)
{
	fake_advance(50 * US);
	return baton_policy("null")->pick(state, now);
}

static void the_policys_time_is_the_switchs_even_if_nobody_runs(void **state)
{
	struct baton_sched_ops slow = *baton_policy("null");
	struct baton_host_config c = BATON_HOST_CONFIG;
	struct sleeper s = { .naps = 1, .us = 2000 };
	struct rig *rig;

	(void)state;
	slow.pick = slow_pick;
	c.ops = &slow;
	rig = rig_begin_with(&c);
	rig_vm(rig, 1, sleep_now, &s);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	/* Before the nap, at its beginning, and after it; the second runs while it sleeps. */
	assert_int_equal(rig_stats(rig).switch_ns, 150 * US);
	assert_int_equal(rig_stats(rig).idle_ns, 2000 * US - 50 * US);
	assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, 2000 * US);
	rig_end(rig);
}

static void time_between_two_runs_is_idle(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	rig_vm(rig, 1, spin, NULL);
	assert_int_equal(rig_run(rig, 4 * MS), BATON_RUN_BUDGET);
	fake_advance(3 * MS);
	assert_int_equal(rig_run(rig, 4 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig_stats(rig).idle_ns, 3 * MS);
	assert_int_equal(rig_stats(rig).run_ns, 8 * MS);
	assert_int_equal(rig_stats(rig).wall_ns, 11 * MS);
	assert_int_equal(rig_vm_stats(rig, 0).ready_ns, 3 * MS);
	rig_end(rig);
}

static void a_late_arrivals_life_begins_when_it_arrives(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_vm_config c = rig_vm_config("late");

	(void)state;
	c.arrives_ns = 25 * MS;
	rig_vm(rig, 1, spin, NULL);
	rig_add(rig, &c, spin, NULL);
	assert_int_equal(rig_run(rig, 20 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig_vm_stats(rig, 1).lifetime_ns, 0);
	assert_int_equal(rig_vm_stats(rig, 1).turns, 0);
	assert_int_equal(rig_run(rig, 40 * MS), BATON_RUN_BUDGET);
	/* It arrived within a turn, and was seen at that turn's end. */
	assert_true(rig_vm_stats(rig, 1).lifetime_ns >= 30 * MS);
	assert_true(rig_vm_stats(rig, 1).lifetime_ns <= 35 * MS);
	assert_true(rig_vm_stats(rig, 1).run_ns > 0);
	rig_end(rig);
}

/* ------------------------------------------------------------ exits, kicks */

static void a_kick_is_no_exit(void **state)
{
	struct rig *rig = rig_begin("quantum", 1 * MS);

	(void)state;
	rig_vm(rig, 1, spin, NULL);
	rig_vm(rig, 1, spin, NULL);
	assert_int_equal(rig_run(rig, 100 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig_vm_stats(rig, 0).exits, 0);
	assert_int_equal(rig_vm_stats(rig, 1).exits, 0);
	assert_int_equal(rig->exits, 0);
	assert_int_equal(rig_stats(rig).turns, 100);
	assert_int_equal(rig_stats(rig).kicks, 100);
	rig_end(rig);
}

static void steal(void *context)
{
	(void)context;
	fake_sleep(5 * MS); /* the thread is off the CPU in the midst of KVM_RUN */
}

static struct rig *seen_rig;
static uint64_t stolen_inside;

static enum baton_verdict read_stolen(void *state, struct baton_access *a)
{
	(void)state, (void)a;
	stolen_inside = rig_stats(seen_rig).stolen_ns;
	return BATON_RESUME;
}

static void stolen_time_is_what_the_thread_wanted_and_did_not_get(void **state)
{
	struct worker w = { .ns = 10 * MS, .exits = 2 };
	struct rig *rig = seen_rig = rig_begin("null", 0);

	(void)state;
	rig_vm(rig, 1, work, &w);
	rig_port(rig, 0, PORT, 1, read_stolen, NULL);
	fake_at(fake.now_ns + 3 * MS, steal, NULL);
	stolen_inside = UINT64_MAX;
	assert_int_equal(rig_run(rig, 15 * MS), BATON_RUN_BUDGET);
	assert_int_equal(stolen_inside, 5 * MS); /* asked for in the midst of a run */
	assert_int_equal(rig_stats(rig).stolen_ns, 5 * MS);
	fake_sleep(7 * MS); /* nobody wanted it */
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(rig_stats(rig).stolen_ns, 5 * MS);
	rig_end(rig);
}

/* ------------------------------------------------------- whatever happens */

static uint64_t noise;

static uint64_t some_ns(void)
{
	return fake_random(&noise) % 200;
}

static int64_t some_skew(void)
{
	return (int64_t)(fake_random(&noise) % 100000) - 20000;
}

static void stray_signal(void *context)
{
	if (fake_random(&noise) & 1)
		fake_signal(SIGRTMIN);
	else
		fake_interrupt();
	(void)context;
}

/* rig_run() checks that the books balance; here they must after every kind of run. */
/* Policy `null` never lets the second one run: half of the first one's time is its lag. */
static void who_starves_behind_an_endless_turn_shows_its_lag(void **state)
{
	struct rig *rig = rig_begin("null", 0);

	(void)state;
	rig_vm(rig, 1, spin, NULL);
	rig_vm(rig, 1, spin, NULL);
	rig_run(rig, 100 * MS);
	assert_int_equal(rig_stats(rig).lag_ns, 50 * MS);
	rig_run(rig, 100 * MS);
	assert_int_equal(rig_stats(rig).lag_ns, 100 * MS);
	rig_end(rig);
}

static void the_books_balance_whatever_happens(void **state)
{
	static const char *const policies[] = { "turns", "quantum", "share", "null", "script" };

	(void)state;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct rig *rig;
		struct zoo zoo;
		uint64_t r = seed;
		enum baton_run_end end;

		fake_reset();
		noise = seed;
		fake.reading = seed % 3 ? some_ns : NULL;
		fake.skew = seed % 5 ? some_skew : NULL;
		rig = rig_begin(policies[seed % COUNT(policies)], 1 * MS + fake_random(&r) % (10 * MS));
		zoo_fill(&zoo, rig, seed, 1 + seed % 6, 60);
		for (int i = 0; i < 20; i++)
			fake_at(fake.now_ns + fake_random(&r) % (300 * MS), stray_signal, NULL);
		do {
			end = rig_run(rig, fake_random(&r) % (30 * MS));
			if (fake_random(&r) % 4 == 0)
				fake_advance(fake_random(&r) % (5 * MS));
		} while (end == BATON_RUN_BUDGET);
		for (unsigned i = 0; i < zoo.count; i++) {
			struct baton_vm_stats s = rig_vm_stats(rig, (int)i);

			/* Readings that cost nothing: what the ledger says is what the guest had. */
			if (!fake.reading)
				assert_int_equal(s.run_ns, rig->vcpus[i]->ran_ns);
			if (end == BATON_RUN_DONE)
				assert_int_equal(s.outcome, BATON_HALTED);
			/* One per exit, however often its handler was called. */
			assert_true(rig->exits_of[i] <= s.exits);
			assert_true(s.exits - rig->exits_of[i] <= (s.outcome == BATON_BLOCKED));
		}
		rig_end(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_thousand_delays_of_1_ms_add_1_s_to_handler_and_wall_only),
		TEST(every_figure_of_a_small_run_is_as_computed_by_hand),
		TEST(blocking_ends_when_it_was_due_not_when_that_was_noticed),
		TEST(time_in_which_all_sleep_is_idle),
		TEST(the_policys_time_is_the_switchs_even_if_nobody_runs),
		TEST(time_between_two_runs_is_idle),
		TEST(a_late_arrivals_life_begins_when_it_arrives),
		TEST(a_kick_is_no_exit),
		TEST(stolen_time_is_what_the_thread_wanted_and_did_not_get),
		TEST(who_starves_behind_an_endless_turn_shows_its_lag),
		TEST(the_books_balance_whatever_happens),
	};

	return cmocka_run_group_tests_name("accounting", tests, NULL, NULL);
}
