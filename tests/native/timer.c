/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timer.c - the real src/kvm/timer.c and clock.c, which unit tests replace: its
 * signal, the thread's mask, and who took what. Needs no KVM. Real time, so it is
 * checked that nothing comes too early, and only roughly that nothing is too late.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "kvm/timer.h"

#define MS   UINT64_C(1000000)
#define KICK SIGRTMIN

static bool blocked(int signal)
{
	sigset_t set;

	pthread_sigmask(SIG_BLOCK, NULL, &set);
	return sigismember(&set, signal) == 1;
}

static void set_blocked(int signal, bool on)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	pthread_sigmask(on ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static bool is_pending(int signal)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, signal) == 1;
}

static void it_comes_at_its_time_and_says_that_it_is_the_timers(void **state)
{
	struct baton__timer t;
	bool expired;

	(void)state;
	assert_int_equal(baton__timer_create(&t, KICK), 0);
	for (int i = 0; i < 50; i++) {
		uint64_t at = baton__clock_now() + (uint64_t)i * 40000;

		baton__timer_set(&t, at);
		expired = false;
		assert_true(baton__timer_take(&t, 5000 * MS, &expired));
		assert_true(expired);
		assert_true(baton__clock_now() >= at);
		assert_false(baton__timer_take(&t, 0, &expired));
	}
	baton__timer_destroy(&t);
}

static void a_time_that_is_past_comes_at_once_and_0_never(void **state)
{
	struct baton__timer t;
	bool expired;

	(void)state;
	assert_int_equal(baton__timer_create(&t, KICK), 0);
	baton__timer_set(&t, 1);
	assert_true(baton__timer_take(&t, 5000 * MS, &expired));
	baton__timer_set(&t, baton__clock_now() + 3 * MS);
	baton__timer_set(&t, 0);
	assert_false(baton__timer_take(&t, 10 * MS, &expired));
	/* As far off as numbers go. */
	baton__timer_set(&t, UINT64_MAX - 1);
	assert_false(baton__timer_take(&t, 1 * MS, &expired));
	baton__timer_destroy(&t);
}

static void what_somebody_sent_is_not_the_timers(void **state)
{
	struct baton__timer t, other;
	bool expired = true;

	(void)state;
	assert_int_equal(baton__timer_create(&t, KICK), 0);
	assert_int_equal(baton__timer_create(&other, KICK), 0);
	baton__timer_send(&t);
	assert_true(baton__timer_take(&t, 0, &expired));
	assert_false(expired);
	/* Somebody may even send the value that the timer carries. */
	expired = true;
	pthread_sigqueue(pthread_self(), KICK, (union sigval){ .sival_ptr = &t });
	assert_true(baton__timer_take(&t, 0, &expired));
	assert_false(expired);
	expired = true;
	/* Another host's on this thread. */
	baton__timer_set(&other, 1);
	expired = true;
	assert_true(baton__timer_take(&t, 5000 * MS, &expired));
	assert_false(expired);
	baton__timer_destroy(&other);
	baton__timer_destroy(&t);
}

static void taking_waits_as_long_as_asked_and_not_at_all_for_0(void **state)
{
	struct baton__timer t;
	uint64_t before;
	bool expired;

	(void)state;
	assert_int_equal(baton__timer_create(&t, KICK), 0);
	before = baton__clock_now();
	assert_false(baton__timer_take(&t, 20 * MS, &expired));
	assert_true(baton__clock_now() - before >= 20 * MS);
	assert_false(baton__timer_take(&t, 0, &expired));
	baton__timer_destroy(&t);
}

static void *send(void *timer)
{
	baton__timer_send(timer);
	return NULL;
}

static void it_is_sent_to_its_thread_from_any_thread_and_keeps_errno(void **state)
{
	struct baton__timer t, gone;
	pthread_t thread;
	bool expired;

	(void)state;
	assert_int_equal(baton__timer_create(&t, KICK), 0);
	assert_int_equal(pthread_create(&thread, NULL, send, &t), 0);
	assert_true(baton__timer_take(&t, 5000 * MS, &expired));
	assert_false(expired);
	pthread_join(thread, NULL);
	errno = 4711;
	baton__timer_send(&t);
	assert_int_equal(errno, 4711);
	gone = t;
	gone.thread = INT32_MAX; /* there is no such thread, which is an error that nobody sees */
	baton__timer_send(&gone);
	assert_int_equal(errno, 4711);
	baton__timer_destroy(&t);
}

static void *not_mine(void *timer)
{
	return baton__timer_is_mine(timer) ? timer : NULL;
}

static void only_the_thread_that_made_it_owns_it(void **state)
{
	struct baton__timer t;
	pthread_t thread;
	void *mine;

	(void)state;
	assert_int_equal(baton__timer_create(&t, KICK), 0);
	assert_true(baton__timer_is_mine(&t));
	assert_int_equal(pthread_create(&thread, NULL, not_mine, &t), 0);
	pthread_join(thread, &mine);
	assert_null(mine);
	baton__timer_destroy(&t);
}

static void the_mask_is_put_back_as_it_was(void **state)
{
	struct baton__timer t, inner;

	(void)state;
	assert_false(blocked(KICK));
	assert_int_equal(baton__timer_create(&t, KICK), 0);
	assert_true(blocked(KICK));
	assert_int_equal(baton__timer_create(&inner, KICK), 0);
	baton__timer_destroy(&inner);
	assert_true(blocked(KICK)); /* the outer one's */
	baton__timer_destroy(&t);
	assert_false(blocked(KICK));

	set_blocked(KICK, true);
	assert_int_equal(baton__timer_create(&t, KICK), 0);
	baton__timer_destroy(&t);
	assert_true(blocked(KICK)); /* the embedder's */
	set_blocked(KICK, false);
}

/* Unblocking it with one pending would end the process. */
static void destroying_leaves_nothing_pending(void **state)
{
	struct baton__timer t;

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(baton__timer_create(&t, KICK), 0);
		baton__timer_set(&t, baton__clock_now() + 10000);
		for (int k = 0; k < i % 5; k++)
			baton__timer_send(&t);
		baton__timer_destroy(&t);
		assert_false(is_pending(KICK));
	}
}

static void a_setting_after_an_expiry_holds_whatever_is_pending(void **state)
{
	struct baton__timer t;
	bool expired;

	(void)state;
	assert_int_equal(baton__timer_create(&t, KICK), 0);
	for (int i = 0; i < 200; i++) {
		uint64_t at;

		baton__timer_set(&t, 1); /* pending now, or very soon */
		at = baton__clock_now() + 300000;
		baton__timer_set(&t, at);
		/* Take until the second has come: an early one says `expired`, so it is set again. */
		do {
			assert_true(baton__timer_take(&t, 5000 * MS, &expired));
			assert_true(expired);
			if (baton__clock_now() < at)
				baton__timer_set(&t, at);
		} while (baton__clock_now() < at);
	}
	baton__timer_destroy(&t);
}

static void only_real_signals_are_taken(void **state)
{
	static const int bad[] = { -1, 0, SIGKILL, SIGSTOP, 65, 1000 };
	struct baton__timer t = { .signal = 4711 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(baton__timer_create(&t, bad[i]), -EINVAL);
		assert_int_equal(t.signal, 4711);
	}
}

static void a_standard_signal_serves_as_well(void **state)
{
	struct baton__timer t;
	bool expired;

	(void)state;
	assert_int_equal(baton__timer_create(&t, SIGUSR2), 0);
	baton__timer_send(&t);
	baton__timer_send(&t); /* standard signals do not queue */
	baton__timer_set(&t, 1);
	assert_true(baton__timer_take(&t, 5000 * MS, &expired));
	while (baton__timer_take(&t, 50 * MS, &expired))
		;
	baton__timer_set(&t, baton__clock_now() + 1 * MS);
	assert_true(baton__timer_take(&t, 5000 * MS, &expired));
	assert_true(expired);
	baton__timer_destroy(&t);
}

static void the_run_mask_is_the_threads_less_the_signal(void **state)
{
	sigset_t mask = { 0 };
	struct baton__timer t;

	(void)state;
	assert_int_equal(baton__timer_create(&t, KICK), 0);
	set_blocked(SIGUSR1, true);
	set_blocked(KICK, false); /* the embedder's mistake: it is blocked anew */
	baton__timer_run_mask(&t, &mask);
	assert_true(blocked(KICK));
	assert_int_equal(sigismember(&mask, KICK), 0);
	baton__timer_run_mask(&t, &mask);
	assert_int_equal(sigismember(&mask, KICK), 0);
	assert_int_equal(sigismember(&mask, SIGUSR1), 1);
	assert_int_equal(sigismember(&mask, SIGUSR2), 0);
	set_blocked(SIGUSR1, false);
	baton__timer_destroy(&t);
}

static void the_clocks_go_forward(void **state)
{
	uint64_t now = baton__clock_now(), cpu = baton__clock_thread();

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint64_t next = baton__clock_now();

		assert_true(next >= now);
		now = next;
	}
	assert_true(baton__clock_thread() > cpu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_comes_at_its_time_and_says_that_it_is_the_timers),
		cmocka_unit_test(a_time_that_is_past_comes_at_once_and_0_never),
		cmocka_unit_test(what_somebody_sent_is_not_the_timers),
		cmocka_unit_test(taking_waits_as_long_as_asked_and_not_at_all_for_0),
		cmocka_unit_test(it_is_sent_to_its_thread_from_any_thread_and_keeps_errno),
		cmocka_unit_test(only_the_thread_that_made_it_owns_it),
		cmocka_unit_test(the_mask_is_put_back_as_it_was),
		cmocka_unit_test(destroying_leaves_nothing_pending),
		cmocka_unit_test(a_setting_after_an_expiry_holds_whatever_is_pending),
		cmocka_unit_test(only_real_signals_are_taken),
		cmocka_unit_test(a_standard_signal_serves_as_well),
		cmocka_unit_test(the_run_mask_is_the_threads_less_the_signal),
		cmocka_unit_test(the_clocks_go_forward),
	};

	return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
