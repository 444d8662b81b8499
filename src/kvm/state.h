/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - all that a vCPU is, to be put into another one, or back; and single steps.
 *
 * The general and system registers, x87 to AVX, debug registers, what is on its way to
 * be delivered, and every model-specific register that a guest may have written.
 * (KVM API: KVM_GET_REGS, _SREGS, _XSAVE, _XCRS, _DEBUGREGS, _VCPU_EVENTS, _MSRS,
 * KVM_CAP_SYNC_REGS, and KVM_SET_GUEST_DEBUG.)
 *
 * An ioctl is the price of a small guest's exit. So what can ride on kvm_run into the
 * next entry does, and what is known to be as it should be is not set.
 */
#ifndef BATON_KVM_STATE_H
#define BATON_KVM_STATE_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvm/system.h"

struct baton__vcpu;

/* Holds no pointers. What is not used of it is 0. */
struct baton__vcpu_state {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_xsave xsave;
	struct kvm_xcrs xcrs;
	struct kvm_debugregs debug;
	struct kvm_vcpu_events events;
	struct kvm_msr_entry msrs[BATON__MSRS]; /* those that this KVM has */
	uint32_t msr_count;
};

/* No access may be pending, save a read that is to be done again. 0 or -errno. */
int baton__state_save(const struct baton__vcpu *vcpu, struct baton__vcpu_state *state);

/*
 * Into a vCPU of the same KVM, of which nothing is pending either. `known` is what the vCPU
 * is now, as saved from one that was made likewise and has not been entered since; or NULL.
 * 0 or -errno; after an error nothing is known of the vCPU.
 */
int baton__state_load(struct baton__vcpu *vcpu, const struct baton__vcpu_state *state,
		      const struct baton__vcpu_state *known);

/*
 * The same for a vCPU that went on from this very state: its time-stamp counter goes on, as
 * a clock does, unless the guest has set it.
 */
int baton__state_reset(struct baton__vcpu *vcpu, const struct baton__vcpu_state *state);

/*
 * A number that is the same for states in which a guest would do the same. What time
 * changes is left out, and so is how the processor packs registers that are unused.
 */
uint64_t baton__state_hash(const struct baton__vcpu_state *state);

/*
 * The next entry executes one instruction (exit reason KVM_EXIT_DEBUG). Before each: the
 * trap flag that KVM steps by is lost where an instruction loads flags. Entering a handler
 * clears it, too: that goes on to an exit. Some KVMs report a step at a HLT in place of the
 * HLT, and pass it. 0 or -errno. Unless `on`, entries go on to an exit again.
 */
int baton__state_step(struct baton__vcpu *vcpu, bool on);

#endif
