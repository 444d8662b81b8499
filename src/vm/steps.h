/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps.h - what a dead VM did last, instruction by instruction, as a clone of it showed.
 */
#ifndef BATON_VM_STEPS_H
#define BATON_VM_STEPS_H

#include <linux/kvm.h>

#include "baton/baton.h"

struct baton__steps {
	uint64_t as_of;			/* exits and other inputs before the photo, plus 1 */
	enum baton_steps_end end;
	uint64_t count;			/* instructions; [count % BATON_STEPS] is the next */
	struct baton_step last[BATON_STEPS];
	struct kvm_regs regs;		/* before the last one */
	struct kvm_sregs sregs;
};

#endif
