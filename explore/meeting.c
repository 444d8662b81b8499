/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meeting.c - the last one there lets all go on.
 */
#include "meeting.h"

#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <time.h>

#define PATIENCE_NS 2000000 /* of one who looks around; then it sleeps */

void meeting_init(struct meeting *m)
{
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->all_there, NULL);
	m->members = UINT_MAX;
	m->there = 0;
	m->rounds = 0;
}

void meeting_open(struct meeting *m, unsigned members)
{
	pthread_mutex_lock(&m->lock);
	m->members = members;
	pthread_mutex_unlock(&m->lock);
}

void meeting_fini(struct meeting *m)
{
	pthread_cond_destroy(&m->all_there);
	pthread_mutex_destroy(&m->lock);
}

/* True: this was the last one. */
static bool arrive(struct meeting *m)
{
	bool last;

	pthread_mutex_lock(&m->lock);
	last = ++m->there == m->members;
	if (last) {
		m->there = 0;
		m->rounds++;
		pthread_cond_broadcast(&m->all_there);
	}
	pthread_mutex_unlock(&m->lock);
	return last;
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

void meeting_wait(struct meeting *m)
{
	unsigned round = m->rounds;
	int64_t end;

	if (arrive(m))
		return;
	for (end = now() + PATIENCE_NS; m->rounds == round && now() < end;)
		sched_yield();
	pthread_mutex_lock(&m->lock);
	while (m->rounds == round)
		pthread_cond_wait(&m->all_there, &m->lock);
	pthread_mutex_unlock(&m->lock);
}
