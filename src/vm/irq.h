/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irq.h - the interrupt lines of a vCPU: raised by devices, taken by the guest.
 *
 * There is no interrupt controller, neither KVM's nor ours. A raised line is kept
 * here until KVM says that the guest can take an interrupt; until then each entry
 * asks KVM to come back as soon as it can.
 */
#ifndef BATON_VM_IRQ_H
#define BATON_VM_IRQ_H

struct baton_vcpu;

/* Before an entry, with a line raised: hands one to KVM, or asks for a window. 0 or -errno. */
int baton__irq_offer(struct baton_vcpu *vcpu);

#endif
