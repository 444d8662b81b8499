/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vcpu.h - one KVM vCPU: entering it, and its state.
 *
 * Registers ride on kvm_run (KVM_CAP_SYNC_REGS): after each return from
 * baton__vcpu_run() they stand in run->s.regs.regs at no further ioctl.
 * A port or MMIO access that KVM reported is *pending* until the next entry
 * completes it; setting registers meanwhile corrupts the vCPU, so
 * baton__vcpu_complete() comes first (KVM API, section 5, note on KVM_EXIT_IO).
 *
 * Registers that state.c has put there for the next entry to take count already: the
 * functions below say so.
 */
#ifndef BATON_KVM_VCPU_H
#define BATON_KVM_VCPU_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

struct baton_diag;
struct baton__machine;
struct baton__msrs;
struct baton__system;
struct baton__unmap;
struct kvm_regs;
struct kvm_run;
struct kvm_sregs;

struct baton__vcpu {
	int fd;
	uint32_t sync;	     /* what may ride on kvm_run: KVM_SYNC_X86_… */
	struct kvm_run *run; /* shared with the kernel */
	size_t run_size;
	struct baton__msrs *msrs; /* the system's */
};

/* Creates vCPU `id` with the CPUID that this KVM supports. */
int baton__vcpu_create(const struct baton__system *system, const struct baton__machine *machine,
		       uint32_t id, struct baton_diag *diag, struct baton__vcpu *vcpu);

void baton__vcpu_destroy(struct baton__vcpu *vcpu);

/* The same, once the run area is unmapped: until then it, and its machine, stand. */
void baton__vcpu_release(struct baton__vcpu *vcpu, struct baton__unmap *unmap);

/*
 * KVM_RUN (4.10): enters the guest until an exit. Blocks. 0: run->exit_reason
 * holds. -EINTR: a signal came, run->exit_reason is stale. Anything else is this
 * host's trouble: -EAGAIN, on the first entry, is a limit on tasks.
 */
int baton__vcpu_run(struct baton__vcpu *vcpu);

/*
 * Completes a pending access by an entry that executes nothing. 0 or -errno. -EPROTO:
 * the instruction has not ended, run->exit_reason holds its next exit.
 */
int baton__vcpu_complete(struct baton__vcpu *vcpu);

/* While inside KVM_RUN the thread's signal mask is `blocked` (KVM_SET_SIGNAL_MASK, 4.21). */
int baton__vcpu_signal_mask(struct baton__vcpu *vcpu, const sigset_t *blocked);

/*
 * Queues an external interrupt: the next entry delivers it. Only when the last exit
 * said ready_for_interrupt_injection. (KVM API, KVM_INTERRUPT.) 0 or -errno.
 */
int baton__vcpu_interrupt(struct baton__vcpu *vcpu, uint32_t vector);

int baton__vcpu_get_regs(const struct baton__vcpu *vcpu, struct kvm_regs *regs);
int baton__vcpu_set_regs(struct baton__vcpu *vcpu, const struct kvm_regs *regs);
int baton__vcpu_get_sregs(const struct baton__vcpu *vcpu, struct kvm_sregs *sregs);
int baton__vcpu_set_sregs(struct baton__vcpu *vcpu, const struct kvm_sregs *sregs);

#endif
