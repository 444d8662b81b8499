/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timer.c - the timer and the clocks, on virtual time. Replaces src/kvm/timer.c
 * and src/base/clock.c; the contracts stand in their headers.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "world.h"

/* ----------------------------------------------------------------- clocks */

uint64_t baton__clock_now(void)
{
	fake_call(FAKE_CLOCK);
	fake_advance(fake.reading ? fake.reading() : fake.reading_ns);
	return fake.now_ns;
}

uint64_t baton__clock_thread(void)
{
	fake_call(FAKE_CPU_CLOCK);
	return fake.cpu_ns;
}

/* ------------------------------------------------------------------ timer */

static size_t index_of(const struct baton__timer *timer)
{
	size_t i = (size_t)timer->id - 1;

	if (i >= TIMERS_MAX || fake_world.timers[i].timer != timer)
		fake_broken("a timer that does not exist");
	return i;
}

/* An expiry carries its timer's index and the setting that it belongs to. */
static void expire(void *context)
{
	size_t i = (size_t)context % TIMERS_MAX;
	uint64_t setting = (size_t)context / TIMERS_MAX;
	const struct baton__timer *timer = fake_world.timers[i].timer;

	if (!timer || fake_world.timers[i].armed != setting)
		return;
	/* A timer is in the queue once, however often it expires. */
	for (unsigned k = 0; k < fake_world.pending_count; k++)
		if (fake_world.pending[k].timer == timer)
			return;
	fake_signal(timer->signal);
	fake_world.pending[fake_world.pending_count - 1].timer = timer;
}

bool fake_take(int signal, const struct baton__timer *only, const struct baton__timer **from)
{
	for (unsigned i = 0; i < fake_world.pending_count; i++) {
		struct pending *p = &fake_world.pending[i];

		if (p->signal != signal || (only && p->timer != only))
			continue;
		*from = p->timer;
		fake_world.pending_count--;
		memmove(p, p + 1, (fake_world.pending_count - i) * sizeof(*p));
		return true;
	}
	return false;
}

int baton__timer_create(struct baton__timer *timer, int signal)
{
	int error = fake_call(FAKE_TIMER_CREATE);
	size_t i = 0;

	if (signal < 1 || signal > SIGRTMAX || signal == SIGKILL || signal == SIGSTOP)
		return -EINVAL;
	if (error)
		return error;
	while (fake_world.timers[i].timer)
		if (++i == TIMERS_MAX)
			fake_broken("too many timers");
	*timer = (struct baton__timer){
		.signal = signal,
		.thread = fake.thread,
		.id = (timer_t)(i + 1),
		.was_blocked = sigismember(&fake.mask, signal) == 1,
	};
	fake_world.timers[i].timer = timer;
	sigaddset(&fake.mask, signal);
	fake.last_signal = signal;
	fake.live.timers++;
	return 0;
}

void baton__timer_destroy(struct baton__timer *timer)
{
	const struct baton__timer *from;

	fake_world.timers[index_of(timer)].timer = NULL;
	while (fake_take(timer->signal, NULL, &from))
		;
	if (!timer->was_blocked)
		sigdelset(&fake.mask, timer->signal);
	fake.live.timers--;
}

void baton__timer_set(struct baton__timer *timer, uint64_t at_ns)
{
	size_t i = index_of(timer);
	uint64_t setting = ++fake_world.timers[i].armed;
	int64_t skew = fake.skew ? fake.skew() : 0;
	const struct baton__timer *from;

	fake_call(FAKE_TIMER_SET);
	fake.last_set_ns = at_ns;
	if (fake.drops_stale)
		fake_take(timer->signal, timer, &from);
	if (!at_ns)
		return;
	if (at_ns < fake.now_ns)
		at_ns = fake.now_ns;
	at_ns = skew < 0 && (uint64_t)-skew > at_ns - fake.now_ns ? fake.now_ns : at_ns + (uint64_t)skew;
	fake_at(at_ns, expire, (void *)(setting * TIMERS_MAX + i));
}

bool baton__timer_take(struct baton__timer *timer, uint64_t wait_ns, bool *expired)
{
	uint64_t until = fake.now_ns + wait_ns < wait_ns ? FAKE_NEVER : fake.now_ns + wait_ns;
	const struct baton__timer *from;

	index_of(timer);
	fake_call(FAKE_TIMER_TAKE);
	fake_interrupted();
	/* What is due now is pending now. */
	while (fake_next_event() <= fake.now_ns)
		fake_go(fake.now_ns, true);
	while (!fake_take(timer->signal, NULL, &from)) {
		if (!wait_ns || fake_interrupted())
			return false;
		if (until == FAKE_NEVER && fake_next_event() == FAKE_NEVER)
			fake_broken("nothing will ever end this wait");
		if (fake_go(until, false))
			wait_ns = 0;
	}
	*expired = from == timer;
	return true;
}

void baton__timer_send(const struct baton__timer *timer)
{
	index_of(timer);
	fake_signal(timer->signal);
}

bool baton__timer_is_mine(const struct baton__timer *timer)
{
	return fake.thread == timer->thread;
}

void baton__timer_run_mask(const struct baton__timer *timer, sigset_t *blocked)
{
	sigaddset(&fake.mask, timer->signal);
	/* The C library writes the kernel's eight bytes and leaves the rest as it is. */
	memcpy(blocked, &fake.mask, 8);
	sigdelset(blocked, timer->signal);
}
