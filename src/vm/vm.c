/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm.c - builds a VM, and notes what its vCPU does.
 */
#include "vm/vm.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "base/arith.h"
#include "base/diag.h"
#include "vm/hypercall.h"
#include "vm/photo.h"
#include "vm/steps.h"

#define MEMORY_MIN (UINT64_C(64) << 10)

/* Looks at a guest until its watchdog ends it, and the least time between two. */
#define LOOKS	    8
#define LOOK_MIN_NS UINT64_C(1000000)

/* struct baton_regs is struct kvm_regs under another name. */
_Static_assert(sizeof(struct baton_regs) == sizeof(struct kvm_regs), "register sets differ");
_Static_assert(offsetof(struct baton_regs, rip) == offsetof(struct kvm_regs, rip),
	       "register sets differ");

const char *baton_outcome_name(enum baton_outcome outcome)
{
	static const char *const names[] = { "running", "blocked", "halted", "dead" };

	return (unsigned)outcome <= BATON_DEAD ? names[outcome] : "unknown";
}

/* ------------------------------------------------------------- life cycle */

static int check_config(const struct baton_vm_config *c, struct baton_diag *diag)
{
	size_t length = c->name ? strnlen(c->name, BATON__NAME_MAX + 1) : 0;

	if (!length || length > BATON__NAME_MAX)
		return baton__diag(diag, -EINVAL, "VM", "its name must have 1 to %d bytes",
				   BATON__NAME_MAX);
	if ((unsigned)c->mode >= BATON_MODES)
		return baton__diag(diag, -EINVAL, c->name,
				   "mode is %d; expected real, protected, paged or long", (int)c->mode);
	if (c->memory < MEMORY_MIN || c->memory > BATON__MEMORY_MAX || c->memory % BATON__PAGE)
		return baton__diag(diag, -EINVAL, c->name, "memory is %" PRIu64
				   " bytes; expected 64 KiB to 3 GiB, a multiple of 4 KiB", c->memory);
	if (c->reserve % BATON__PAGE ||
	    c->reserve > baton__boot_layout(c->mode, c->memory).limit)
		return baton__diag(diag, -EINVAL, c->name, "%" PRIu64 " bytes are to be kept for devices; "
				   "expected a multiple of 4 KiB, less than its memory", c->reserve);
	if (c->share > BATON_WEIGHT_MAX)
		return baton__diag(diag, -EINVAL, c->name, "share is %" PRIu64
				   "; expected 0 to %" PRIu64, c->share, BATON_WEIGHT_MAX);
	return 0;
}

static int load_and_boot(struct baton_vm *vm, const struct baton_vm_config *config,
			 struct baton_diag *diag)
{
	struct baton__placement placement;
	struct baton__image image;
	int error;

	error = baton__image_open(config, diag, &image);
	if (error)
		return error;
	error = baton__image_load(&image, config, vm->reserved, &vm->memory, diag, &placement);
	baton__image_close(&image);
	if (error)
		return error;
	vm->image_first = placement.first;
	vm->image_end = placement.end;
	/* What boot.c gives it: all that is known of a guest that dies before its first exit. */
	vm->vcpu.regs = (struct baton_regs){ .rip = placement.entry, .rflags = 2,
					     .rsp = vm->layout.stack_top + vm->layout.alias };
	vm->tripwire = !config->bare && (vm->mode != BATON_MODE_REAL || placement.first >= 0x400);
	return baton__boot(&vm->vcpu.kvm, &vm->memory, vm->mode, config->bare, &placement, diag);
}

static int prepare_steps(struct baton_vm *vm, struct baton_diag *diag)
{
	int error;

	vm->steps = calloc(1, sizeof(*vm->steps));
	if (!vm->steps)
		return baton__diag(diag, -ENOMEM, vm->name, "out of memory");
	error = baton__photo_create(vm->memory.size, diag, &vm->photo);
	if (error)
		free(vm->steps);
	return error;
}

int baton__vm_create(const struct baton__system *system, const struct baton_vm_config *config,
		     struct baton_diag *diag, struct baton_vm **out)
{
	struct baton_vm *vm;
	int error;

	error = check_config(config, diag);
	if (error)
		return error;
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return baton__diag(diag, -ENOMEM, config->name, "out of memory");
	strcpy(vm->name, config->name);
	vm->mode = config->mode;
	vm->share = config->share;
	vm->arrives_ns = config->arrives_ns;
	vm->watchdog_ns = config->watchdog_ns;
	vm->argument = config->argument;
	vm->layout = baton__boot_layout(config->mode, config->memory);
	vm->reserved_size = config->reserve;
	vm->reserved = vm->layout.limit - config->reserve;
	vm->vcpu.vm = vm;
	vm->vcpu.exit = &vm->vcpu.last[BATON_LAST_EXITS - 1];
	vm->vcpu.wake_at_ns = UINT64_MAX;
	vm->paging32 = -1;

	error = baton__memory_create(&vm->memory, config->memory, diag);
	if (error)
		goto free_vm;
	error = baton__machine_create(system, diag, &vm->machine);
	if (error)
		goto destroy_memory;
	error = baton__memory_attach(&vm->memory, &vm->machine, diag);
	if (error)
		goto destroy_machine;
	error = baton__vcpu_create(system, &vm->machine, 0, diag, &vm->vcpu.kvm);
	if (error)
		goto destroy_machine;
	error = load_and_boot(vm, config, diag);
	if (error)
		goto destroy_vcpu;
	error = baton__hypercall_attach(vm, diag);
	if (error)
		goto destroy_vcpu;
	if (config->step_replay && (error = prepare_steps(vm, diag)))
		goto detach;
	*out = vm;
	return 0;

detach:
	baton__bus_fini(&vm->ports);
	baton__bus_fini(&vm->mmio);
destroy_vcpu:
	baton__vcpu_destroy(&vm->vcpu.kvm);
destroy_machine:
	baton__machine_destroy(&vm->machine);
destroy_memory:
	baton__memory_destroy(&vm->memory);
free_vm:
	free(vm);
	return error;
}

void baton__vm_destroy(struct baton_vm *vm, struct baton__unmap *unmap)
{
	baton__machine_destroy(&vm->machine);
	baton__vcpu_release(&vm->vcpu.kvm, unmap);
	baton__memory_release(&vm->memory, unmap);
	baton__vm_free(vm);
}

void baton__vm_free(struct baton_vm *vm)
{
	free(vm->death);
	free(vm->steps);
	baton__photo_destroy(vm->photo);
	baton__bus_fini(&vm->ports);
	baton__bus_fini(&vm->mmio);
	free(vm);
}

/* ----------------------------------------------------------------- notes */

void baton__vm_note_kick(struct baton_vcpu *vcpu)
{
	struct baton__looks *l = &vcpu->looks;
	uint64_t rip = vcpu->kvm.run->s.regs.regs.rip;

	if (!l->count++) {
		l->low = l->high = rip;
		l->moved = false;
	} else {
		if (memcmp(&vcpu->regs, &vcpu->kvm.run->s.regs.regs, sizeof(vcpu->regs)))
			l->moved = true;
		l->low = baton__min(l->low, rip);
		l->high = rip > l->high ? rip : l->high;
	}
	baton__vm_note_regs(vcpu);
}

uint64_t baton__vm_next_look(const struct baton_vcpu *vcpu)
{
	uint64_t end = vcpu->vm->watchdog_ns, quiet = vcpu->quiet_ns;
	uint64_t step = end / LOOKS > LOOK_MIN_NS ? end / LOOKS : LOOK_MIN_NS;

	if (quiet >= end)
		return 0;
	return baton__min(step - quiet % step, end - quiet);
}

void baton__vm_note_other(struct baton_vcpu *vcpu, uint64_t now)
{
	/* After SHUTDOWN some KVMs show a vCPU that they reset: the registers before are worth more. */
	if (vcpu->kvm.run->exit_reason != KVM_EXIT_SHUTDOWN)
		baton__vm_note_regs(vcpu);
	baton__exit_decode(vcpu->kvm.run, now, vcpu->exit);
}

bool baton__vm_take_standing(struct baton_vcpu *vcpu)
{
	struct baton__standing *s = &vcpu->standing;
	struct kvm_run *run = vcpu->kvm.run;

	if (!s->count) {
		bool last = s->last;

		s->last = false;
		return last;
	}
	run->exit_reason = s->exits[0].reason;
	memcpy(&run->io, s->exits[0].detail, sizeof(s->exits[0].detail));
	if (run->exit_reason == KVM_EXIT_IO)
		memcpy(baton__exit_port_data(run), &s->exits[0].data, sizeof(s->exits[0].data));
	memmove(&s->exits[0], &s->exits[1], (BATON__STANDING - 1) * sizeof(s->exits[0]));
	s->count--;
	return true;
}
