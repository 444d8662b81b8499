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
#include "base/hash.h"
#include "kvm/exit.h"
#include "vm/shell.h"

#define DRAIN_MAX 16 /* exits of one instruction: KVM splits an access in two at most */

/* ------------------------------------------------------------ what is pending */

/* Is the exit in kvm_run a write of one element? Its data are in `exit` then. */
static bool is_write(const struct baton_exit *exit)
{
	return (exit->kind == BATON_EXIT_IO_OUT || exit->kind == BATON_EXIT_MMIO_WRITE) &&
	       exit->count <= 1;
}

static bool is_read(const struct baton_exit *exit)
{
	return exit->kind == BATON_EXIT_IO_IN || exit->kind == BATON_EXIT_MMIO_READ;
}

/* The write in kvm_run is noted, to be served when its turn comes. */
static void note_standing(struct baton_vcpu *vcpu, const struct baton_exit *exit)
{
	struct baton__standing *s = &vcpu->standing;
	const struct kvm_run *run = vcpu->kvm.run;

	s->exits[s->count].reason = run->exit_reason;
	s->exits[s->count].data = exit->data;
	memcpy(s->exits[s->count].detail, &run->io, sizeof(s->exits[0].detail));
	s->count++;
}

/*
 * Completing an access may lead to the next one of its instruction: a read to its write,
 * half of a write to the other half. A write may be completed before it is served.
 */
int baton__vcpu_settle(struct baton_vcpu *vcpu)
{
	struct baton_exit exit;
	int error;

	if (vcpu->standing.last)
		return -EAGAIN;
	if (vcpu->blocked_in_access && vcpu->exit->count > 1)
		return -EAGAIN;
	if (vcpu->blocked_in_access && is_read(vcpu->exit))
		return 0;
	while ((error = baton__vcpu_complete(&vcpu->kvm)) == -EPROTO) {
		baton__exit_decode(vcpu->kvm.run, 0, &exit);
		if (!is_write(&exit) || vcpu->standing.count == BATON__STANDING) {
			vcpu->standing.last = true;
			return -EAGAIN;
		}
		note_standing(vcpu, &exit);
	}
	return error;
}

int baton__vcpu_drain(struct baton_vcpu *vcpu)
{
	int error = -EPROTO;

	for (int i = 0; i < DRAIN_MAX && error == -EPROTO; i++)
		error = baton__vcpu_complete(&vcpu->kvm);
	return error;
}

/* Port data lie where KVM puts them, too. (KVM API, section 5; asm/kvm.h.) */
#define PORT_DATA (KVM_PIO_PAGE_OFFSET * BATON__PAGE)

void baton__standing_decode(const struct baton__standing *s, uint32_t i, struct baton_exit *exit)
{
	struct kvm_run run = { 0 };

	*exit = (struct baton_exit){ .reason = s->exits[i].reason, .count = 1 };
	memcpy(&run.io, s->exits[i].detail, sizeof(s->exits[i].detail));
	if (exit->reason == KVM_EXIT_IO) {
		exit->kind = BATON_EXIT_IO_OUT;
		exit->addr = run.io.port;
		exit->size = run.io.size;
		exit->data = s->exits[i].data;
	} else {
		exit->kind = BATON_EXIT_MMIO_WRITE;
		exit->addr = run.mmio.phys_addr;
		exit->size = (uint8_t)run.mmio.len;
		exit->data = baton__load(run.mmio.data, exit->size);
	}
}

void baton__standing_add(struct baton__standing *s, const struct baton_exit *write)
{
	struct kvm_run run = { 0 };

	if (write->kind == BATON_EXIT_IO_OUT) {
		run.io.direction = KVM_EXIT_IO_OUT;
		run.io.port = (uint16_t)write->addr;
		run.io.size = write->size;
		run.io.count = 1;
		run.io.data_offset = PORT_DATA;
		s->exits[s->count].reason = KVM_EXIT_IO;
	} else {
		run.mmio.phys_addr = write->addr;
		run.mmio.len = write->size;
		run.mmio.is_write = 1;
		baton__store(run.mmio.data, write->data, write->size);
		s->exits[s->count].reason = KVM_EXIT_MMIO;
	}
	s->exits[s->count].data = write->data;
	memcpy(s->exits[s->count].detail, &run.io, sizeof(s->exits[0].detail));
	s->count++;
}

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

static void save_vcpu(struct baton__vm_snapshot *s, const struct baton_vcpu *vcpu, uint64_t now)
{
	s->blocked = vcpu->blocked_in_access && !is_read(vcpu->exit);
	s->asked = s->blocked && vcpu->blocked_in_element;
	s->exit = *vcpu->exit;
	s->standing = vcpu->standing;
	s->irq_lines = vcpu->irq_lines;
	s->idle = vcpu->idle;
	if (vcpu->sleep_until_ns > now)
		s->sleep_ns = vcpu->sleep_until_ns - now;
}

int baton__vm_snapshot_take(struct baton__vm_snapshot *s, struct baton_vm *vm, uint64_t now,
			    struct baton_diag *diag)
{
	int error = baton__vcpu_settle(&vm->vcpu);

	if (error == -EAGAIN)
		return baton__diag(diag, error, vm->name, "it is in the midst of an instruction; let it "
				   "run on for a moment, and try again");
	if (!error)
		error = baton__state_save(&vm->vcpu.kvm, &s->state);
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
	save_vcpu(s, &vm->vcpu, now);
	return baton__memory_freeze(&vm->memory, diag, &s->memory);
}

void baton__vm_snapshot_fini(struct baton__vm_snapshot *snapshot)
{
	baton__bus_fini(&snapshot->ports);
	baton__bus_fini(&snapshot->mmio);
	baton__frozen_put(snapshot->memory);
}

/* ------------------------------------------------------------------- making */

/* All of Baton's own that goes with the vCPU's state. */
static void restore_vcpu(struct baton_vcpu *vcpu, const struct baton__vm_snapshot *s)
{
	struct baton_vm *vm = vcpu->vm;

	*vcpu = (struct baton_vcpu){
		.vm = vm, .kvm = vcpu->kvm, .exit = &vcpu->last[BATON_LAST_EXITS - 1],
		.wake_at_ns = UINT64_MAX,
		.blocked_in_access = s->blocked, .blocked_in_element = s->asked,
		.standing = s->standing, .irq_lines = s->irq_lines, .idle = s->idle,
		.inputs = vcpu->inputs + 1,
	};
	*vcpu->exit = s->exit;
	memcpy(&vcpu->regs, &s->state.regs, sizeof(vcpu->regs));
	vm->outcome = BATON_RUNNING;
	vm->status = 0;
}

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
	error = baton__state_load(&shell->vcpu, &s->state, shell->fresh ? known : NULL);
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
	restore_vcpu(&vm->vcpu, s);
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
		error = baton__state_reset(&vm->vcpu.kvm, &snapshot->state);
	if (error)
		return error;
	free(vm->death);
	vm->death = NULL;
	restore_vcpu(&vm->vcpu, snapshot);
	return 0;
}

/* --------------------------------------------------------------------- hash */

uint64_t baton__vm_snapshot_hash(const struct baton__vm_snapshot *s)
{
	uint64_t hash = baton__state_hash(&s->state);
	const uint64_t waits[] = {
		s->irq_lines, s->idle, s->blocked, s->standing.count,
		s->blocked ? s->exit.addr : 0, s->blocked ? s->exit.data : 0,
		s->blocked ? s->exit.size : 0,
	};

	hash = baton__hash(hash, waits, sizeof(waits));
	return baton__hash(hash, s->standing.exits, s->standing.count * sizeof(s->standing.exits[0]));
}

int baton__vm_hash(struct baton_vm *vm, uint64_t *hash)
{
	struct baton__vm_snapshot *s = calloc(1, sizeof(*s));
	int error = s ? baton__vcpu_settle(&vm->vcpu) : -ENOMEM;

	if (!error)
		error = baton__state_save(&vm->vcpu.kvm, &s->state);
	if (!error) {
		save_vcpu(s, &vm->vcpu, 0);
		*hash = baton__vm_snapshot_hash(s);
	}
	free(s);
	return error;
}
