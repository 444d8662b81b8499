/* SPDX-License-Identifier: Apache-2.0 */
/*
 * latch.c - ports that keep what was last written to them.
 */
#include <errno.h>

#include "baton/device.h"

#define PORTS_MAX 16

struct latch {
	uint16_t first;
	uint64_t value[PORTS_MAX]; /* plain */
};

static enum baton_verdict serve(void *state, struct baton_access *a)
{
	struct latch *l = state;
	uint64_t *value = &l->value[a->addr - l->first];

	if (a->write)
		*value = a->data;
	else
		a->data = *value;
	return BATON_RESUME;
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	const struct baton_latch_config *c = config;
	struct latch *l = state;

	if (!c->count || c->count > PORTS_MAX)
		return baton_diag_set(diag, -EINVAL, "latch", "%u ports; expected 1 to %d", c->count,
				      PORTS_MAX);
	l->first = c->first;
	return baton_device_claim_ports(device, c->vm, c->first, c->count, serve, diag);
}

/* The state has nothing of its VM's. */
static int forked(struct baton_device *device, void *state,
		  const struct baton_forking *forking, struct baton_diag *diag)
{
	return 0;
}

/* Ports keep any value. */
static int check_plain(const void *state)
{
	return 0;
}

const struct baton_device_ops baton_latch = {
	.name = "latch",
	.size = sizeof(struct latch),
	.init = init,
	.plain = sizeof(struct latch) - offsetof(struct latch, value),
	.forked = forked,
	.check = check_plain,
};
