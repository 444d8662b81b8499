/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.h - what the files of the fake share, and tests need not know.
 */
#ifndef BATON_TESTS_FAKE_WORLD_H
#define BATON_TESTS_FAKE_WORLD_H

#include "fake.h"

#include "kvm/timer.h"

#define PENDING_MAX 256
#define VCPUS_MAX   8192
#define TIMERS_MAX  8

struct pending {
	int signal;
	const struct baton__timer *timer; /* NULL: somebody sent it */
};

struct fake_world {
	struct pending pending[PENDING_MAX]; /* oldest first */
	unsigned pending_count;
	struct fake_vcpu vcpus[VCPUS_MAX];
	int free_from; /* none before this one is free */
	struct {
		const struct baton__timer *timer; /* NULL: free */
		uint64_t armed;			  /* counts settings, so that an old event is void */
		bool blocked_before;
	} timers[TIMERS_MAX];
};

extern struct fake_world fake_world;

/* Frees the run areas of all vCPUs. */
void fake_forget_vcpus(void);

/* Takes the oldest pending signal of that number, or of that timer only. False if there is none. */
bool fake_take(int signal, const struct baton__timer *only, const struct baton__timer **from);

#endif
