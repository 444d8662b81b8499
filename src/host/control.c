/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.c - moments of a vCPU, and devices from outside.
 */
#include "baton/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"
#include "vm/autopsy.h"
#include "vm/capture.h"
#include "vm/deliver.h"
#include "vm/gate.h"
#include "vm/walk.h"

size_t baton_capture_size(void)
{
	return sizeof(struct baton__capture);
}

int baton_capture_take(struct baton_vcpu *vcpu, void *capture)
{
	if (vcpu->vm->host->running)
		return -EBUSY;
	return baton__capture_take(capture, vcpu);
}

int baton_capture_load(struct baton_vcpu *vcpu, const void *capture)
{
	const struct baton__capture *c = capture;
	struct baton_vm *vm = vcpu->vm;
	int error;

	if (vm->host->running)
		return -EBUSY;
	error = baton__vcpu_drain(vcpu);
	if (!error)
		error = baton__state_reset(&vcpu->kvm, &c->state);
	if (error)
		return error;
	free(vm->death);
	vm->death = NULL;
	baton__capture_restore(c, vcpu);
	baton__host_leave(vm);
	return baton__host_enter(vm->host, vm, NULL);
}

int baton_vcpu_deliver(struct baton_vcpu *vcpu, unsigned vector)
{
	if (vcpu->vm->host->running)
		return -EBUSY;
	return baton__deliver(vcpu, vector);
}

int baton_vm_step(struct baton_vm *vm, bool on)
{
	if (vm->host->running)
		return -EBUSY;
	return baton__gate_set_steps(vm, on);
}

uint64_t baton_capture_hash(const void *capture)
{
	return baton__capture_hash(capture);
}

int baton_vcpu_code(struct baton_vcpu *vcpu, void *code, size_t size, unsigned *bits)
{
	struct baton__code c = vcpu->code;

	if (!c.known)
		baton__code_look(vcpu, &c);
	if (c.size < 0)
		return c.size;
	*bits = c.bits;
	size = size < (size_t)c.size ? size : (size_t)c.size;
	memcpy(code, c.bytes, size);
	return (int)size;
}

int baton_vm_touched(const struct baton_vm *vm, baton_gpa_t from, baton_gpa_t *begin,
		     baton_gpa_t *end)
{
	return baton__memory_touched(&vm->memory, from, begin, end);
}

struct baton_device *baton_host_device(const struct baton_host *host, uint32_t i)
{
	struct baton_device *d = host->devices;
	uint32_t count = 0;

	for (; d; d = d->next)
		count++;
	if (i >= count)
		return NULL;
	/* The list begins with the last one. */
	for (d = host->devices; ++i < count; d = d->next)
		;
	return d;
}

void *baton_device_plain(struct baton_device *device, size_t *size)
{
	*size = device->ops->plain;
	return (uint8_t *)device->state + device->ops->size - device->ops->plain;
}

void baton_device_restored(struct baton_device *device)
{
	const struct baton_restore restore = { .repeat = true };

	if (device->ops->restored)
		device->ops->restored(device->state, &restore);
}

const char *baton_device_type(const struct baton_device *device)
{
	return device->ops->name;
}

bool baton_device_is_plain(const struct baton_device *device)
{
	return device->ops->forked || device->ops->plain == device->ops->size;
}
