/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preempt.c - the clock ends turns, the signal only gets the thread out of the
 * guest: early, late, missing and foreign signals, and the watchdog.
 */
#include "zoo.h"

#include "baton/abi.h"

#define PORT 0x10
#define KICK SIGRTMIN

static struct fake_exit spin(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_spin();
}

static struct fake_exit out(struct fake_vcpu *vcpu)
{
	return fake_out(*(uint64_t *)vcpu->state, PORT, 1, 0);
}

static enum baton_verdict accept(void *state, struct baton_access *a)
{
	(void)state, (void)a;
	return BATON_RESUME;
}

/* ----------------------------------------------------------- time decides */

static int64_t never(void)
{
	return INT64_C(1) << 60;
}

static void a_slice_ends_without_any_signal_if_the_guest_exits(void **state)
{
	uint64_t ns = 30 * US;
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	fake.skew = never;
	for (int i = 0; i < 2; i++) {
		rig_vm(rig, 1, out, &ns);
		rig_port(rig, i, PORT, 1, accept, NULL);
	}
	assert_int_equal(rig_run(rig, 1 * S), BATON_RUN_BUDGET);
	assert_int_equal(rig_stats(rig).kicks, 0);
	assert_true(rig->turn_count >= 99);
	for (unsigned i = 0; i < rig->turn_count; i++) {
		assert_int_equal(rig->turns[i].why, BATON_WHY_SLICE);
		assert_true(rig->turns[i].charged_ns >= 10 * MS);
		assert_true(rig->turns[i].charged_ns < 10 * MS + ns);
	}
	rig_end(rig);
}

static enum baton_verdict slow(void *state, struct baton_access *a)
{
	(void)state, (void)a;
	fake_advance(25 * MS);
	return BATON_RESUME;
}

static void a_handler_that_outlives_the_slice_ends_the_turn(void **state)
{
	uint64_t ns = 30 * US;
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	rig_vm(rig, 1, out, &ns);
	rig_vm(rig, 1, spin, NULL);
	rig_port(rig, 0, PORT, 1, slow, NULL);
	assert_int_equal(rig_run(rig, 60 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig->turns[0].charged_ns, 25 * MS + ns);
	assert_int_equal(rig->turns[0].exits, 1);
	assert_int_equal(rig->turns[1].vm, 1);
	/* Its signal had come long ago; it ends nothing now. */
	assert_int_equal(rig->turns[1].charged_ns, 10 * MS);
	rig_end(rig);
}

static int64_t three_ms_late(void)
{
	return 3 * MS;
}

static void a_late_signal_makes_the_turn_longer_by_as_much(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	fake.skew = three_ms_late;
	rig_vm(rig, 1, spin, NULL);
	rig_vm(rig, 1, spin, NULL);
	assert_int_equal(rig_run(rig, 130 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig->turn_count, 10);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(rig->turns[i].charged_ns, 13 * MS);
	assert_int_equal(rig_stats(rig).overrun_ns, 3 * MS);
	rig_end(rig);
}

static int64_t four_ms_early(void)
{
	return -(int64_t)(4 * MS);
}

static void an_early_signal_ends_nothing(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	fake.skew = four_ms_early;
	rig_vm(rig, 1, spin, NULL);
	rig_vm(rig, 1, spin, NULL);
	/* Each arming fires 4 ms early: at 6 ms, and then at once, until the time has come. */
	fake.reading_ns = 100;
	assert_int_equal(rig_run(rig, 101 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig->turn_count, 10);
	for (unsigned i = 0; i < 10; i++)
		assert_true(rig->turns[i].end_ns - rig->turns[i].begin_ns >= 10 * MS - 100);
	rig_end(rig);
}

/* Signals that concern nobody, one every 70 µs. */
static void stray(void *context)
{
	fake_signal(KICK);
	fake_at(fake.now_ns + 70 * US, stray, context);
}

static void interrupt(void *context)
{
	fake_interrupt();
	fake_at(fake.now_ns + 90 * US, interrupt, context);
}

static void signals_of_others_end_nothing(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	rig_vm(rig, 1, spin, NULL);
	rig_vm(rig, 1, spin, NULL);
	stray(NULL);
	interrupt(NULL);
	assert_int_equal(rig_run(rig, 100 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig->turn_count, 10);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(rig->turns[i].charged_ns, 10 * MS);
	assert_true(rig->vcpus[0]->kicks > 500);
	rig_end(rig);
}

static void a_signal_pending_before_the_run_ends_nothing(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	rig_vm(rig, 1, spin, NULL);
	for (int i = 0; i < 5; i++)
		fake_signal(KICK);
	assert_int_equal(rig_run(rig, 10 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig->turn_count, 1);
	assert_int_equal(rig->turns[0].charged_ns, 10 * MS);
	/* One entry that ends at once, one for the slice. */
	assert_int_equal(rig->vcpus[0]->entries, 2);
	assert_int_equal(rig_stats(rig).kicks, 6);
	rig_end(rig);
}

static uint64_t noise;

static int64_t up_to_2_ms_late(void)
{
	return (int64_t)(fake_random(&noise) % (2 * MS));
}

static void some_signal(void *context)
{
	if (fake_random(&noise) & 1)
		fake_signal(KICK);
	else
		fake_interrupt();
	fake_at(fake.now_ns + fake_random(&noise) % (3 * MS), some_signal, context);
}

/*
 * The order of events, not a tolerance: no turn ends before its deadline, and
 * none later than the latest signal that its deadline's timer can have sent.
 */
static void no_kick_is_lost_and_none_acted_on_early(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct rig *rig;

		fake_reset();
		noise = seed;
		fake.drops_stale = seed & 1;
		fake.skew = up_to_2_ms_late;
		rig = rig_begin(seed & 2 ? "quantum" : "share", 500 * US + seed * 10 * US);
		for (int i = 0; i < 3; i++)
			rig_vm(rig, 1, spin, NULL);
		some_signal(NULL);
		for (int i = 0; i < 4; i++)
			rig_run(rig, 20 * MS + seed * US);
		assert_true(rig->turn_count > 10);
		for (unsigned i = 0; i < rig->turn_count; i++) {
			const struct rig_turn *t = &rig->turns[i];

			assert_int_equal(t->why, BATON_WHY_SLICE);
			if (t->charged_ns < t->slice_ns)
				fail_msg("seed %d: turn %u ended early", (int)seed, i);
			/* Once by the budget's timer, once by the slice's. */
			if (t->charged_ns > t->slice_ns + 2 * MS)
				fail_msg("seed %d: turn %u missed its kick", (int)seed, i);
		}
		rig_end(rig);
	}
}

/* The same with guests that do everything. */
static void no_turn_of_a_zoo_ends_early(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct rig *rig;
		struct zoo zoo;

		fake_reset();
		noise = seed;
		fake.skew = up_to_2_ms_late;
		rig = rig_begin(seed & 1 ? "quantum" : "share", 3 * MS);
		zoo_fill(&zoo, rig, seed, 5, 60);
		some_signal(NULL);
		rig_run(rig, 5 * S);
		for (unsigned i = 0; i < rig->turn_count; i++) {
			const struct rig_turn *t = &rig->turns[i];

			if (t->why == BATON_WHY_SLICE && t->end_ns < t->begin_ns + t->slice_ns)
				fail_msg("seed %d: turn %u ended early", (int)seed, i);
		}
		rig_end(rig);
	}
}

/* ---------------------------------------------------------- what it costs */

static struct fake_exit yield(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_out(50 * US, BATON_CALL_YIELD, 4, 0);
}

static void the_timer_is_not_set_for_turns_that_end_by_themselves(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	rig_vm(rig, 1, yield, NULL);
	rig_vm(rig, 1, yield, NULL);
	assert_int_equal(rig_run(rig, 1 * S), BATON_RUN_BUDGET);
	assert_int_equal(rig->turn_count, 20000);
	/* Once per slice at most, not once per turn. */
	assert_true(fake.calls[FAKE_TIMER_SET] <= 101);
	assert_true(rig_stats(rig).kicks <= 101);
	rig_end(rig);
}

static void stop(void *context)
{
	baton_host_stop(context);
}

static void without_any_limit_no_timer_is_set(void **state)
{
	uint64_t ns = 1 * US;
	struct rig *rig = rig_begin("turns", 0);

	(void)state;
	rig_vm(rig, 1, out, &ns);
	rig_port(rig, 0, PORT, 1, accept, NULL);
	fake_at(fake.now_ns + 1 * MS, stop, rig->host);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_STOPPED);
	assert_int_equal(fake.calls[FAKE_TIMER_SET], 0);
	rig_end(rig);
}

static void an_exit_costs_two_readings_of_the_clock_and_no_other_call(void **state)
{
	uint64_t ns = 1 * US, before, clocks;
	struct rig *rig = rig_begin("quantum", 10 * S);

	(void)state;
	rig_vm(rig, 1, out, &ns);
	rig_port(rig, 0, PORT, 1, accept, NULL);
	rig_run(rig, 1 * MS);
	before = fake.ticks;
	clocks = fake.calls[FAKE_CLOCK];
	rig_run(rig, 1 * S);
	clocks = fake.calls[FAKE_CLOCK] - clocks;
	assert_in_range(clocks, 2000000, 2000010);
	/* KVM_RUN ticks three times here: on entry, half-way, and on the way back. */
	assert_in_range(fake.ticks - before, 5000000, 5000030);
	rig_end(rig);
}

/* ------------------------------------------------------------- the mask */

static void inside_the_guest_the_kick_is_unblocked_and_others_stay_as_they_are(void **state)
{
	struct rig *rig;

	(void)state;
	sigaddset(&fake.mask, SIGUSR2);
	rig = rig_begin("quantum", 10 * MS);
	rig_vm(rig, 1, spin, NULL);
	rig_run(rig, 1 * MS);
	assert_true(rig->vcpus[0]->masked);
	assert_int_equal(sigismember(&rig->vcpus[0]->blocked, KICK), 0);
	assert_int_equal(sigismember(&rig->vcpus[0]->blocked, SIGUSR2), 1);
	assert_int_equal(sigismember(&rig->vcpus[0]->blocked, SIGUSR1), 0);
	assert_int_equal(sigismember(&fake.mask, KICK), 1);
	rig_end(rig);
	assert_int_equal(sigismember(&fake.mask, KICK), 0);
}

static void the_mask_is_set_once_and_again_only_when_it_changed(void **state)
{
	struct rig *rig = rig_begin("quantum", 1 * MS);

	(void)state;
	rig_vm(rig, 1, spin, NULL);
	rig_vm(rig, 1, spin, NULL);
	for (int i = 0; i < 10; i++)
		rig_run(rig, 10 * MS);
	assert_int_equal(fake.calls[FAKE_VCPU_MASK], 2);
	sigaddset(&fake.mask, SIGUSR1);
	for (int i = 0; i < 10; i++)
		rig_run(rig, 10 * MS);
	assert_int_equal(fake.calls[FAKE_VCPU_MASK], 4);
	assert_int_equal(sigismember(&rig->vcpus[1]->blocked, SIGUSR1), 1);
	/* The embedder unblocked our signal: it is blocked anew. */
	sigdelset(&fake.mask, KICK);
	rig_run(rig, 10 * MS);
	assert_int_equal(sigismember(&fake.mask, KICK), 1);
	rig_end(rig);
}

static void a_mask_that_is_refused_is_an_error(void **state)
{
	struct rig *rig = rig_begin("quantum", 1 * MS);
	enum baton_run_end end;

	(void)state;
	rig_vm(rig, 1, spin, NULL);
	fake_fail(FAKE_VCPU_MASK, 1, EINVAL);
	assert_int_equal(baton_host_run(rig->host, MS, &end), -EINVAL);
	rig_balance(rig);
	assert_int_equal(rig_run(rig, 5 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig_vm_stats(rig, 0).run_ns, 5 * MS);
	rig_end(rig);
}

/* ------------------------------------------------------------- watchdog */

static int add_watched(struct rig *rig, uint64_t watchdog_ns,
		       struct fake_exit (*next)(struct fake_vcpu *vcpu), void *state)
{
	struct baton_vm_config c = rig_vm_config("watched");

	c.watchdog_ns = watchdog_ns;
	return rig_add(rig, &c, next, state);
}

static void a_guest_without_exits_dies_by_the_watchdog_and_the_others_go_on(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	rig_vm(rig, 1, spin, NULL);
	add_watched(rig, 25 * MS, spin, NULL);
	assert_int_equal(rig_run(rig, 100 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig_vm_stats(rig, 1).outcome, BATON_DEAD);
	assert_non_null(baton_vm_death(rig->vms[1]));
	assert_int_equal(baton_vm_death(rig->vms[1])->kind, BATON_DEATH_WATCHDOG);
	/* Its own time counts, to the nanosecond: two slices and a half, others' between. */
	assert_int_equal(rig_vm_stats(rig, 1).run_ns, 25 * MS);
	assert_int_equal(rig_vm_stats(rig, 0).run_ns, 75 * MS);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_RUNNING);
	rig_end(rig);
}

static void the_watchdog_works_without_slices_and_across_steps(void **state)
{
	struct rig *rig = rig_begin("null", 0);

	(void)state;
	add_watched(rig, 25 * MS, spin, NULL);
	while (rig_run(rig, 400 * US) == BATON_RUN_BUDGET)
		fake_advance(10 * MS);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_DEAD);
	assert_int_equal(rig_vm_stats(rig, 0).run_ns, 25 * MS);
	rig_end(rig);
}

static void an_exit_in_time_calms_the_watchdog(void **state)
{
	uint64_t ns = 25 * MS - 1;
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	add_watched(rig, 25 * MS, out, &ns);
	rig_port(rig, 0, PORT, 1, slow, NULL); /* a handler's time is not the guest's */
	rig_vm(rig, 1, spin, NULL);
	assert_int_equal(rig_run(rig, 3 * S), BATON_RUN_BUDGET);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_RUNNING);
	assert_true(rig_vm_stats(rig, 0).exits > 20);
	rig_end(rig);
}

static void signals_do_not_set_the_watchdog_back(void **state)
{
	struct rig *rig = rig_begin("null", 0);

	(void)state;
	add_watched(rig, 25 * MS, spin, NULL);
	stray(NULL);
	interrupt(NULL);
	assert_int_equal(rig_run(rig, 100 * MS), BATON_RUN_DONE);
	assert_int_equal(rig_vm_stats(rig, 0).run_ns, 25 * MS);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_slice_ends_without_any_signal_if_the_guest_exits),
		TEST(a_handler_that_outlives_the_slice_ends_the_turn),
		TEST(a_late_signal_makes_the_turn_longer_by_as_much),
		TEST(an_early_signal_ends_nothing),
		TEST(signals_of_others_end_nothing),
		TEST(a_signal_pending_before_the_run_ends_nothing),
		TEST(no_kick_is_lost_and_none_acted_on_early),
		TEST(no_turn_of_a_zoo_ends_early),
		TEST(the_timer_is_not_set_for_turns_that_end_by_themselves),
		TEST(without_any_limit_no_timer_is_set),
		TEST(an_exit_costs_two_readings_of_the_clock_and_no_other_call),
		TEST(inside_the_guest_the_kick_is_unblocked_and_others_stay_as_they_are),
		TEST(the_mask_is_set_once_and_again_only_when_it_changed),
		TEST(a_mask_that_is_refused_is_an_error),
		TEST(a_guest_without_exits_dies_by_the_watchdog_and_the_others_go_on),
		TEST(the_watchdog_works_without_slices_and_across_steps),
		TEST(an_exit_in_time_calms_the_watchdog),
		TEST(signals_do_not_set_the_watchdog_back),
	};

	return cmocka_run_group_tests_name("preempt", tests, NULL, NULL);
}
