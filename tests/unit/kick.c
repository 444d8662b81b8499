/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kick.c - the lazy timer and the stop flag, by themselves. How the loop uses
 * them is in preempt.c and stop.c; tests/model checks the protocol as a whole.
 */
#include "test.h"

#include "kvm/kick.h"

#define KICK SIGRTMIN

static struct baton__kick kick;

static int begin(void **state)
{
	return test_begin(state) || baton__kick_init(&kick, KICK);
}

static int end(void **state)
{
	baton__kick_fini(&kick);
	return test_end(state);
}

#define KICKS(function) cmocka_unit_test_setup_teardown(function, begin, end)

static void a_timer_that_stands_early_enough_is_left_alone(void **state)
{
	uint64_t at = fake.now_ns + 10 * MS;

	(void)state;
	baton__kick_by(&kick, at);
	assert_int_equal(fake.calls[FAKE_TIMER_SET], 1);
	for (int i = 0; i < 1000; i++)
		baton__kick_by(&kick, at + (uint64_t)i * MS);
	assert_int_equal(fake.calls[FAKE_TIMER_SET], 1);
	assert_int_equal(fake.last_set_ns, at);
}

static void an_earlier_deadline_moves_the_timer(void **state)
{
	uint64_t now = fake.now_ns;

	(void)state;
	baton__kick_by(&kick, now + 10 * MS);
	baton__kick_by(&kick, now + 4 * MS);
	assert_int_equal(fake.calls[FAKE_TIMER_SET], 2);
	fake_advance(4 * MS);
	assert_int_equal(fake_pending(), 1);
}

static void no_deadline_needs_no_timer(void **state)
{
	(void)state;
	baton__kick_by(&kick, UINT64_MAX);
	assert_int_equal(fake.calls[FAKE_TIMER_SET], 0);
}

static void a_deadline_in_the_past_kicks_at_once(void **state)
{
	(void)state;
	baton__kick_by(&kick, fake.now_ns - 1);
	fake_advance(0);
	assert_int_equal(fake_pending(), 1);
}

static int64_t one_ms_early(void)
{
	return -(int64_t)MS;
}

static void a_timer_that_fired_early_is_armed_again(void **state)
{
	uint64_t deadline = fake.now_ns + 10 * MS;

	(void)state;
	fake.skew = one_ms_early;
	baton__kick_by(&kick, deadline);
	fake_advance(9 * MS);
	assert_int_equal(fake_pending(), 1);
	baton__kick_consume(&kick);
	assert_int_equal(fake_pending(), 0);
	fake.skew = NULL;
	baton__kick_by(&kick, deadline);
	assert_int_equal(fake.calls[FAKE_TIMER_SET], 2);
	fake_advance(1 * MS);
	assert_int_equal(fake_pending(), 1);
}

static void a_signal_of_others_does_not_disarm(void **state)
{
	uint64_t deadline = fake.now_ns + 10 * MS;

	(void)state;
	baton__kick_by(&kick, deadline);
	fake_signal(KICK);
	baton__kick_consume(&kick);
	assert_int_equal(fake_pending(), 0);
	baton__kick_by(&kick, deadline);
	assert_int_equal(fake.calls[FAKE_TIMER_SET], 1);
	fake_advance(10 * MS);
	assert_int_equal(fake_pending(), 1);
}

static void everything_pending_is_consumed_and_counted(void **state)
{
	(void)state;
	baton__kick_by(&kick, fake.now_ns + MS);
	fake_signal(KICK);
	fake_advance(MS);
	fake_signal(KICK);
	baton__kick_consume(&kick);
	assert_int_equal(fake_pending(), 0);
	assert_int_equal(kick.consumed, 3);
	baton__kick_consume(&kick);
	assert_int_equal(kick.consumed, 3);
}

static void begin_forgets_a_timer_whose_signal_somebody_took(void **state)
{
	uint64_t deadline = fake.now_ns + 10 * MS;
	struct baton__kick other;

	(void)state;
	baton__kick_by(&kick, deadline);
	fake_advance(10 * MS);
	/* Another host on this thread, with the same signal. */
	assert_int_equal(baton__kick_init(&other, KICK), 0);
	baton__kick_consume(&other);
	baton__kick_fini(&other);
	assert_int_equal(fake_pending(), 0);
	baton__kick_begin(&kick);
	baton__kick_by(&kick, deadline);
	fake_advance(0);
	assert_int_equal(fake_pending(), 1);
}

static void waiting_ends_with_the_time(void **state)
{
	uint64_t before = fake.now_ns, cpu = fake.cpu_ns;

	(void)state;
	baton__kick_wait(&kick, 3 * MS);
	assert_int_equal(fake.now_ns - before, 3 * MS);
	assert_int_equal(fake.cpu_ns, cpu);
	assert_int_equal(kick.consumed, 0);
}

static void stop_now(void *context)
{
	baton__kick_stop(context);
}

static void waiting_ends_with_a_stop(void **state)
{
	uint64_t before = fake.now_ns;

	(void)state;
	fake_at(before + MS, stop_now, &kick);
	baton__kick_wait(&kick, 3 * MS);
	assert_int_equal(fake.now_ns - before, MS);
	assert_true(baton__kick_stopped(&kick));
}

static void a_stop_is_answered_once_and_leaves_a_signal(void **state)
{
	(void)state;
	assert_false(baton__kick_stopped(&kick));
	baton__kick_stop(&kick);
	assert_int_equal(fake_pending(), 1);
	assert_true(baton__kick_stopped(&kick));
	assert_false(baton__kick_stopped(&kick));
	/* Two before anybody looks are one. */
	baton__kick_stop(&kick);
	baton__kick_stop(&kick);
	assert_true(baton__kick_stopped(&kick));
	assert_false(baton__kick_stopped(&kick));
}

static void stop_keeps_errno(void **state)
{
	(void)state;
	errno = 4711;
	baton__kick_stop(&kick);
	assert_int_equal(errno, 4711);
}

static void fini_leaves_nothing_pending(void **state)
{
	struct baton__kick other;

	(void)state;
	assert_int_equal(baton__kick_init(&other, KICK), 0);
	baton__kick_stop(&other);
	baton__kick_by(&other, fake.now_ns);
	fake_advance(0);
	baton__kick_fini(&other);
	assert_int_equal(fake_pending(), 0);
	fake_advance(S);
	assert_int_equal(fake_pending(), 0);
}

/* ------------------------------------------------------ whatever happens */

static uint64_t seed;

static int64_t up_to_a_ms_off(void)
{
	return (int64_t)(fake_random(&seed) % (2 * MS)) - (int64_t)MS;
}

/*
 * One deadline, waited for as the loop does it: until it has passed, consume and
 * make sure of it again. True if a kick came in time: the timer may be 1 ms late.
 */
static bool deadline_is_kept(uint64_t deadline)
{
	while (fake.now_ns < deadline) {
		baton__kick_by(&kick, deadline);
		while (!fake_pending()) {
			if (fake.now_ns > deadline + MS)
				return false;
			if (fake_next_event() == FAKE_NEVER)
				return false;
			fake_go(fake_next_event(), true);
		}
		baton__kick_consume(&kick);
	}
	return true;
}

static void signal_now(void *context)
{
	(void)context;
	fake_signal(KICK);
}

static void no_deadline_is_lost_whatever_the_signals_do(void **state)
{
	(void)state;
	for (seed = 1; seed <= 4000; seed++) {
		uint64_t first = seed;

		fake.drops_stale = seed & 1;
		fake.skew = seed & 2 ? up_to_a_ms_off : NULL;
		for (int turn = 0; turn < 10; turn++) {
			/* Short after long, long after short; some turns end by themselves. */
			uint64_t deadline = fake.now_ns + fake_random(&seed) % (10 * MS);

			if (fake_random(&seed) % 4 == 0)
				fake_at(fake.now_ns + fake_random(&seed) % (10 * MS), signal_now, NULL);
			if (fake_random(&seed) % 4 == 0) {
				baton__kick_by(&kick, deadline);
				fake_advance(fake_random(&seed) % (5 * MS));
			} else if (!deadline_is_kept(deadline)) {
				fail_msg("seed %llu, turn %d: the kick was lost",
					 (unsigned long long)first, turn);
			}
		}
		seed = first;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KICKS(a_timer_that_stands_early_enough_is_left_alone),
		KICKS(an_earlier_deadline_moves_the_timer),
		KICKS(no_deadline_needs_no_timer),
		KICKS(a_deadline_in_the_past_kicks_at_once),
		KICKS(a_timer_that_fired_early_is_armed_again),
		KICKS(a_signal_of_others_does_not_disarm),
		KICKS(everything_pending_is_consumed_and_counted),
		KICKS(begin_forgets_a_timer_whose_signal_somebody_took),
		KICKS(waiting_ends_with_the_time),
		KICKS(waiting_ends_with_a_stop),
		KICKS(a_stop_is_answered_once_and_leaves_a_signal),
		KICKS(stop_keeps_errno),
		KICKS(fini_leaves_nothing_pending),
		KICKS(no_deadline_is_lost_whatever_the_signals_do),
	};

	return cmocka_run_group_tests_name("kick", tests, NULL, NULL);
}
