/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypercall.h - Baton's own calls: the functions behind hypercalls.def.
 */
#ifndef BATON_VM_HYPERCALL_H
#define BATON_VM_HYPERCALL_H

struct baton_diag;
struct baton_vm;

/* Puts the calls on the VM's port bus. */
int baton__hypercall_attach(struct baton_vm *vm, struct baton_diag *diag);

#endif
