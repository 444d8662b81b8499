/* SPDX-License-Identifier: Apache-2.0 */
/*
 * system.h - the KVM device node: what this kernel's KVM offers, and its VMs' factory.
 * (KVM API, sections 4.1 to 4.4: system ioctls.)
 */
#ifndef BATON_KVM_SYSTEM_H
#define BATON_KVM_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct baton_diag;
struct kvm_cpuid2;

/* Model-specific registers that belong to a vCPU's state: see state.h. */
#define BATON__MSRS 640

struct baton__msrs {
	uint32_t count;
	uint32_t index[BATON__MSRS];
};

struct baton__system {
	int fd;
	size_t run_size;	  /* bytes to map per vCPU (KVM_GET_VCPU_MMAP_SIZE) */
	uint32_t sync;		  /* KVM_SYNC_X86_… */
	struct kvm_cpuid2 *cpuid; /* what a guest's CPUID may say; owned here */
	struct baton__msrs *msrs; /* likewise */
};

/*
 * Opens the node, checks the API version and every capability that Baton needs.
 * -ENOENT, -EACCES, -ENODEV (node without a driver), -ENOSYS (named in the
 * diagnostic), -ENOMEM. On failure `system` is untouched.
 */
int baton__system_open(const char *path, struct baton_diag *diag, struct baton__system *system);

/* The same without the checks, for those who want to report what is missing. */
int baton__system_open_unchecked(const char *path, struct baton_diag *diag,
				 struct baton__system *system);

void baton__system_close(struct baton__system *system);

/* KVM_CHECK_EXTENSION: 0 if absent, else the capability's value. */
int baton__system_capability(const struct baton__system *system, unsigned long capability);

/* KVM_GET_API_VERSION. */
int baton__system_api(const struct baton__system *system);

#endif
