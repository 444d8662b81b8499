/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group.c - what becomes of a group: it arrives, is reset, and goes.
 */
#include "host/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arith.h"
#include "base/diag.h"

/* ------------------------------------------------------------------ arriving */

void baton__group_arrived(struct baton_vm *vm, uint64_t now)
{
	struct baton__group *g = vm->group;
	const struct baton_snapshot *s = g->snapshot;

	vm->clock_zero_ns = now - s->vms[vm->member].clock_ns;
	vm->vcpu.sleep_until_ns = baton__add_sat(now, s->vms[vm->member].sleep_ns);
	for (uint32_t i = 0; i < s->device_count; i++)
		if (s->devices[i].alarm_vm == vm->member)
			baton_device_alarm(g->devices[i], vm,
					   baton__add_sat(now, s->devices[i].alarm_ns));
}

/* -------------------------------------------------------------------- going */

void baton__group_destroy(struct baton__group *g, struct baton__unmap *unmap)
{
	const struct baton_snapshot *s = g->snapshot;

	for (uint32_t i = 0; i < s->vm_count; i++)
		if (g->vms[i])
			baton__vm_destroy(g->vms[i], unmap);
	for (uint32_t i = 0; i < s->device_count; i++)
		if (g->devices[i]) {
			if (s->devices[i].ops->fini)
				s->devices[i].ops->fini(g->devices[i]->state);
			baton__device_release(g->devices[i]);
		}
	for (uint32_t i = 0; i < s->region_count; i++)
		if (g->regions[i].base)
			baton__memory_release(&g->regions[i], unmap);
	free(g->vms);
	free(g->devices);
	free(g->regions);
	baton__snapshot_put(g->snapshot);
	free(g);
}

void baton__group_drop(struct baton_vm *vm, bool masked, struct baton__unmap *unmap)
{
	struct baton__group *g = vm->group;

	g->vms[vm->member] = NULL;
	if (g->pool && baton__pool_give(g->pool, vm, masked))
		baton__vm_free(vm);
	else
		baton__vm_destroy(vm, unmap);
	if (!--g->live)
		baton__group_destroy(g, unmap);
}

/* -------------------------------------------------------------------- reset */

static int reset_parts(struct baton__group *g)
{
	const struct baton_snapshot *s = g->snapshot;
	int error = 0;

	for (uint32_t i = 0; i < s->vm_count && !error; i++)
		error = baton__vm_reset(g->vms[i], &s->vms[i]);
	for (uint32_t i = 0; i < s->region_count && !error; i++)
		error = baton__memory_drop(&g->regions[i]);
	return error;
}

static void reset_devices(struct baton__group *g)
{
	const struct baton_restore restore = { .repeat = g->repeat, .seed = g->seed };

	for (uint32_t i = 0; i < g->snapshot->device_count; i++) {
		const struct baton__device_snapshot *d = &g->snapshot->devices[i];
		size_t plain = d->ops->size - d->ops->plain;

		memcpy((char *)g->devices[i]->state + plain, (const char *)d->state + plain,
		       d->ops->plain);
		if (d->ops->restored)
			d->ops->restored(g->devices[i]->state, &restore);
	}
}

int baton_vm_reset(struct baton_vm *vm, struct baton_diag *diag)
{
	struct baton__group *g = vm->group;
	uint32_t count;
	int error;

	if (!g)
		return baton__diag(diag, -EINVAL, vm->name, "it was not forked: there is nothing to "
				   "take it back to");
	count = g->snapshot->vm_count;
	if (g->live < count)
		return baton__diag(diag, -EINVAL, vm->name, "of the %u VMs that were forked together "
				   "%u are gone; all of them are reset, or none", count,
				   count - g->live);
	if (g->host->running)
		return baton__diag(diag, -EBUSY, vm->name, "a VM is reset between runs, not by a "
				   "handler");
	for (uint32_t i = 0; i < count; i++)
		baton__host_leave(g->vms[i]);
	error = reset_parts(g);
	if (!error)
		reset_devices(g);
	for (uint32_t i = 0; i < count && !error; i++)
		error = baton__host_enter(g->host, g->vms[i], NULL);
	if (!error)
		return 0;
	for (uint32_t i = 0; i < count; i++) {
		baton__host_leave(g->vms[i]);
		g->vms[i]->outcome = BATON_HALTED;
	}
	return baton__diag(diag, error, vm->name, "it cannot be reset: %s", strerror(-error));
}
