/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timer.h - a thread's POSIX timer and its signal, which is only ever waited for:
 * it stays blocked, no handler exists, and KVM_RUN alone unblocks it for itself.
 * Tests replace timer.c by a timer on their own clock.
 */
#ifndef BATON_KVM_TIMER_H
#define BATON_KVM_TIMER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct baton__timer {
	int signal;
	pid_t thread; /* the thread that created it */
	timer_t id;
	bool was_blocked; /* the thread blocked the signal already */
};

/* Blocks `signal` in the calling thread and makes a timer that sends it there. 0 or -errno. */
int baton__timer_create(struct baton__timer *timer, int signal);

/* Deletes the timer, consumes what is pending, and puts the thread's mask back. */
void baton__timer_destroy(struct baton__timer *timer);

/* Lets the signal come at `at_ns` of CLOCK_MONOTONIC, at once if that is past; 0 disarms. */
void baton__timer_set(struct baton__timer *timer, uint64_t at_ns);

/*
 * Takes one signal, waiting for it at most `wait_ns`; 0 does not wait. Returns
 * false if none came; `expired` tells whether it was this timer (else somebody
 * sent it).
 */
bool baton__timer_take(struct baton__timer *timer, uint64_t wait_ns, bool *expired);

/* Sends the signal now. From any thread, and from signal handlers. */
void baton__timer_send(const struct baton__timer *timer);

/* Is this the thread that created the timer? */
bool baton__timer_is_mine(const struct baton__timer *timer);

/*
 * The signals to block inside KVM_RUN: those that the thread blocks now, less the
 * timer's. Also blocks the signal anew should the embedder have unblocked it.
 */
void baton__timer_run_mask(const struct baton__timer *timer, sigset_t *blocked);

#endif
