/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doorbell.c - lets VMs that share memory wait for one another.
 */
#include <errno.h>

#include "baton/abi.h"
#include "baton/device.h"

#define VMS_MAX 64

struct doorbell {
	uint32_t count;
	struct baton_vm *vms[VMS_MAX]; /* not followed once it has ended */

	/* From here on it is plain. */
	uint32_t waits[VMS_MAX]; /* the bells that it waits for: one, or none */
	uint64_t ended;		 /* a bit per VM */
	uint64_t rung;		 /* a bit per bell */
};
_Static_assert(VMS_MAX <= 64, "a bit each");

static enum baton_verdict no_bell(struct baton_access *a)
{
	a->why = "there are bells 0 to 31";
	return BATON_FAULT;
}

static enum baton_verdict ring(void *state, struct baton_access *a)
{
	struct doorbell *d = state;
	uint32_t bell;

	if (a->data >= BATON_BELLS)
		return no_bell(a);
	bell = UINT32_C(1) << a->data;
	d->rung |= bell;
	for (uint32_t i = 0; i < d->count; i++)
		if (!(d->ended >> i & 1) && d->waits[i] & bell)
			baton_vcpu_wake(baton_vm_vcpu(d->vms[i]));
	return BATON_RESUME;
}

static enum baton_verdict wait(void *state, struct baton_access *a)
{
	struct doorbell *d = state;
	uint32_t bell, i = 0;

	if (a->data >= BATON_BELLS)
		return no_bell(a);
	bell = UINT32_C(1) << a->data;
	while (d->vms[i] != a->vm || d->ended >> i & 1)
		i++;
	d->waits[i] = d->rung & bell ? 0 : bell;
	d->rung &= ~(uint64_t)bell;
	return d->waits[i] ? BATON_BLOCK : BATON_RESUME;
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	const struct baton_doorbell_config *c = config;
	struct doorbell *d = state;

	if (!c->count || c->count > VMS_MAX)
		return baton_diag_set(diag, -EINVAL, "doorbell", "%u VMs; expected 1 to %d", c->count,
				      VMS_MAX);
	for (; d->count < c->count; d->count++) {
		struct baton_vm *vm = c->vms[d->count];
		int error = baton_device_claim_call(device, vm, BATON_CALL_RING, ring, diag);

		if (!error)
			error = baton_device_claim_call(device, vm, BATON_CALL_WAIT, wait, diag);
		if (error)
			return error;
		d->vms[d->count] = vm;
	}
	return 0;
}

static void ended(void *state, struct baton_vm *vm)
{
	struct doorbell *d = state;

	for (uint32_t i = 0; i < d->count; i++)
		if (d->vms[i] == vm)
			d->ended |= UINT64_C(1) << i;
}

static int forked(struct baton_device *device, void *state,
		  const struct baton_forking *forking, struct baton_diag *diag)
{
	struct doorbell *d = state;

	for (uint32_t i = 0; i < d->count; i++)
		d->vms[i] = baton_forking_vm(forking, d->vms[i]);
	return 0;
}

/* Whose turn it is to be woken may be anything; who serves has not ended. */
static int check_plain(const void *state)
{
	const struct doorbell *d = state;

	return d->ended ? -EINVAL : 0;
}

const struct baton_device_ops baton_doorbell = {
	.name = "doorbell",
	.size = sizeof(struct doorbell),
	.init = init,
	.ended = ended,
	.plain = sizeof(struct doorbell) - offsetof(struct doorbell, waits),
	.forked = forked,
	.check = check_plain,
};
