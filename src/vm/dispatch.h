/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatch.h - who serves an exit, and what follows from it.
 */
#ifndef BATON_VM_DISPATCH_H
#define BATON_VM_DISPATCH_H

#include "vm/vm.h"

/* What becomes of the vCPU: a handler's verdict, or what Baton itself decided. */
enum baton__next {
	BATON__NEXT_RESUME = BATON_RESUME,
	BATON__NEXT_YIELD = BATON_YIELD,
	BATON__NEXT_BLOCK = BATON_BLOCK,
	BATON__NEXT_HALT = BATON_HALT,	 /* vm->status is set */
	BATON__NEXT_FAULT = BATON_FAULT, /* vcpu->fault is set */
	BATON__NEXT_IDLE,		 /* HLT with interrupts on */
};

/*
 * Serves the exit that vcpu->exit shows, or goes on with one that blocked. Never
 * blocks; calls device handlers.
 */
enum baton__next baton__dispatch(struct baton_vcpu *vcpu, uint64_t now);

/* The exception whose tripwire stub the vCPU halted in, or -1. After a HLT exit. */
int baton__dispatch_tripped(const struct baton_vcpu *vcpu);

#endif
