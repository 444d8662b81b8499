/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit.c - from struct kvm_run to struct baton_exit (KVM API, section 5).
 */
#include "kvm/exit.h"

#include <linux/kvm.h>

#include "base/arith.h"

const char *baton_exit_name(enum baton_exit_kind kind)
{
	static const char *const names[] = {
#define BATON_EXIT(id, name, summary) [BATON_EXIT_##id] = name,
#include "baton/exits.def"
#undef BATON_EXIT
	};

	return (unsigned)kind < BATON_EXIT_KINDS ? names[kind] : "unknown";
}

static void decode_mmio(const struct kvm_run *run, struct baton_exit *e)
{
	e->kind = run->mmio.is_write ? BATON_EXIT_MMIO_WRITE : BATON_EXIT_MMIO_READ;
	e->addr = run->mmio.phys_addr;
	e->size = (uint8_t)run->mmio.len;
	e->count = 1;
	if (run->mmio.is_write)
		e->data = baton__load(run->mmio.data, (uint8_t)run->mmio.len);
}

static void decode_other(const struct kvm_run *run, struct baton_exit *e)
{
	switch (run->exit_reason) {
	case KVM_EXIT_HLT:
		e->kind = BATON_EXIT_HLT;
		break;
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		e->kind = BATON_EXIT_IRQ_WINDOW;
		break;
	case KVM_EXIT_SHUTDOWN:
		e->kind = BATON_EXIT_SHUTDOWN;
		break;
	case KVM_EXIT_FAIL_ENTRY:
		e->kind = BATON_EXIT_FAIL_ENTRY;
		e->data = run->fail_entry.hardware_entry_failure_reason;
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		e->kind = BATON_EXIT_INTERNAL_ERROR;
		e->data = run->internal.suberror;
		break;
	case KVM_EXIT_DEBUG:
		e->kind = BATON_EXIT_DEBUG;
		e->data = run->debug.arch.dr6;
		break;
	case KVM_EXIT_EXCEPTION:
		e->kind = BATON_EXIT_EXCEPTION;
		e->data = run->ex.exception;
		break;
	case KVM_EXIT_HYPERCALL:
		e->kind = BATON_EXIT_HYPERCALL;
		e->data = run->hypercall.nr;
		break;
	case KVM_EXIT_X86_RDMSR:
	case KVM_EXIT_X86_WRMSR:
		e->kind = run->exit_reason == KVM_EXIT_X86_RDMSR ? BATON_EXIT_RDMSR : BATON_EXIT_WRMSR;
		e->addr = run->msr.index;
		e->data = run->msr.data;
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		e->kind = BATON_EXIT_SYSTEM_EVENT;
		e->data = run->system_event.type;
		break;
	default:
		e->kind = BATON_EXIT_UNKNOWN;
		e->data = run->hw.hardware_exit_reason;
		break;
	}
}

void baton__exit_decode(const struct kvm_run *run, uint64_t now, struct baton_exit *exit)
{
	if (run->exit_reason == KVM_EXIT_IO) {
		baton__exit_decode_port(run, now, exit);
		return;
	}
	*exit = (struct baton_exit){
		.reason = run->exit_reason,
		.rip = run->s.regs.regs.rip,
		.at_ns = now,
	};
	if (run->exit_reason == KVM_EXIT_MMIO)
		decode_mmio(run, exit);
	else
		decode_other(run, exit);
}
