/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pair.h - what the devices between a producer and a consumer share: who waits,
 * who has ended, who is told.
 *
 * A side waits from baton__pair_wait() to baton__pair_wake(), and at no other time is
 * its vCPU woken: it may be blocked by another device.
 */
#ifndef BATON_DEV_PAIR_H
#define BATON_DEV_PAIR_H

#include "baton/traffic.h"

enum baton__side { BATON__PRODUCER, BATON__CONSUMER, BATON__NOBODY };

/* Plain from `waits` on: it is the last of what a device sets up, the first of its plain state. */
struct baton__pair {
	struct baton_traffic_config config;
	struct baton_vm *vm[2];
	bool waits[2], ended[2];
};

/* The plain bytes of a device whose state is a `struct type` with a pair in it. */
#define BATON__PAIR_PLAIN(type) (sizeof(struct type) - offsetof(struct type, pair.waits))

int baton__pair_init(struct baton__pair *pair, const struct baton_traffic_config *config,
		     const char *name, struct baton_diag *diag);

static inline enum baton__side baton__pair_other(enum baton__side side)
{
	return side == BATON__PRODUCER ? BATON__CONSUMER : BATON__PRODUCER;
}

/* Returns BATON_BLOCK until the other side wakes this one; BATON_HALT if it never will. */
enum baton_verdict baton__pair_wait(struct baton__pair *pair, enum baton__side side,
				    struct baton_access *a);
void baton__pair_wake(struct baton__pair *pair, enum baton__side side);

/* The device's `ended`: wakes the other side. Says which one has ended. */
enum baton__side baton__pair_ended(struct baton__pair *pair, const struct baton_vm *vm);

/* For the device's `forked`. */
void baton__pair_forked(struct baton__pair *pair, const struct baton_forking *forking);

/* For the device's `check`. 0 or -EINVAL. */
int baton__pair_check(const struct baton__pair *pair);

/* Can an event be told? If not, return BATON_BLOCK and do nothing: it is asked again. */
bool baton__pair_ready(const struct baton__pair *pair, const struct baton_access *a);
void baton__pair_tell(const struct baton__pair *pair, const struct baton_traffic *event);

enum baton_verdict baton__pair_fault(struct baton_access *a, const char *why);

#endif
