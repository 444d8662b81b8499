/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver.h - an interrupt, taken between two instructions, and the way back, without KVM's help.
 */
#ifndef BATON_VM_DELIVER_H
#define BATON_VM_DELIVER_H

#include "vm/vm.h"

/* As baton_vcpu_deliver() has it. */
int baton__deliver(struct baton_vcpu *vcpu, unsigned vector);

/* As baton_vcpu_return(). */
int baton__return(struct baton_vcpu *vcpu, unsigned size);

#endif
