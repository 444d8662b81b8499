/* SPDX-License-Identifier: Apache-2.0 */
/*
 * autopsy.h - collects what is known of a VM's death and has it judged.
 *
 * The vCPU is entered no more: the facts are its registers, guest memory, and
 * what was noted while it lived. (A pending OUT is completed, which executes
 * nothing.)
 */
#ifndef BATON_VM_AUTOPSY_H
#define BATON_VM_AUTOPSY_H

#include "vm/tables.h"

struct kvm_sregs;

/*
 * Fills vcpu->vm->death, which stays NULL if there is no memory for it. `why` is
 * a device's clause, or NULL; `at_ns` counts from the first run.
 */
void baton__autopsy(struct baton_vcpu *vcpu, enum baton_death_kind kind, const char *why,
		    uint64_t at_ns);

/*
 * Does the verdict hang on whether this KVM can run 32-bit paging (vm->paging32)?
 * To find that out costs milliseconds, so it is asked only then.
 */
bool baton__autopsy_asks_paging32(struct baton_vcpu *vcpu, enum baton_death_kind kind);

/* Where a vCPU in that state keeps its tables. */
struct baton__tables baton__autopsy_tables(const struct baton__memory *memory,
					   const struct kvm_sregs *sregs);

/* 16, 32 or 64: how a vCPU in that state reads its code. */
unsigned baton__code_bits(const struct kvm_sregs *sregs);

#endif
