/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - the one clock. Only host/loop.c reads it; all else is handed `now`.
 * Tests replace clock.c by a clock that they turn themselves.
 */
#ifndef BATON_BASE_CLOCK_H
#define BATON_BASE_CLOCK_H

#include <stdint.h>

#define BATON__NS_PER_S UINT64_C(1000000000)

/* Nanoseconds of CLOCK_MONOTONIC; cannot fail on Linux. */
uint64_t baton__clock_now(void);

/* Nanoseconds of CPU that the calling thread used; 0 if the kernel cannot tell. */
uint64_t baton__clock_thread(void);

#endif
