/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meeting.h - where threads wait until all of them are there, again and again. What each has written
 * before is seen by all behind it.
 *
 * Threads that meet after a millisecond each would sleep and be woken for longer than they work, so
 * they look around for a while first, and let others have the processor meanwhile.
 */
#ifndef BATON_EXPLORE_MEETING_H
#define BATON_EXPLORE_MEETING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct meeting {
	pthread_mutex_t lock;
	pthread_cond_t all_there;
	unsigned members, there;
	atomic_uint rounds; /* that are over */
};

/* Nobody gets past it before it is known how many there are. */
void meeting_init(struct meeting *meeting);
void meeting_open(struct meeting *meeting, unsigned members);

/* Nobody may wait there any more. */
void meeting_fini(struct meeting *meeting);

/* Waits for the others. */
void meeting_wait(struct meeting *meeting);

#endif
