/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.c - reads the system's clocks.
 */
#include "base/clock.h"

#include <time.h>

static uint64_t read_clock(clockid_t id)
{
	struct timespec t;

	if (clock_gettime(id, &t))
		return 0;
	return (uint64_t)t.tv_sec * BATON__NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t baton__clock_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t baton__clock_thread(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}
