/* SPDX-License-Identifier: Apache-2.0 */
/*
 * region.c - a host's shared regions, and where its VMs may have them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/arith.h"
#include "base/diag.h"
#include "host/host.h"
#include "vm/region.h"

struct baton_region {
	struct baton_region *next;
	struct baton_host *host;
	struct baton__region shared;
};

int baton_region_create(struct baton_host *host, uint64_t size, struct baton_diag *diag,
			struct baton_region **out)
{
	struct baton_region *region = calloc(1, sizeof(*region));
	int error;

	if (!region)
		return baton__diag(diag, -ENOMEM, "region", "out of memory");
	error = baton__region_create(&region->shared, size, diag);
	if (error) {
		free(region);
		return error;
	}
	region->host = host;
	region->next = host->regions;
	host->regions = region;
	*out = region;
	return 0;
}

/* Beside the image, and below what Baton and its devices keep for themselves. */
static int check_place(const struct baton_region *region, const struct baton_vm *vm,
		       baton_gpa_t at, struct baton_diag *diag)
{
	uint64_t size = region->shared.size;

	if (vm->host != region->host)
		return baton__diag(diag, -EINVAL, "region", "VM `%s` belongs to another host",
				   vm->name);
	if (at % BATON__PAGE || !baton__in_range(at, size, vm->reserved))
		return baton__diag(diag, -EINVAL, "region",
				   "0x%" PRIx64 " and 0x%" PRIx64 " more of VM `%s`; expected a page's "
				   "beginning, and an end below 0x%" PRIx64, at, size, vm->name,
				   vm->reserved);
	if (baton__overlap(at, size, vm->image_first, vm->image_end - vm->image_first))
		return baton__diag(diag, -EEXIST, "region", "0x%" PRIx64 " of VM `%s`: its image lies "
				   "there, from 0x%" PRIx64 " to 0x%" PRIx64, at, vm->name,
				   vm->image_first, vm->image_end);
	if (baton__memory_has_window(&vm->memory, at, size))
		return baton__diag(diag, -EEXIST, "region", "0x%" PRIx64 " of VM `%s`: another region "
				   "lies there", at, vm->name);
	return 0;
}

int baton_region_share(struct baton_region *region, struct baton_vm *vm, baton_gpa_t at,
		       struct baton_diag *diag)
{
	int error = check_place(region, vm, at, diag);

	if (!error && vm->steps)
		return baton__diag(diag, -EINVAL, "region", "VM `%s` has step_replay, and its "
				   "snapshots have no shared memory; expected a trapped region, or "
				   "no step_replay", vm->name);
	return error ? error : baton__region_map(&region->shared, &vm->memory, at, false, diag);
}

/* The host has the region mapped where the VM would: the copy is that of any access. */
static enum baton_verdict serve(void *state, struct baton_access *a)
{
	struct baton__memory *memory = &a->vm->memory;
	int error = a->write ? baton__memory_write(memory, a->addr, &a->data, a->size) :
			       baton__memory_read(memory, a->addr, &a->data, a->size);

	if (!error)
		return BATON_RESUME;
	a->why = "the access goes beyond guest memory";
	return BATON_FAULT;
}

int baton_region_trap(struct baton_region *region, struct baton_vm *vm, baton_gpa_t at,
		      struct baton_diag *diag)
{
	const struct baton__claim claim = {
		.first = at, .last = at + region->shared.size - 1, .serve = serve, .owner = region,
		.name = "region",
	};
	int error = check_place(region, vm, at, diag);

	if (!error)
		error = baton__bus_claim(&vm->mmio, &claim, diag);
	if (error)
		return error;
	error = baton__memory_make_hole(&vm->memory, &vm->machine, at, region->shared.size, diag);
	if (!error)
		error = baton__region_map(&region->shared, &vm->memory, at, true, diag);
	if (error)
		baton__bus_drop(&vm->mmio, region);
	return error;
}

void baton__regions_destroy(struct baton_host *host)
{
	while (host->regions) {
		struct baton_region *region = host->regions;

		host->regions = region->next;
		baton__region_destroy(&region->shared);
		free(region);
	}
}
