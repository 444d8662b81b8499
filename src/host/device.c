/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device.c - a host's devices and their claims on its VMs' buses.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/arith.h"
#include "base/diag.h"
#include "host/host.h"

#define PORTS UINT64_C(0x10000)

/* Takes the device's claims off every bus, then the device itself. */
static void release(struct baton_host *host, struct baton_device *device)
{
	for (uint32_t i = 0; i < host->max_vms; i++) {
		struct baton_vm *vm = host->entities[i].vm;

		if (!vm)
			continue;
		baton__bus_drop(&vm->ports, device);
		baton__bus_drop(&vm->mmio, device);
		baton__hypercall_drop(vm, device);
	}
	free(device->state);
	free(device);
}

int baton_device_create(struct baton_host *host, const struct baton_device_ops *ops,
			const void *config, struct baton_diag *diag, struct baton_device **out)
{
	struct baton_device *device = calloc(1, sizeof(*device));
	int error;

	if (!device)
		return baton__diag(diag, -ENOMEM, ops->name, "out of memory");
	device->ops = ops;
	device->host = host;
	device->state = calloc(1, ops->size ? ops->size : 1);
	if (!device->state) {
		free(device);
		return baton__diag(diag, -ENOMEM, ops->name, "out of memory");
	}
	error = ops->init(device, device->state, config, diag);
	if (error) {
		release(host, device);
		return error;
	}
	device->next = host->devices;
	host->devices = device;
	if (out)
		*out = device;
	return 0;
}

void baton__devices_ended(struct baton_host *host, struct baton_vm *vm)
{
	for (struct baton_device *d = host->devices; d; d = d->next)
		if (d->ops->ended)
			d->ops->ended(d->state, vm);
}

void baton__devices_destroy(struct baton_host *host)
{
	while (host->devices) {
		struct baton_device *device = host->devices;

		host->devices = device->next;
		if (device->ops->fini)
			device->ops->fini(device->state);
		release(host, device);
	}
}

/* A device's claims go with it, and its own host alone destroys it. */
static int fail_foreign(const struct baton_device *device, const struct baton_vm *vm,
			struct baton_diag *diag)
{
	return baton__diag(diag, -EINVAL, device->ops->name, "VM `%s` belongs to another host",
			   vm->name);
}

static int claim(struct baton_device *device, struct baton_vm *vm, struct baton__bus *bus,
		 uint64_t space, uint64_t first, uint64_t count, baton_access_fn serve,
		 struct baton_diag *diag)
{
	const struct baton__claim c = {
		.first = first, .last = first + count - 1, .serve = serve,
		.state = device->state, .owner = device, .name = device->ops->name,
	};

	if (vm->host != device->host)
		return fail_foreign(device, vm, diag);
	if (!count || !baton__in_range(first, count, space))
		return baton__diag(diag, -EINVAL, device->ops->name,
				   "0x%llx and %llu more do not fit into its address space",
				   (unsigned long long)first, (unsigned long long)count);
	return baton__bus_claim(bus, &c, diag);
}

int baton_device_claim_ports(struct baton_device *device, struct baton_vm *vm, uint16_t first,
			     uint32_t count, baton_access_fn serve, struct baton_diag *diag)
{
	return claim(device, vm, &vm->ports, PORTS, first, count, serve, diag);
}

int baton_device_claim_mmio(struct baton_device *device, struct baton_vm *vm, baton_gpa_t first,
			    uint64_t size, baton_access_fn serve, struct baton_diag *diag)
{
	if (baton__overlap(first, size, 0, vm->memory.size))
		return baton__diag(diag, -EEXIST, device->ops->name,
				   "0x%llx is guest memory; MMIO lies outside of it",
				   (unsigned long long)first);
	return claim(device, vm, &vm->mmio, UINT64_C(1) << 52, first, size, serve, diag);
}

int baton_device_claim_call(struct baton_device *device, struct baton_vm *vm, uint32_t call,
			    baton_access_fn serve, struct baton_diag *diag)
{
	const struct baton__call c = { .serve = serve, .state = device->state, .owner = device };

	if (vm->host != device->host)
		return fail_foreign(device, vm, diag);
	return baton__hypercall_claim(vm, call, &c, device->ops->name, diag);
}

void *baton_device_state(struct baton_device *device)
{
	return device->state;
}

static struct baton__entity *entity_of(const struct baton_vcpu *vcpu)
{
	return &vcpu->vm->host->entities[vcpu->vm->entity];
}

void baton_vcpu_wake_at(struct baton_vcpu *vcpu, uint64_t at_ns)
{
	struct baton_host *host = vcpu->vm->host;
	uint32_t e = vcpu->vm->entity;

	vcpu->wake_at_ns = at_ns;
	/* If it does not wait yet, the loop reads wake_at_ns when it begins to. */
	if (entity_of(vcpu)->state != BATON__IS_WAITING)
		return;
	baton__heap_remove(host->sleepers, e);
	if (at_ns != UINT64_MAX)
		baton__heap_insert(host->sleepers, e, at_ns);
}

void baton_vcpu_wake(struct baton_vcpu *vcpu)
{
	if (entity_of(vcpu)->state == BATON__IS_WAITING)
		baton_vcpu_wake_at(vcpu, vcpu->vm->host->ledger.last_ns);
}
