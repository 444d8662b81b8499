/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver.h - an interrupt, taken between two instructions, and the way back, without KVM's help.
 */
#ifndef BATON_VM_DELIVER_H
#define BATON_VM_DELIVER_H

#include "vm/vm.h"

/* As baton_vcpu_deliver() has it. */
int baton__deliver(struct baton_vcpu *vcpu, unsigned vector);

/*
 * Executes the instruction that is next, if single-stepping would spoil it: IRET and PUSHF. False:
 * it is another one, or leads to another ring, segment or task, or its stack is none, or no plain
 * memory; then KVM is to do it, and the guest is as it was.
 */
bool baton__execute(struct baton_vcpu *vcpu, const struct baton__code *code);

#endif
