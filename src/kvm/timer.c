/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timer.c - POSIX timer, thread-directed (timer_create(2), SIGEV_THREAD_ID).
 */
#include "kvm/timer.h"

#include <errno.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static void one_signal(sigset_t *set, int signal)
{
	sigemptyset(set);
	sigaddset(set, signal);
}

static pid_t current_thread(void)
{
	return (pid_t)syscall(SYS_gettid);
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / BATON__NS_PER_S),
				  .tv_nsec = (long)(ns % BATON__NS_PER_S) };
}

int baton__timer_create(struct baton__timer *timer, int signal)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = signal };
	struct baton__timer t = { .signal = signal, .thread = current_thread() };
	sigset_t set, old;

	if (signal < 1 || signal > SIGRTMAX || signal == SIGKILL || signal == SIGSTOP)
		return -EINVAL;
	event.sigev_notify_thread_id = t.thread;
	event.sigev_value.sival_ptr = timer;
	if (timer_create(CLOCK_MONOTONIC, &event, &t.id))
		return -errno;
	one_signal(&set, signal);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	t.was_blocked = sigismember(&old, signal) == 1;
	*timer = t;
	return 0;
}

void baton__timer_destroy(struct baton__timer *timer)
{
	sigset_t set;
	bool expired;

	timer_delete(timer->id);
	while (baton__timer_take(timer, 0, &expired))
		;
	if (!timer->was_blocked && baton__timer_is_mine(timer)) {
		one_signal(&set, timer->signal);
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	}
}

void baton__timer_set(struct baton__timer *timer, uint64_t at_ns)
{
	const struct itimerspec when = { .it_value = timespec_of(at_ns) };

	timer_settime(timer->id, TIMER_ABSTIME, &when, NULL);
}

bool baton__timer_take(struct baton__timer *timer, uint64_t wait_ns, bool *expired)
{
	const struct timespec wait = timespec_of(wait_ns);
	siginfo_t info;
	sigset_t set;
	int got;

	one_signal(&set, timer->signal);
	do
		got = sigtimedwait(&set, &info, &wait);
	while (got < 0 && errno == EINTR && !wait_ns);
	if (got < 0)
		return false;
	*expired = info.si_code == SI_TIMER && info.si_value.sival_ptr == timer;
	return true;
}

void baton__timer_send(const struct baton__timer *timer)
{
	int saved = errno;

	syscall(SYS_tgkill, getpid(), timer->thread, timer->signal);
	errno = saved;
}

bool baton__timer_is_mine(const struct baton__timer *timer)
{
	return current_thread() == timer->thread;
}

void baton__timer_run_mask(const struct baton__timer *timer, sigset_t *blocked)
{
	sigset_t set;

	one_signal(&set, timer->signal);
	pthread_sigmask(SIG_BLOCK, &set, blocked);
	sigdelset(blocked, timer->signal);
}
