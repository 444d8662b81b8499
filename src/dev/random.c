/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random.c - random numbers that a seed fixes.
 */
#include "baton/abi.h"
#include "baton/device.h"

struct random {
	uint64_t state;
};

/* SplitMix64: a counter in steps of the golden ratio, each value mixed well. */
static uint64_t next(struct random *r)
{
	uint64_t z = r->state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static enum baton_verdict serve(void *state, struct baton_access *a)
{
	a->data = next(state) >> 32;
	return BATON_RESUME;
}

static enum baton_verdict choose(void *state, struct baton_access *a)
{
	struct baton_call_choose *call = (void *)a->args;

	if (!call->of || call->of > UINT64_C(1) << 32) {
		a->why = "hypercall `choose`: there are 1 to 2^32 possibilities";
		return BATON_FAULT;
	}
	call->choice = (next(state) >> 32) * call->of >> 32;
	return BATON_RESUME;
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	const struct baton_random_config *c = config;
	struct random *r = state;

	int error = baton_device_claim_call(device, c->vm, BATON_CALL_RANDOM, serve, diag);

	r->state = c->seed;
	if (!error)
		error = baton_device_claim_call(device, c->vm, BATON_CALL_CHOOSE, choose, diag);
	return error;
}

/* Numbers of its own: as far from the snapshot's as a number drawn from the seed. */
static void restored(void *state, const struct baton_restore *restore)
{
	struct random *r = state, own = { .state = restore->seed };

	if (!restore->repeat)
		r->state ^= next(&own);
}

/* Any number is a state. */
static int check_plain(const void *state)
{
	return 0;
}

const struct baton_device_ops baton_random = {
	.name = "random",
	.size = sizeof(struct random),
	.init = init,
	.plain = sizeof(struct random),
	.restored = restored,
	.check = check_plain,
};
