/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - all that a vCPU is, to be put into another one; and single steps.
 *
 * The general and system registers, x87 to AVX, debug registers, what is on its way to
 * be delivered, and the model-specific registers that a guest's instructions use.
 * (KVM API: KVM_GET_REGS, _SREGS, _XSAVE, _XCRS, _DEBUGREGS, _VCPU_EVENTS, _MSRS, and
 * KVM_SET_GUEST_DEBUG.)
 */
#ifndef BATON_KVM_STATE_H
#define BATON_KVM_STATE_H

#include <linux/kvm.h>
#include <stdbool.h>

struct baton__vcpu;

#define BATON__MSRS 12

struct baton__vcpu_state {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_xsave xsave;
	struct kvm_xcrs xcrs;
	struct kvm_debugregs debug;
	struct kvm_vcpu_events events;
	struct kvm_msr_entry msrs[BATON__MSRS]; /* those that this KVM has */
	unsigned msr_count;
};

/* No access may be pending: see baton__vcpu_complete(). 0 or -errno. */
int baton__state_save(const struct baton__vcpu *vcpu, struct baton__vcpu_state *state);

/* Into a vCPU of the same KVM, of which nothing is pending either. 0 or -errno. */
int baton__state_load(const struct baton__vcpu *vcpu, const struct baton__vcpu_state *state);

/*
 * The next entry executes one instruction (exit reason KVM_EXIT_DEBUG). Before each: the
 * trap flag that KVM steps by is lost where an instruction loads flags. Entering a handler
 * clears it, too: that goes on to an exit. 0 or -errno.
 */
int baton__state_step(const struct baton__vcpu *vcpu);

#endif
