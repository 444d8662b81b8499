/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irq.c - hands raised lines to KVM, one per entry. (KVM API, section 5: fields
 * request_interrupt_window and ready_for_interrupt_injection of struct kvm_run.)
 */
#include "vm/irq.h"

#include <linux/kvm.h>

#include "baton/abi.h"
#include "vm/vm.h"

int baton__irq_offer(struct baton_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->kvm.run;
	int error;

	if (run->ready_for_interrupt_injection) {
		unsigned line = (unsigned)__builtin_ctz(vcpu->irq_lines);

		error = baton__vcpu_interrupt(&vcpu->kvm, BATON_IRQ_VECTOR + line);
		if (error)
			return error;
		vcpu->irq_lines &= vcpu->irq_lines - 1;
		vcpu->inputs++;
	}
	run->request_interrupt_window = vcpu->irq_lines != 0;
	return 0;
}
