/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits.c - tells a guest how many exits it has had. It counts nothing itself.
 */
#include "baton/abi.h"
#include "baton/device.h"

static enum baton_verdict serve(void *state, struct baton_access *a)
{
	struct baton_call_exits *exits = (void *)a->args;

	exits->total = baton_vm_exits(a->vm, BATON_EXIT_KINDS);
	exits->in = baton_vm_exits(a->vm, BATON_EXIT_IO_IN);
	exits->out = baton_vm_exits(a->vm, BATON_EXIT_IO_OUT);
	return BATON_RESUME;
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	const struct baton_exits_config *c = config;

	return baton_device_claim_call(device, c->vm, BATON_CALL_EXITS, serve, diag);
}

const struct baton_device_ops baton_exits = {
	.name = "exits",
	.init = init,
};
