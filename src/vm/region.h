/* SPDX-License-Identifier: Apache-2.0 */
/*
 * region.h - memory that several VMs share: one memfd, mapped over a part of the
 * memory of each. KVM's slots stay as they are, since host addresses do; so do
 * all copies through memory.c.
 */
#ifndef BATON_VM_REGION_H
#define BATON_VM_REGION_H

#include <stdint.h>

#include "baton/baton.h"

struct baton__memory;

struct baton__region {
	uint64_t size;
	int fd;
};

/* `size` bytes of zeroes, a multiple of the page size. -EINVAL, -ENOMEM, -EMFILE. */
int baton__region_create(struct baton__region *region, uint64_t size, struct baton_diag *diag);
void baton__region_destroy(struct baton__region *region);

/*
 * Puts it into a memory at GPA `at`, whose range has been checked; there is a hole already if
 * it is to be trapped. What was there is gone. -ENOSPC, -ENOMEM.
 */
int baton__region_map(const struct baton__region *region, struct baton__memory *memory,
		      baton_gpa_t at, bool trapped, struct baton_diag *diag);

#endif
