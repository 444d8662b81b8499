/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.c - stands in front of a VM's buses: there it is the one claim that is ever found.
 * So an access of a VM without a gate takes no instruction more.
 */
#include "vm/gate.h"

#include "kvm/state.h"
#include "vm/autopsy.h"
#include "vm/bus.h"
#include "vm/deliver.h"
#include "vm/vm.h"
#include "vm/walk.h"

#define EXECUTED_MAX 16 /* instructions in a row, here; then KVM has its turn, and time is looked at */

static enum baton_verdict serve(const struct baton__bus *bus, const struct baton__gate *gate,
				struct baton_access *a)
{
	const struct baton__claim *claim = baton__bus_owner(bus, a->addr);

	switch (gate->ops->access(gate->context, claim->name, a)) {
	case BATON_GATE_HOLD:
		return BATON_BLOCK;
	case BATON_GATE_DONE:
		return BATON_RESUME;
	default:
		return claim->serve(claim->state, a);
	}
}

static enum baton_verdict serve_port(void *state, struct baton_access *a)
{
	return serve(&a->vm->ports, state, a);
}

static enum baton_verdict serve_mmio(void *state, struct baton_access *a)
{
	return serve(&a->vm->mmio, state, a);
}

void baton__gate_attach(struct baton_vm *vm, const struct baton__gate *gate)
{
	vm->gate = gate;
	if (!gate->ops || !gate->ops->access)
		return;
	vm->ports.gate = (struct baton__claim){ .serve = serve_port, .state = (void *)gate };
	vm->mmio.gate = (struct baton__claim){ .serve = serve_mmio, .state = (void *)gate };
}

bool baton__gate_steps(const struct baton_vm *vm)
{
	return !vm->unstepped && vm->gate && vm->gate->ops && vm->gate->ops->step;
}

int baton__gate_set_steps(struct baton_vm *vm, bool on)
{
	int error = 0;

	if (!on && vm->stepped)
		error = baton__state_step(&vm->vcpu.kvm, false);
	if (error)
		return error;
	vm->stepped = vm->stepped && on;
	vm->unstepped = !on;
	return 0;
}

void baton__code_look(struct baton_vcpu *vcpu, struct baton__code *c)
{
	const struct baton__memory *memory = &vcpu->vm->memory;
	struct baton__tables tables;
	struct kvm_sregs sregs;

	c->known = true;
	c->size = baton__vcpu_get_sregs(&vcpu->kvm, &sregs);
	if (c->size)
		return;
	c->bits = baton__code_bits(&sregs);
	tables = baton__autopsy_tables(memory, &sregs);
	c->size = (int)baton__walk_read(memory, &tables.paging, sregs.cs.base + vcpu->regs.rip, c->bytes,
					sizeof(c->bytes));
}

enum baton_verdict baton__gate_step(struct baton_vm *vm)
{
	struct baton_vcpu *vcpu = &vm->vcpu;
	enum baton_gate_verdict verdict;
	unsigned left = EXECUTED_MAX;

	do {
		baton__code_look(vcpu, &vcpu->code);
		verdict = vm->gate->ops->step(vm->gate->context, vm);
	} while (verdict == BATON_GATE_PASS && left-- && baton__execute(vcpu, &vcpu->code));
	vcpu->code.known = false;
	vm->unwatched = verdict == BATON_GATE_DONE;
	return verdict == BATON_GATE_HOLD ? BATON_BLOCK : BATON_RESUME;
}
