/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatch.c - from an exit to its handler, and back with the verdict.
 *
 * Every port exit comes through here: bench/run counts its instructions.
 */
#include "vm/dispatch.h"

#include <linux/kvm.h>

#include "base/arith.h"
#include "kvm/exit.h"

#define RFLAGS_IF (UINT64_C(1) << 9)

static enum baton__next fault(struct baton_vcpu *vcpu, enum baton_death_kind kind, const char *why)
{
	vcpu->fault = (struct baton__fault){ .kind = kind, .why = why };
	return BATON__NEXT_FAULT;
}

/* ---------------------------------------------------------------- accesses */

static enum baton__next conclude(struct baton_vcpu *vcpu, const struct baton_access *a,
				 enum baton_verdict verdict)
{
	switch (verdict) {
	case BATON_RESUME:
		break;
	case BATON_YIELD:
		/* The rest of a string follows in the next turn. */
		vcpu->blocked_in_access = vcpu->cursor < vcpu->exit->count;
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

/* Serves the elements of an access from the cursor on; they lie one after another at `data`. */
static enum baton__next serve_elements(struct baton_vcpu *vcpu, const struct baton__claim *claim,
				       bool write, char *data, uint64_t now)
{
	struct baton_exit *e = vcpu->exit;
	struct baton_access a = {
		.vm = vcpu->vm, .vcpu = vcpu, .addr = e->addr, .now_ns = now,
		.size = e->size, .write = write, .resumed = vcpu->blocked_in_element,
	};
	enum baton_verdict verdict = BATON_RESUME;

	vcpu->blocked_in_access = vcpu->blocked_in_element = false;
	while (vcpu->cursor < e->count && verdict == BATON_RESUME) {
		char *at = data + (size_t)vcpu->cursor * e->size;

		if (write)
			a.data = vcpu->cursor ? baton__load(at, e->size) : e->data;
		verdict = claim->serve(claim->state, &a);
		if (verdict == BATON_BLOCK) {
			vcpu->blocked_in_access = vcpu->blocked_in_element = true;
			return BATON__NEXT_BLOCK;
		}
		if (!write) {
			baton__store(at, a.data, e->size);
			if (!vcpu->cursor)
				e->data = baton__load(at, e->size);
			a.data = 0;
		}
		vcpu->cursor++;
		a.resumed = false;
	}
	return verdict == BATON_RESUME ? BATON__NEXT_RESUME : conclude(vcpu, &a, verdict);
}

static enum baton__next serve_port(struct baton_vcpu *vcpu, bool write, uint64_t now)
{
	const struct baton__claim *claim = baton__bus_find(&vcpu->vm->ports, vcpu->exit->addr);

	if (!claim)
		return fault(vcpu, BATON_DEATH_PORT, NULL);
	return serve_elements(vcpu, claim, write, baton__exit_port_data(vcpu->kvm.run), now);
}

static enum baton__next serve_mmio(struct baton_vcpu *vcpu, bool write, uint64_t now)
{
	const struct baton__claim *claim = baton__bus_find(&vcpu->vm->mmio, vcpu->exit->addr);

	if (!claim)
		return fault(vcpu, BATON_DEATH_MMIO, NULL);
	return serve_elements(vcpu, claim, write, (char *)vcpu->kvm.run->mmio.data, now);
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

enum baton__next baton__dispatch(struct baton_vcpu *vcpu, uint64_t now)
{
	switch (vcpu->exit->kind) {
	case BATON_EXIT_IO_IN:
		return serve_port(vcpu, false, now);
	case BATON_EXIT_IO_OUT:
		return serve_port(vcpu, true, now);
	case BATON_EXIT_MMIO_READ:
		return serve_mmio(vcpu, false, now);
	case BATON_EXIT_MMIO_WRITE:
		return serve_mmio(vcpu, true, now);
	case BATON_EXIT_HLT:
		return serve_hlt(vcpu);
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
