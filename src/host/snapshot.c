/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot.c - takes VMs of a host down, with the devices and regions between them.
 *
 * What belongs together is taken together: whose device or region serves somebody outside
 * of the snapshot as well is refused.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/hash.h"
#include "host/group.h"

/* --------------------------------------------------------------------- checks */

static bool is_among(const struct baton_vm *vm, struct baton_vm *const *vms, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (vms[i] == vm)
			return true;
	return false;
}

static int check_vms(struct baton_vm *const *vms, uint32_t count, struct baton_diag *diag)
{
	if (!count)
		return baton__diag(diag, -EINVAL, "snapshot", "expected a VM at least");
	if (vms[0]->host->running)
		return baton__diag(diag, -EBUSY, vms[0]->name, "a snapshot is taken between runs, not "
				   "by a handler");
	for (uint32_t i = 0; i < count; i++) {
		const struct baton_vm *vm = vms[i];

		if (vm->host != vms[0]->host)
			return baton__diag(diag, -EINVAL, vm->name, "it belongs to another host than "
					   "VM `%s`", vms[0]->name);
		if (is_among(vm, vms, i))
			return baton__diag(diag, -EINVAL, vm->name, "it is there twice");
		if (vm->host->entities[vm->entity].state == BATON__ENDED)
			return baton__diag(diag, -EINVAL, vm->name, "it has ended; expected a VM that "
					   "can go on");
		if (vm->steps)
			return baton__diag(diag, -EINVAL, vm->name, "it has step_replay, which keeps a "
					   "copy of its own; expected a VM without");
	}
	return 0;
}

static bool serves(const struct baton_vm *vm, const void *owner)
{
	for (uint32_t i = 0; i < vm->ports.count; i++)
		if (vm->ports.claims[i].owner == owner)
			return true;
	for (uint32_t i = 0; i < vm->mmio.count; i++)
		if (vm->mmio.claims[i].owner == owner)
			return true;
	for (uint32_t i = 0; i < BATON__CALLS; i++)
		if (vm->calls[i].owner == owner)
			return true;
	return false;
}

static bool shares(const struct baton_vm *vm, const void *region)
{
	for (uint32_t i = 0; i < vm->memory.window_count; i++)
		if (vm->memory.windows[i].region == region)
			return true;
	return false;
}

/* A VM of the host that is not in the snapshot, but has to do with that; or NULL. */
static const struct baton_vm *outsider(struct baton_vm *const *vms, uint32_t count,
				       bool (*has)(const struct baton_vm *vm, const void *what),
				       const void *what)
{
	const struct baton_host *host = vms[0]->host;

	for (uint32_t i = 0; i < host->vms; i++) {
		const struct baton_vm *vm = baton_host_vm(host, i);

		if (!is_among(vm, vms, count) && has(vm, what))
			return vm;
	}
	return NULL;
}

/* ---------------------------------------------------------------------- times */

static bool has_arrived(const struct baton_vm *vm)
{
	return vm->host->entities[vm->entity].state != BATON__ABSENT;
}

/* A fork that has not arrived still has the times that it was made with. */
static void keep_times(struct baton__vm_snapshot *s, const struct baton_vm *vm)
{
	const struct baton__group *g = vm->group;

	s->clock_ns = g ? g->snapshot->vms[vm->member].clock_ns : 0;
	s->sleep_ns = g ? g->snapshot->vms[vm->member].sleep_ns : 0;
}

/* When a device's alarm will be for, and for whom, once its VM has arrived. */
static const struct baton_vm *kept_alarm(const struct baton_device *device,
					 const struct baton__group *g, uint64_t *after_ns)
{
	for (uint32_t i = 0; i < g->snapshot->device_count; i++) {
		const struct baton__device_snapshot *d = &g->snapshot->devices[i];

		if (g->devices[i] == device && d->alarm_vm != BATON_NOBODY) {
			*after_ns = d->alarm_ns;
			return g->vms[d->alarm_vm];
		}
	}
	return NULL;
}

/* -------------------------------------------------------------------- devices */

/* Whom the device's alarm is for, if there is one, and in how long. */
static const struct baton_vm *alarm_of(const struct baton_device *device,
				       const struct baton_vm *of, uint64_t now, uint64_t *after_ns)
{
	if (of->group && !has_arrived(of))
		return kept_alarm(device, of->group, after_ns);
	*after_ns = device->alarm_ns > now ? device->alarm_ns - now : 0;
	return device->alarm_vm;
}

static int check_device(const struct baton_device *device, struct baton_vm *const *vms,
			uint32_t count, const struct baton_vm *of, struct baton_diag *diag)
{
	const struct baton_device_ops *ops = device->ops;
	const struct baton_vm *other = outsider(vms, count, serves, device);

	if (ops->size > ops->plain && !ops->forked)
		return baton__diag(diag, -ENOTSUP, of->name, "its device `%s` cannot be part of a "
				   "snapshot", ops->name);
	if (other)
		return baton__diag(diag, -EINVAL, of->name, "its device `%s` serves VM `%s`, too, which "
				   "is not in the snapshot", ops->name, other->name);
	return 0;
}

static int take_device(struct baton_snapshot *s, const struct baton_device *device,
		       const struct baton_vm *of, struct baton_vm *const *vms, uint64_t now,
		       struct baton_diag *diag)
{
	uint64_t alarm_ns = 0;
	const struct baton_vm *alarm_vm = alarm_of(device, of, now, &alarm_ns);
	struct baton__device_snapshot *devices, *d;
	size_t size = device->ops->size;

	devices = realloc(s->devices, (s->device_count + 1) * sizeof(*devices));
	if (!devices)
		return baton__diag(diag, -ENOMEM, "snapshot", "out of memory");
	s->devices = devices;
	d = &devices[s->device_count];
	*d = (struct baton__device_snapshot){
		.of = device, .ops = device->ops, .alarm_vm = BATON_NOBODY,
		.state = malloc(size ? size : 1),
	};
	if (!d->state)
		return baton__diag(diag, -ENOMEM, "snapshot", "out of memory");
	memcpy(d->state, device->state, size);
	s->device_count++;
	for (uint32_t i = 0; alarm_vm && i < s->vm_count; i++)
		if (vms[i] == alarm_vm) {
			d->alarm_vm = i;
			d->alarm_ns = alarm_ns;
		}
	return 0;
}

static bool has_device(const struct baton_snapshot *s, const struct baton_device *device)
{
	for (uint32_t i = 0; i < s->device_count; i++)
		if (s->devices[i].of == device)
			return true;
	return false;
}

/* The devices that answer a VM, once each. */
static int take_devices(struct baton_snapshot *s, const struct baton_vm *vm,
			struct baton_vm *const *vms, uint64_t now, struct baton_diag *diag)
{
	uint32_t ports = vm->ports.count, mmio = vm->mmio.count;

	for (uint32_t i = 0; i < ports + mmio + BATON__CALLS; i++) {
		const void *owner = i < ports	     ? vm->ports.claims[i].owner :
				    i < ports + mmio ? vm->mmio.claims[i - ports].owner :
						       vm->calls[i - ports - mmio].owner;
		const struct baton_device *device = baton__device_of(vm, owner);
		int error = 0;

		if (!device || has_device(s, device))
			continue;
		error = check_device(device, vms, s->vm_count, vm, diag);
		if (!error)
			error = take_device(s, device, vm, vms, now, diag);
		if (error)
			return error;
	}
	return 0;
}

/* -------------------------------------------------------------------- regions */

static int freeze_window(const struct baton__window *w, struct baton_diag *diag,
			 struct baton__frozen **frozen)
{
	if (w->fd >= 0)
		return baton__frozen_copy(w->fd, w->host, w->size, diag, frozen);
	return baton__frozen_renew(w->frozen, w->host, diag, frozen);
}

static int take_region(struct baton_snapshot *s, const struct baton__window *w,
		       struct baton_diag *diag, uint32_t *number)
{
	struct baton__region_snapshot *regions;
	int error;

	for (*number = 0; *number < s->region_count; ++*number)
		if (s->regions[*number].of == w->region)
			return 0;
	regions = realloc(s->regions, (s->region_count + 1) * sizeof(*regions));
	if (!regions)
		return baton__diag(diag, -ENOMEM, "snapshot", "out of memory");
	s->regions = regions;
	regions[s->region_count] = (struct baton__region_snapshot){ .of = w->region };
	error = freeze_window(w, diag, &regions[s->region_count].frozen);
	s->region_count += !error;
	return error;
}

static int take_regions(struct baton_snapshot *s, uint32_t i, struct baton_vm *const *vms,
			struct baton_diag *diag)
{
	struct baton__vm_snapshot *v = &s->vms[i];
	const struct baton__memory *memory = &vms[i]->memory;

	for (uint32_t k = 0; k < memory->window_count; k++) {
		const struct baton__window *w = &memory->windows[k];
		const struct baton_vm *other = outsider(vms, s->vm_count, shares, w->region);
		int error;

		if (other)
			return baton__diag(diag, -EINVAL, vms[i]->name, "it shares memory with VM `%s`, "
					   "which is not in the snapshot", other->name);
		v->placed[k] = (struct baton__placed){ .at = w->at, .size = w->size,
						       .trapped = w->trapped };
		error = take_region(s, w, diag, &v->placed[k].region);
		if (error)
			return error;
		v->placed_count++;
	}
	return 0;
}

/* ----------------------------------------------------------------------- life */

static int note_processor(struct baton_snapshot *s, const struct baton__system *system)
{
	s->leaf_count = baton__leaves_of(system, NULL, 0);
	s->leaves = malloc((s->leaf_count + 1) * sizeof(*s->leaves));
	if (!s->leaves)
		return -ENOMEM;
	baton__leaves_of(system, s->leaves, s->leaf_count);
	return 0;
}

int baton_snapshot_take(struct baton_vm *const *vms, uint32_t count, struct baton_diag *diag,
			struct baton_snapshot **out)
{
	struct baton_snapshot *s;
	uint64_t now;
	int error = check_vms(vms, count, diag);

	if (error)
		return error;
	now = vms[0]->host->ledger.last_ns;
	s = calloc(1, sizeof(*s));
	if (!s)
		return baton__diag(diag, -ENOMEM, "snapshot", "out of memory");
	atomic_init(&s->references, 1);
	atomic_init(&s->forks, 0);
	s->vms = calloc(count, sizeof(*s->vms));
	if (!s->vms || note_processor(s, &vms[0]->host->system)) {
		free(s->vms);
		free(s);
		return baton__diag(diag, -ENOMEM, "snapshot", "out of memory");
	}
	s->vm_count = count;
	/* What may be refused comes first, what is to be copied last. */
	for (uint32_t i = 0; i < count && !error; i++)
		error = take_devices(s, vms[i], vms, now, diag);
	for (uint32_t i = 0; i < count && !error; i++)
		error = take_regions(s, i, vms, diag);
	for (uint32_t i = 0; i < count && !error; i++) {
		error = baton__vm_snapshot_take(&s->vms[i], vms[i], now, diag);
		if (!has_arrived(vms[i]))
			keep_times(&s->vms[i], vms[i]);
	}
	if (error) {
		baton__snapshot_put(s);
		return error;
	}
	*out = s;
	return 0;
}

void baton__snapshot_put(struct baton_snapshot *s)
{
	if (atomic_fetch_sub(&s->references, 1) > 1)
		return;
	for (uint32_t i = 0; i < s->vm_count; i++)
		baton__vm_snapshot_fini(&s->vms[i]);
	for (uint32_t i = 0; i < s->region_count; i++)
		baton__frozen_put(s->regions[i].frozen);
	for (uint32_t i = 0; i < s->device_count; i++)
		free(s->devices[i].state);
	free(s->vms);
	free(s->leaves);
	free(s->regions);
	free(s->devices);
	free(s);
}

void baton_snapshot_destroy(struct baton_snapshot *snapshot)
{
	if (snapshot)
		baton__snapshot_put(snapshot);
}

uint32_t baton_snapshot_vms(const struct baton_snapshot *snapshot)
{
	return snapshot->vm_count;
}

const char *baton_snapshot_vm_name(const struct baton_snapshot *snapshot, uint32_t i)
{
	return i < snapshot->vm_count ? snapshot->vms[i].name : NULL;
}

/* ----------------------------------------------------------------------- hash */

/* Devices add up, whatever their order. */
static uint64_t hash_device(const struct baton_device_ops *ops, const void *state)
{
	uint64_t hash = baton__hash(0, ops->name, strlen(ops->name));

	return baton__hash(hash, (const char *)state + ops->size - ops->plain, ops->plain);
}

static uint64_t sum_up(uint64_t vcpu, uint64_t memory, uint64_t devices)
{
	const uint64_t parts[] = { vcpu, memory, devices };

	return baton__hash(0, parts, sizeof(parts));
}

int baton_vm_hash(struct baton_vm *vm, uint64_t *hash)
{
	uint64_t vcpu, memory, devices = 0;
	int error;

	if (vm->host->running)
		return -EBUSY;
	error = baton__vm_hash(vm, &vcpu);
	if (!error)
		error = baton__memory_hash(&vm->memory, &memory);
	if (error)
		return error;
	for (struct baton_device *d = vm->host->devices; d; d = d->next)
		if (serves(vm, d))
			devices += hash_device(d->ops, d->state);
	for (uint32_t i = 0; vm->group && i < vm->group->snapshot->device_count; i++)
		if (serves(vm, vm->group->devices[i]))
			devices += hash_device(vm->group->devices[i]->ops,
					       vm->group->devices[i]->state);
	*hash = sum_up(vcpu, memory, devices);
	return 0;
}

/* Does a snapshotted device answer a VM of its snapshot? */
static bool served(const struct baton__vm_snapshot *v, const void *owner)
{
	bool has = false;

	for (uint32_t i = 0; i < v->ports.count; i++)
		has |= v->ports.claims[i].owner == owner;
	for (uint32_t i = 0; i < v->mmio.count; i++)
		has |= v->mmio.claims[i].owner == owner;
	for (uint32_t i = 0; i < BATON__CALLS; i++)
		has |= v->calls[i].owner == owner;
	return has;
}

/* Maps what is frozen, to be read; `*memory` is to be destroyed if it has a base. */
static int view(struct baton__memory *memory, struct baton__frozen *frozen)
{
	int error = baton__memory_reserve(memory, frozen->size, NULL);

	return error ? error : baton__memory_take_up(memory, frozen);
}

static int hash_memory(const struct baton_snapshot *s, const struct baton__vm_snapshot *v,
		       uint64_t *hash)
{
	struct baton__memory memory = { .base = NULL }, regions[BATON__WINDOWS] = { { .base = NULL } };
	int error = view(&memory, v->memory);

	for (uint32_t i = 0; i < v->placed_count && !error; i++) {
		const struct baton__placed *p = &v->placed[i];

		error = view(&regions[i], s->regions[p->region].frozen);
		if (!error)
			error = baton__memory_add_window(&memory, &(struct baton__window){
				.at = p->at, .size = p->size, .host = regions[i].base, .fd = -1 }, NULL);
	}
	if (!error)
		error = baton__memory_hash(&memory, hash);
	for (uint32_t i = 0; i < BATON__WINDOWS; i++)
		if (regions[i].base)
			baton__memory_destroy(&regions[i]);
	if (memory.base)
		baton__memory_destroy(&memory);
	return error;
}

int baton_snapshot_hash(const struct baton_snapshot *s, uint32_t i, uint64_t *hash)
{
	const struct baton__vm_snapshot *v;
	uint64_t memory, devices = 0;
	int error;

	if (i >= s->vm_count)
		return -EINVAL;
	v = &s->vms[i];
	error = hash_memory(s, v, &memory);
	if (error)
		return error;
	for (uint32_t k = 0; k < s->device_count; k++)
		if (served(v, s->devices[k].of))
			devices += hash_device(s->devices[k].ops, s->devices[k].state);
	*hash = sum_up(baton__capture_hash(&v->vcpu), memory, devices);
	return 0;
}
