/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypercall.h - Baton's own calls: who serves which row of hypercalls.def.
 */
#ifndef BATON_VM_HYPERCALL_H
#define BATON_VM_HYPERCALL_H

#include "baton/device.h"

enum {
#define BATON_CALL(id, number, name, direction, fields, summary) BATON__CALL_##id,
#include "baton/hypercalls.def"
#undef BATON_CALL
	BATON__CALLS
};

/* Who serves a call of one VM. */
struct baton__call {
	baton_access_fn serve; /* NULL: nobody */
	void *state;
	const void *owner; /* a key for baton__hypercall_drop(); never followed */
};

/* Puts the calls on the VM's port bus, and serves those that need no device. */
int baton__hypercall_attach(struct baton_vm *vm, struct baton_diag *diag);

/* Gives a call (BATON_CALL_…) to a device called `name`. -EEXIST, -EINVAL. */
int baton__hypercall_claim(struct baton_vm *vm, uint32_t call, const struct baton__call *claim,
			   const char *name, struct baton_diag *diag);

/* Takes back all calls of that owner. */
void baton__hypercall_drop(struct baton_vm *vm, const void *owner);

#endif
