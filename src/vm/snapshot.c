/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot.c - takes a VM down, makes VMs of that, and puts them back.
 */
#include "vm/snapshot.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "base/arith.h"
#include "base/diag.h"
#include "vm/shell.h"

/* ------------------------------------------------------------------- taking */

static int copy_bus(struct baton__bus *to, const struct baton__bus *from)
{
	if (!from->count)
		return 0;
	to->claims = malloc(from->count * sizeof(*from->claims));
	if (!to->claims)
		return -ENOMEM;
	memcpy(to->claims, from->claims, from->count * sizeof(*from->claims));
	to->count = from->count;
	return 0;
}

int baton__vm_snapshot_take(struct baton__vm_snapshot *s, struct baton_vm *vm, uint64_t now,
			    struct baton_diag *diag)
{
	int error = baton__capture_take(&s->vcpu, &vm->vcpu);

	if (error == -EAGAIN)
		return baton__diag(diag, error, vm->name, "it is in the midst of an instruction; let it "
				   "run on for a moment, and try again");
	if (!error)
		error = copy_bus(&s->ports, &vm->ports);
	if (!error)
		error = copy_bus(&s->mmio, &vm->mmio);
	if (error)
		return baton__diag(diag, error, vm->name, "its state cannot be saved: %s",
				   strerror(-error));
	s->of = vm;
	memcpy(s->name, vm->name, sizeof(s->name));
	s->mode = vm->mode;
	s->tripwire = vm->tripwire;
	s->share = vm->share;
	s->watchdog_ns = vm->watchdog_ns;
	s->argument = vm->argument;
	s->image_first = vm->image_first;
	s->image_end = vm->image_end;
	s->reserved = vm->reserved;
	s->reserved_size = vm->reserved_size;
	memcpy(s->calls, vm->calls, sizeof(s->calls));
	memcpy(s->holes, vm->memory.holes, sizeof(s->holes));
	s->hole_count = vm->memory.hole_count;
	s->clock_ns = now - vm->clock_zero_ns;
	if (vm->vcpu.sleep_until_ns > now)
		s->sleep_ns = vm->vcpu.sleep_until_ns - now;
	return baton__memory_freeze(&vm->memory, diag, &s->memory);
}

void baton__vm_snapshot_fini(struct baton__vm_snapshot *snapshot)
{
	baton__bus_fini(&snapshot->ports);
	baton__bus_fini(&snapshot->mmio);
	baton__frozen_put(snapshot->memory);
}

/* ------------------------------------------------------------------- making */

int baton__vm_fork(const struct baton__vm_snapshot *s, struct baton__shell *shell,
		   const struct baton__vcpu_state *known, struct baton_diag *diag,
		   struct baton_vm **out)
{
	struct baton_vm *vm = calloc(1, sizeof(*vm));
	int error;

	if (!vm)
		return baton__diag(diag, -ENOMEM, s->name, "out of memory");
	error = baton__memory_take_up(&shell->memory, s->memory);
	if (error) {
		baton__diag(diag, error, s->name, "its memory cannot be mapped: %s",
			    strerror(-error));
		goto free_vm;
	}
	error = baton__state_load(&shell->vcpu, &s->vcpu.state, shell->fresh ? known : NULL);
	if (error) {
		baton__diag(diag, error, s->name, "its state cannot be set: %s", strerror(-error));
		goto free_vm;
	}
	vm->mode = s->mode;
	vm->tripwire = s->tripwire;
	vm->share = s->share;
	vm->watchdog_ns = s->watchdog_ns;
	vm->argument = s->argument;
	vm->layout = baton__boot_layout(s->mode, s->memory->size);
	vm->image_first = s->image_first;
	vm->image_end = s->image_end;
	vm->reserved = s->reserved;
	vm->reserved_size = s->reserved_size;
	vm->paging32 = -1;
	vm->machine = shell->machine;
	vm->memory = shell->memory;
	memcpy(vm->memory.holes, s->holes, sizeof(s->holes));
	vm->memory.hole_count = s->hole_count;
	vm->vcpu.vm = vm;
	vm->vcpu.kvm = shell->vcpu;
	baton__capture_restore(&s->vcpu, &vm->vcpu);
	*out = vm;
	return 0;

free_vm:
	free(vm);
	return error;
}

int baton__vm_reset(struct baton_vm *vm, const struct baton__vm_snapshot *snapshot)
{
	int error = baton__vcpu_drain(&vm->vcpu);

	if (!error)
		error = baton__memory_drop(&vm->memory);
	if (!error)
		error = baton__state_reset(&vm->vcpu.kvm, &snapshot->vcpu.state);
	if (error)
		return error;
	free(vm->death);
	vm->death = NULL;
	baton__capture_restore(&snapshot->vcpu, &vm->vcpu);
	return 0;
}

/* --------------------------------------------------------------------- hash */

int baton__vm_hash(struct baton_vm *vm, uint64_t *hash)
{
	struct baton__capture *c = calloc(1, sizeof(*c));
	int error = c ? baton__capture_take(c, &vm->vcpu) : -ENOMEM;

	if (!error)
		*hash = baton__capture_hash(c);
	free(c);
	return error;
}
