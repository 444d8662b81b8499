/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.h - somebody who is asked before a VM's accesses are served, and before its
 * instructions.
 */
#ifndef BATON_VM_GATE_H
#define BATON_VM_GATE_H

#include "baton/control.h"

struct baton__gate {
	const struct baton_gate *ops;
	void *context;
};

/* The instruction that is next. */
struct baton__code {
	bool known;
	int size; /* of the bytes that could be read; or -errno */
	unsigned bits; /* 16, 32 or 64: how it is read */
	uint8_t bytes[15];
};

/* Puts it before both buses. It outlives the VM. */
void baton__gate_attach(struct baton_vm *vm, const struct baton__gate *gate);

/* Is the VM to be single-stepped? */
bool baton__gate_steps(const struct baton_vm *vm);

/* From its next entry on it is, if the gate can; or it is not. Between runs. 0 or -errno. */
int baton__gate_set_steps(struct baton_vm *vm, bool on);

/* Looks at the instruction that is next. */
void baton__code_look(struct baton_vcpu *vcpu, struct baton__code *code);

/*
 * An instruction is over: what of the next one? RESUME or BLOCK. Those that single-stepping would
 * spoil are executed here, and the gate is asked on.
 */
enum baton_verdict baton__gate_step(struct baton_vm *vm);

#endif
