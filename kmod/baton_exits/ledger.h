/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ledger.h - how often each vCPU left its guest, why, and where the time went until it
 * was back in.
 *
 * A vCPU's record has one writer at a time: whoever has the vCPU loaded. So its counters
 * are plain, no lock is taken and nothing shared is written per exit. Readers add the
 * records up. What a vCPU that is no more has counted stays with its VM, and what a VM
 * has counted, with the host.
 */
#ifndef BATON_LEDGER_H
#define BATON_LEDGER_H

#include <linux/types.h>

#include "reasons.h"

struct kvm;
struct kvm_vcpu;

/* Exits of a reason, and the cycles from each of them to the next entry. */
struct baton_row {
	u64 exits;
	u64 kvm;       /* in the kernel, on a CPU */
	u64 user;      /* outside of KVM_RUN */
	u64 asleep;    /* in KVM_RUN, waiting */
	u64 preempted; /* in KVM_RUN, able to run, and another task did */
};

struct baton_sums {
	u64 fast; /* exits that were over before KVM's tracepoint; in the rows too */
	u64 guest;
	struct baton_row rows[BATON_ROWS];
};

struct baton_vm_info {
	u64 id;
	pid_t pid;
	unsigned int vcpus;
};

/* What happens to a vCPU, in the context in which it happens; it cannot be preempted. */
void baton_ledger_entry(struct kvm_vcpu *vcpu);
bool baton_ledger_exit(struct kvm_vcpu *vcpu); /* is its VM due for the log now? */
void baton_ledger_load(struct kvm_vcpu *vcpu);
void baton_ledger_put(struct kvm_vcpu *vcpu);
void baton_ledger_destroy(struct kvm_vcpu *vcpu);

/*
 * How reasons are read; NULL: they cannot be, as no vendor's module is there, or not with
 * that function; exits are missed then. KVM must have no VM meanwhile.
 */
typedef void baton_exit_info_t(struct kvm_vcpu *vcpu, u32 *reason, u64 *info1, u64 *info2,
			       u32 *intr_info, u32 *error_code);
void baton_ledger_set_isa(enum baton_isa isa, baton_exit_info_t *info);
enum baton_isa baton_ledger_isa(void);

/* From now on: all of the above is told of. */
void baton_ledger_begin(void);

/*
 * Sums, since the last reset. For a guest: one row, or all reasons together, of its VM or
 * the host. What was before a vCPU's first exit is no reason's.
 */
void baton_ledger_guest(struct kvm_vcpu *vcpu, bool host, unsigned int row, struct baton_row *sum);
void baton_ledger_guest_all(struct kvm_vcpu *vcpu, bool host, struct baton_row *sum);

/* The living VM with the lowest ID from `id` on; false: there is none. May sleep. */
bool baton_ledger_vm(u64 id, struct baton_vm_info *info, struct baton_sums *sums);

/* A VM is due for the log when one of its vCPUs had so many exits since it last was; 0: never. */
void baton_ledger_log_every(u64 exits);

/* Has this VM become due since the last question? */
bool baton_ledger_log_due(u64 id);

/* VMs that are no more; returns their number. */
u64 baton_ledger_gone(struct baton_sums *sums);

/* Exits in no record: there was no memory for one, or no way to the reason. */
u64 baton_ledger_missed(void);

/* Counts begin at 0 again: of a VM, or, with 0, of all and those that are no more. -ENOENT. */
int baton_ledger_reset(u64 id);

/* Forgets everything. Nothing above may be called any more. */
void baton_ledger_free(void);

#endif
