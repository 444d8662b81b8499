/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatch.c - from an exit to its handler, and back with the verdict.
 *
 * Every port exit comes through here: bench/instructions.sh counts what it takes.
 */
#include "vm/dispatch.h"

#include <linux/kvm.h>

#include "base/arith.h"
#include "kvm/exit.h"
#include "vm/gate.h"

#define RFLAGS_IF (UINT64_C(1) << 9)

static enum baton__next fault(struct baton_vcpu *vcpu, enum baton_death_kind kind, const char *why)
{
	vcpu->fault = (struct baton__fault){ .kind = kind, .why = why };
	return BATON__NEXT_FAULT;
}

/* ---------------------------------------------------------------- accesses */

static bool is_port(enum baton_exit_kind kind)
{
	return kind == BATON_EXIT_IO_OUT || kind == BATON_EXIT_IO_IN;
}

static bool is_write(enum baton_exit_kind kind)
{
	return kind == BATON_EXIT_IO_OUT || kind == BATON_EXIT_MMIO_WRITE;
}

/* Where KVM has the elements of the access, one after another. */
static char *data_of(const struct baton_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->kvm.run;

	return is_port(vcpu->exit->kind) ? baton__exit_port_data(run) : (char *)run->mmio.data;
}

/* What the device gave for the element at the cursor goes to the guest. */
static void give(struct baton_vcpu *vcpu, uint64_t data)
{
	struct baton_exit *e = vcpu->exit;
	char *at = data_of(vcpu) + (size_t)vcpu->cursor * e->size;

	baton__store(at, data, e->size);
	if (!vcpu->cursor)
		e->data = baton__load(at, e->size);
}

/* What follows from a verdict. A read that is done gets its data. */
static enum baton__next conclude(struct baton_vcpu *vcpu, const struct baton_access *a,
				 enum baton_verdict verdict)
{
	if (!is_write(vcpu->exit->kind) && verdict != BATON_BLOCK)
		give(vcpu, a->data);
	switch (verdict) {
	case BATON_RESUME:
	case BATON_YIELD:
		break;
	case BATON_BLOCK:
		vcpu->blocked_in_access = vcpu->blocked_in_element = true;
		break;
	case BATON_HALT:
		vcpu->vm->status = a->status;
		break;
	case BATON_FAULT:
		return fault(vcpu, BATON_DEATH_FAULT, a->why);
	default:
		return fault(vcpu, BATON_DEATH_FAULT, "its device gave no verdict that there is");
	}
	return (enum baton__next)verdict;
}

/* The elements from the cursor on. A call of its own: for one element no registers are saved. */
static __attribute__((noinline)) enum baton__next
serve_string(struct baton_vcpu *vcpu, const struct baton__claim *claim, struct baton_access *a)
{
	const struct baton_exit *e = vcpu->exit;
	enum baton__next next = BATON__NEXT_RESUME;

	while (vcpu->cursor < e->count && next == BATON__NEXT_RESUME) {
		const char *at = data_of(vcpu) + (size_t)vcpu->cursor * e->size;

		a->data = is_write(e->kind) ? baton__load(at, e->size) : 0;
		next = conclude(vcpu, a, claim->serve(claim->state, a));
		if (next == BATON__NEXT_BLOCK)
			return next;
		vcpu->cursor++;
		a->resumed = false;
	}
	/* The rest follows in the next turn. */
	if (next == BATON__NEXT_YIELD)
		vcpu->blocked_in_access = vcpu->cursor < e->count;
	return next;
}

/* Mostly an access is one element, is written, and the guest goes on. */
static enum baton__next serve_access(struct baton_vcpu *vcpu, struct baton__bus *bus, uint64_t now)
{
	const struct baton_exit *e = vcpu->exit;
	struct baton_access a = {
		.vm = vcpu->vm, .vcpu = vcpu, .addr = e->addr, .now_ns = now,
		.data = e->data, .size = e->size, .write = is_write(e->kind),
		.resumed = vcpu->blocked_in_element,
	};
	const struct baton__claim *claim = baton__bus_find(bus, a.addr);
	enum baton_verdict verdict;

	if (!claim)
		return fault(vcpu, is_port(e->kind) ? BATON_DEATH_PORT : BATON_DEATH_MMIO, NULL);
	vcpu->blocked_in_access = vcpu->blocked_in_element = false;
	if (e->count != 1)
		return serve_string(vcpu, claim, &a);
	verdict = claim->serve(claim->state, &a);
	if (verdict == BATON_RESUME && a.write)
		return BATON__NEXT_RESUME;
	return conclude(vcpu, &a, verdict);
}

/* --------------------------------------------------------------------- HLT */

/* RIP stands behind the HLT on every KVM. */
int baton__dispatch_tripped(const struct baton_vcpu *vcpu)
{
	const struct baton_vm *vm = vcpu->vm;
	uint64_t rip = vcpu->regs.rip - 1;
	struct kvm_sregs sregs;

	/* The stubs' page offset is in RIP whatever CS is: mostly this is already the answer. */
	if (!vm->tripwire || baton__boot_tripwire(0, rip & (BATON__PAGE - 1)) < 0)
		return -1;
	if (baton__vcpu_get_sregs(&vcpu->kvm, &sregs))
		return -1;
	return baton__boot_tripwire(vm->layout.fixture, sregs.cs.base + rip);
}

/* A stub of the tripwire, idleness (interrupts on), or the end, with EAX as status. */
static enum baton__next serve_hlt(struct baton_vcpu *vcpu)
{
	if (baton__dispatch_tripped(vcpu) >= 0)
		return fault(vcpu, BATON_DEATH_TRIPWIRE, NULL);
	if (vcpu->regs.rflags & RFLAGS_IF) {
		vcpu->idle = !vcpu->irq_lines;
		return vcpu->idle ? BATON__NEXT_IDLE : BATON__NEXT_RESUME;
	}
	vcpu->vm->status = (uint32_t)vcpu->regs.rax;
	return BATON__NEXT_HALT;
}

/* Nobody but a gate has a VM stepped; who was held at a step may have been let off since. */
static enum baton__next serve_step(struct baton_vcpu *vcpu)
{
	bool held = vcpu->blocked_in_access;

	vcpu->blocked_in_access = false;
	if (!baton__gate_steps(vcpu->vm))
		return held ? BATON__NEXT_RESUME : fault(vcpu, BATON_DEATH_EXIT, NULL);
	vcpu->blocked_in_access = baton__gate_step(vcpu->vm) == BATON_BLOCK;
	return vcpu->blocked_in_access ? BATON__NEXT_BLOCK : BATON__NEXT_RESUME;
}

static enum baton__next serve_other(struct baton_vcpu *vcpu)
{
	switch (vcpu->exit->kind) {
	case BATON_EXIT_HLT:
		return serve_hlt(vcpu);
	case BATON_EXIT_DEBUG:
		return serve_step(vcpu);
	case BATON_EXIT_IRQ_WINDOW: /* the next entry uses it */
		return BATON__NEXT_RESUME;
	case BATON_EXIT_SHUTDOWN:
		return fault(vcpu, BATON_DEATH_SHUTDOWN, NULL);
	case BATON_EXIT_FAIL_ENTRY:
		return fault(vcpu, BATON_DEATH_FAIL_ENTRY, NULL);
	case BATON_EXIT_INTERNAL_ERROR:
		return fault(vcpu, BATON_DEATH_INTERNAL_ERROR, NULL);
	default:
		return fault(vcpu, BATON_DEATH_EXIT, NULL);
	}
}

enum baton__next baton__dispatch(struct baton_vcpu *vcpu, uint64_t now)
{
	enum baton_exit_kind kind = vcpu->exit->kind;
	struct baton__bus *bus;

	if (is_port(kind))
		bus = &vcpu->vm->ports;
	else if (kind == BATON_EXIT_MMIO_READ || kind == BATON_EXIT_MMIO_WRITE)
		bus = &vcpu->vm->mmio;
	else
		return serve_other(vcpu);
	return serve_access(vcpu, bus, now);
}
