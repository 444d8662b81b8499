/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - one KVM virtual machine: its descriptor and its memory slots.
 * (KVM API: KVM_CREATE_VM 4.2, KVM_SET_USER_MEMORY_REGION 4.35, KVM_SET_TSS_ADDR 4.36.)
 */
#ifndef BATON_KVM_MACHINE_H
#define BATON_KVM_MACHINE_H

#include <stdint.h>

struct baton_diag;
struct baton__system;

struct baton__machine {
	int fd;
};

/*
 * Where KVM may put the three pages that Intel without unrestricted guest needs
 * for real mode: above all guest memory that Baton offers, below 4 GiB.
 */
#define BATON__TSS_GPA UINT64_C(0xFFFBD000)

/* Creates a VM without memory. -EMFILE, -ENFILE, -ENOMEM, -EAGAIN (limit on tasks). */
int baton__machine_create(const struct baton__system *system, struct baton_diag *diag,
			  struct baton__machine *machine);

void baton__machine_destroy(struct baton__machine *machine);

/*
 * Backs [gpa, gpa + size) by the host memory at `host`, which must outlive the
 * machine. A size of 0 takes the slot away.
 */
int baton__machine_map(const struct baton__machine *machine, uint32_t slot, uint64_t gpa,
		       uint64_t size, void *host, struct baton_diag *diag);

#endif
