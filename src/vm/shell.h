/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shell.h - a machine without a guest: KVM's VM with one vCPU, and a slot over addresses
 * where nothing is yet. What takes long about a fork is done here, and may be done ahead.
 */
#ifndef BATON_VM_SHELL_H
#define BATON_VM_SHELL_H

#include <signal.h>
#include <stdbool.h>

#include "kvm/machine.h"
#include "kvm/vcpu.h"
#include "vm/memory.h"

struct baton_diag;
struct baton_vm;
struct baton__system;
struct baton__unmap;

struct baton__shell {
	struct baton__machine machine;
	struct baton__memory memory;
	struct baton__vcpu vcpu;
	bool fresh;    /* no guest has run in it yet */
	sigset_t mask; /* while inside KVM_RUN; none unless `masked` */
	bool masked;
};

/* Nothing is left on failure. -ENOMEM, -EMFILE, -EAGAIN, or what KVM gave. */
int baton__shell_create(const struct baton__system *system, uint64_t memory,
			struct baton_diag *diag, struct baton__shell *shell);

/* The first entry of a vCPU takes several times as long as others: one that executes nothing. */
int baton__shell_warm(struct baton__shell *shell, struct baton_diag *diag);

void baton__shell_destroy(struct baton__shell *shell);

/* The same, save what baton__unmap_flush() takes away. */
void baton__shell_release(struct baton__shell *shell, struct baton__unmap *unmap);

/*
 * Takes the guest out of a VM, whose machine becomes the shell. On failure the VM
 * still has it, and may only be destroyed.
 */
int baton__shell_strip(struct baton_vm *vm, struct baton__shell *shell);

#endif
