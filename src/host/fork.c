/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fork.c - makes groups of VMs out of snapshots.
 *
 * A group is made whole before its VMs take their places on the host: until then all that
 * can fail leaves nothing but the group to be destroyed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "host/group.h"
#include "kvm/unmap.h"

/* ------------------------------------------------------- what takes whose place */

/* Tells a device who it is for now. */
struct baton_forking {
	const struct baton_snapshot *snapshot;
	const struct baton__group *group;
};

struct baton_vm *baton_forking_vm(const struct baton_forking *forking, const struct baton_vm *vm)
{
	for (uint32_t i = 0; i < forking->snapshot->vm_count; i++)
		if (forking->snapshot->vms[i].of == vm)
			return forking->group->vms[i];
	return NULL;
}

struct baton_device *baton_forking_device(const struct baton_forking *forking,
					  const struct baton_device *device)
{
	for (uint32_t i = 0; i < forking->snapshot->device_count; i++)
		if (forking->snapshot->devices[i].of == device)
			return forking->group->devices[i];
	return NULL;
}

/* Who owns a claim, and what state it is called with: a VM, a device, or a region. */
static void *owner_of(const struct baton_forking *f, const void *owner, void **state)
{
	struct baton_device *device = baton_forking_device(f, owner);

	if (!device)
		return baton_forking_vm(f, owner); /* or a region: its claims need neither */
	*state = device->state;
	return device;
}

static int copy_claims(const struct baton_forking *f, struct baton__bus *to,
		       const struct baton__bus *from)
{
	if (!from->count)
		return 0;
	to->claims = malloc(from->count * sizeof(*from->claims));
	if (!to->claims)
		return -ENOMEM;
	to->count = from->count;
	for (uint32_t i = 0; i < from->count; i++) {
		to->claims[i] = from->claims[i];
		to->claims[i].owner = owner_of(f, from->claims[i].owner, &to->claims[i].state);
	}
	return 0;
}

static int copy_all_claims(const struct baton_forking *f, struct baton_vm *vm)
{
	const struct baton__vm_snapshot *s = &f->snapshot->vms[vm->member];
	int error = copy_claims(f, &vm->ports, &s->ports);

	if (!error)
		error = copy_claims(f, &vm->mmio, &s->mmio);
	for (uint32_t i = 0; i < BATON__CALLS; i++) {
		vm->calls[i] = s->calls[i];
		vm->calls[i].owner = owner_of(f, s->calls[i].owner, &vm->calls[i].state);
	}
	return error;
}

/* ------------------------------------------------------------------- making */

static struct baton__group *create_group(struct baton_snapshot *s, struct baton_host *host,
					 const struct baton_fork_config *config, uint32_t number)
{
	struct baton__group *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->vms = calloc(s->vm_count, sizeof(*g->vms));
	g->devices = calloc(s->device_count + 1, sizeof(*g->devices));
	g->regions = calloc(s->region_count + 1, sizeof(*g->regions));
	if (!g->vms || !g->devices || !g->regions) {
		free(g->vms);
		free(g->devices);
		free(g->regions);
		free(g);
		return NULL;
	}
	g->host = host;
	g->snapshot = s;
	atomic_fetch_add(&s->references, 1);
	g->pool = config->pool;
	g->repeat = config->repeat;
	g->seed = config->seed + number;
	return g;
}

static int make_regions(struct baton__group *g, struct baton_diag *diag)
{
	for (uint32_t i = 0; i < g->snapshot->region_count; i++) {
		struct baton__frozen *frozen = g->snapshot->regions[i].frozen;
		int error = baton__memory_reserve(&g->regions[i], frozen->size, diag);

		if (error)
			return error;
		error = baton__memory_take_up(&g->regions[i], frozen);
		if (error)
			return baton__diag(diag, error, "region", "cannot be mapped: %s",
					   strerror(-error));
	}
	return 0;
}

/* Puts the group's regions into a VM, which then has other slots than its shell had. */
static int open_windows(struct baton__group *g, struct baton_vm *vm, struct baton_diag *diag)
{
	const struct baton__vm_snapshot *s = &g->snapshot->vms[vm->member];

	int error;

	if (!s->placed_count)
		return 0;
	error = baton__machine_map(&vm->machine, 0, 0, 0, vm->memory.base, diag);
	if (error)
		return error;
	for (uint32_t i = 0; i < s->placed_count; i++) {
		const struct baton__placed *p = &s->placed[i];
		struct baton__memory *region = &g->regions[p->region];
		const struct baton__window window = {
			.at = p->at, .size = p->size, .host = region->base, .fd = -1,
			.frozen = region->frozen, .region = region, .trapped = p->trapped,
		};

		error = baton__memory_add_window(&vm->memory, &window, diag);
		if (error)
			return error;
	}
	return baton__memory_attach(&vm->memory, &vm->machine, diag);
}

static int make_vm(struct baton__group *g, uint32_t i, uint64_t share, struct baton_diag *diag,
		   struct baton__shell *shell)
{
	const struct baton__vm_snapshot *s = &g->snapshot->vms[i];
	const struct baton__vcpu_state *known = NULL;
	int error;

	if (!baton__pool_take(g->pool, s->memory->size, shell, &known)) {
		error = baton__shell_create(&g->host->system, s->memory->size, diag, shell);
		if (error)
			return error;
	}
	error = baton__vm_fork(s, shell, known, diag, &g->vms[i]);
	if (error) {
		baton__shell_destroy(shell);
		return error;
	}
	g->vms[i]->group = g;
	g->vms[i]->member = i;
	if (share != BATON_FORK_SHARE)
		g->vms[i]->share = share;
	return open_windows(g, g->vms[i], diag);
}

static int copy_device(struct baton__group *g, uint32_t i)
{
	const struct baton__device_snapshot *from = &g->snapshot->devices[i];
	struct baton_device *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->state = malloc(from->ops->size ? from->ops->size : 1);
	if (!d->state) {
		free(d);
		return -ENOMEM;
	}
	memcpy(d->state, from->state, from->ops->size);
	d->ops = from->ops;
	d->host = g->host;
	g->devices[i] = d;
	return 0;
}

/* Devices are all there before the first is told: they may refer to one another. */
static int make_devices(struct baton__group *g, struct baton_diag *diag)
{
	const struct baton_restore restore = { .repeat = g->repeat, .seed = g->seed };
	const struct baton_forking forking = { g->snapshot, g };
	uint32_t count = g->snapshot->device_count, told = 0;
	int error = 0;

	for (uint32_t i = 0; i < count && !error; i++)
		error = copy_device(g, i);
	for (uint32_t i = 0; i < g->snapshot->vm_count && !error; i++)
		error = copy_all_claims(&forking, g->vms[i]);
	if (error)
		baton__diag(diag, error, "fork", "out of memory");
	for (; told < count && !error; told++) {
		struct baton_device *d = g->devices[told];

		if (d->ops->forked && (error = d->ops->forked(d, d->state, &forking, diag)))
			break;
		if (d->ops->restored)
			d->ops->restored(d->state, &restore);
	}
	/* Who has not been told has nothing to give back. */
	for (; error && told < count; told++)
		if (g->devices[told]) {
			baton__device_release(g->devices[told]);
			g->devices[told] = NULL;
		}
	return error;
}

/* ------------------------------------------------------------------- places */

static int name_vm(struct baton_vm *vm, const struct baton_fork_config *config,
		   struct baton_diag *diag)
{
	const struct baton_snapshot *s = vm->group->snapshot;
	const char *old = s->vms[vm->member].name;
	int length;

	if (!config->name && config->same_names)
		length = snprintf(vm->name, sizeof(vm->name), "%s", old);
	else if (!config->name)
		length = snprintf(vm->name, sizeof(vm->name), "%.42s.%llu", old,
				  (unsigned long long)vm->group->host->forks);
	else if (s->vm_count == 1)
		length = snprintf(vm->name, sizeof(vm->name), "%s", config->name);
	else
		length = snprintf(vm->name, sizeof(vm->name), "%s.%s", config->name, old);
	if (length > 0 && length <= BATON__NAME_MAX)
		return 0;
	return baton__diag(diag, -EINVAL, "fork", "a name must have 1 to %d bytes", BATON__NAME_MAX);
}

static int place_vm(struct baton_vm *vm, const struct baton__shell *shell, struct baton_diag *diag)
{
	struct baton_host *host = vm->group->host;
	uint32_t place = BATON_NOBODY;
	int error = baton__host_find_place(host, vm->name, diag, &place);

	if (error)
		return error;
	baton__host_seat(host, vm, place);
	host->entities[place].masked = shell->masked && !memcmp(&shell->mask, &host->run_mask,
								sizeof(shell->mask));
	error = baton__host_enter(host, vm, diag);
	if (error)
		baton__host_unseat(vm);
	return error;
}

static int check(const struct baton_host *host, const struct baton_fork_config *config,
		 struct baton_diag *diag)
{
	if (host->running)
		return baton__diag(diag, -EBUSY, "fork", "a VM is forked before or between runs, not "
				   "by a handler");
	if (config->pool && !baton__pool_is_of(config->pool, host))
		return baton__diag(diag, -EINVAL, "fork", "the pool is another host's");
	return 0;
}

int baton_vm_fork(struct baton_snapshot *snapshot, struct baton_host *host,
		  const struct baton_fork_config *config, struct baton_diag *diag,
		  struct baton_vm **vms)
{
	uint32_t number, placed = 0, count = snapshot->vm_count;
	struct baton__unmap unmap = { 0 };
	struct baton__shell *shells;
	struct baton__group *g;
	int error = check(host, config, diag);

	if (error)
		return error;
	number = atomic_fetch_add(&snapshot->forks, 1) + 1;
	host->forks++;
	shells = calloc(count, sizeof(*shells));
	g = shells ? create_group(snapshot, host, config, number) : NULL;
	if (!g) {
		free(shells);
		return baton__diag(diag, -ENOMEM, "fork", "out of memory");
	}
	error = make_regions(g, diag);
	for (uint32_t i = 0; i < count && !error; i++)
		error = make_vm(g, i, config->share, diag, &shells[i]);
	for (uint32_t i = 0; i < count && !error; i++)
		error = name_vm(g->vms[i], config, diag);
	if (!error)
		error = make_devices(g, diag);
	for (; placed < count && !error; placed += !error)
		error = place_vm(g->vms[placed], &shells[placed], diag);
	free(shells);
	if (error) {
		while (placed--) {
			baton__host_leave(g->vms[placed]);
			baton__host_unseat(g->vms[placed]);
		}
		baton__group_destroy(g, &unmap);
		baton__unmap_flush(&unmap);
		return error;
	}
	g->live = count;
	if (vms)
		memcpy(vms, g->vms, count * sizeof(*vms));
	return 0;
}
