/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device.c - a host's devices and their claims on its VMs' buses.
 */
#include <errno.h>
#include <stdlib.h>

#include "baton/abi.h"
#include "base/arith.h"
#include "base/diag.h"
#include "host/group.h"
#include "host/host.h"

#define PORTS UINT64_C(0x10000)

static struct baton__entity *entity_of(const struct baton_vm *vm)
{
	return &vm->host->entities[vm->entity];
}

/* ------------------------------------------------------------------ alarms */

/* The first of an entity's alarms decides where it stands among the entities. */
static void order_alarms(struct baton_host *host, struct baton__entity *e)
{
	uint32_t n = (uint32_t)(e - host->entities);

	e->alarm_ns = UINT64_MAX;
	for (struct baton_device *d = e->alarms; d; d = d->next_alarm)
		e->alarm_ns = baton__min(e->alarm_ns, d->alarm_ns);
	if (e->alarms)
		baton__heap_insert(host->alarms, n, e->alarm_ns);
	else
		baton__heap_remove(host->alarms, n);
}

static void take_alarm(struct baton_device *device)
{
	struct baton__entity *e = entity_of(device->alarm_vm);
	struct baton_device **at = &e->alarms;

	while (*at != device)
		at = &(*at)->next_alarm;
	*at = device->next_alarm;
	device->alarm_vm = NULL;
	order_alarms(device->host, e);
}

void baton_device_alarm(struct baton_device *device, struct baton_vm *vm, uint64_t at_ns)
{
	struct baton_host *host = device->host;
	struct baton__entity *e = entity_of(vm);

	if (device->alarm_vm)
		take_alarm(device);
	if (at_ns == UINT64_MAX || e->state == BATON__ENDED || host->untimed)
		return;
	/* Never in the past: who is always due would keep everybody else waiting. */
	device->alarm_ns = at_ns > host->ledger.last_ns ? at_ns : host->ledger.last_ns + 1;
	device->alarm_vm = vm;
	device->next_alarm = e->alarms;
	e->alarms = device;
	order_alarms(host, e);
	if (host->turn.active && host->turn.entity == e)
		baton__kick_by(&host->kick, e->alarm_ns);
}

uint64_t baton_device_alarm_time(const struct baton_device *device)
{
	return device->alarm_ns;
}

void baton__devices_sound(struct baton_host *host, uint32_t n, uint64_t now)
{
	struct baton__entity *e = &host->entities[n];

	while (e->alarm_ns <= now) {
		struct baton_device *d = e->alarms;

		while (d->alarm_ns > now)
			d = d->next_alarm;
		take_alarm(d);
		host->alarms_sounded++;
		d->ops->due(d->state, now);
	}
}

/* ------------------------------------------------------------ life and claims */

/* Takes its alarm back, then the device itself. Its claims are another matter. */
void baton__device_release(struct baton_device *device)
{
	if (device->alarm_vm)
		take_alarm(device);
	free(device->state);
	free(device);
}

/* A device that never came to be takes its claims off every bus. */
static void drop_claims(struct baton_host *host, struct baton_device *device)
{
	for (uint32_t i = 0; i < host->vms; i++) {
		struct baton_vm *vm = baton_host_vm(host, i);

		baton__bus_drop(&vm->ports, device);
		baton__bus_drop(&vm->mmio, device);
		baton__hypercall_drop(vm, device);
	}
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
		drop_claims(host, device);
		baton__device_release(device);
		return error;
	}
	device->next = host->devices;
	host->devices = device;
	if (ops->ended) {
		device->next_listener = host->listeners;
		host->listeners = device;
	}
	if (out)
		*out = device;
	return 0;
}

void baton__devices_quiet(struct baton_vm *vm)
{
	struct baton__entity *e = entity_of(vm);

	while (e->alarms)
		take_alarm(e->alarms);
}

void baton__devices_ended(struct baton_host *host, struct baton_vm *vm)
{
	baton__devices_quiet(vm);
	for (struct baton_device *d = host->listeners; d; d = d->next_listener)
		d->ops->ended(d->state, vm);
	for (uint32_t i = 0; vm->group && i < vm->group->snapshot->device_count; i++) {
		struct baton_device *d = vm->group->devices[i];

		if (d->ops->ended)
			d->ops->ended(d->state, vm);
	}
}

struct baton_device *baton__device_of(const struct baton_vm *vm, const void *owner)
{
	for (struct baton_device *d = vm->host->devices; d; d = d->next)
		if (d == owner)
			return d;
	for (uint32_t i = 0; vm->group && i < vm->group->snapshot->device_count; i++)
		if (vm->group->devices[i] == owner)
			return vm->group->devices[i];
	return NULL;
}

/* Their claims stay on the buses: the VMs go next, and are entered no more. */
void baton__devices_destroy(struct baton_host *host)
{
	host->listeners = NULL;
	while (host->devices) {
		struct baton_device *device = host->devices;

		host->devices = device->next;
		if (device->ops->fini)
			device->ops->fini(device->state);
		baton__device_release(device);
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

/* ------------------------------------------------------- wakes and interrupts */

void baton_vcpu_wake_at(struct baton_vcpu *vcpu, uint64_t at_ns)
{
	struct baton_host *host = vcpu->vm->host;
	uint32_t e = vcpu->vm->entity;

	vcpu->wake_at_ns = at_ns;
	/* If it does not wait yet, the loop reads wake_at_ns when it begins to. */
	if (entity_of(vcpu->vm)->state != BATON__IS_WAITING)
		return;
	baton__heap_remove(host->sleepers, e);
	if (at_ns != UINT64_MAX)
		baton__heap_insert(host->sleepers, e, at_ns);
}

void baton_vcpu_wake(struct baton_vcpu *vcpu)
{
	struct baton_host *host = vcpu->vm->host;
	struct baton__entity *e = entity_of(vcpu->vm);

	if (e->state == BATON__IS_WAITING)
		baton_vcpu_wake_at(vcpu, host->ledger.last_ns);
	else if (host->turn.ending && host->turn.entity == e)
		e->woken = true;
}

void baton_vcpu_interrupt(struct baton_vcpu *vcpu, unsigned line)
{
	if (line >= BATON_IRQ_LINES)
		return;
	vcpu->irq_lines |= 1u << line;
	if (vcpu->idle)
		baton_vcpu_wake(vcpu);
}
