/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.h - a VM's memory: one memfd, mapped between guard pages.
 *
 * The only place where a GPA meets a host pointer. Every function checks its
 * range; a copy happens as a whole or not at all.
 */
#ifndef BATON_VM_MEMORY_H
#define BATON_VM_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "baton/baton.h"

#define BATON__PAGE UINT64_C(4096)

struct baton__machine;

#define BATON__HOLES 8

struct baton__memory {
	uint8_t *base; /* host address of GPA 0 */
	uint64_t size;
	int fd;

	/* What the machine is not given: there every access is an exit. In order. */
	struct baton__hole {
		baton_gpa_t at;
		uint64_t size;
	} holes[BATON__HOLES];
	uint32_t hole_count;
};

/* `size` bytes of zeroes; a multiple of the page size. -ENOMEM, -EMFILE. */
int baton__memory_create(struct baton__memory *memory, uint64_t size, struct baton_diag *diag);

void baton__memory_destroy(struct baton__memory *memory);

/* Gives it to the machine from GPA 0, but for its holes: as many slots as pieces. */
int baton__memory_attach(const struct baton__memory *memory, const struct baton__machine *machine,
			 struct baton_diag *diag);

/*
 * Makes a hole of whole pages, which lies inside and meets no other. -ENOSPC: there are
 * BATON__HOLES already. On failure all is as it was, if KVM lets it be.
 */
int baton__memory_make_hole(struct baton__memory *memory, const struct baton__machine *machine,
			    baton_gpa_t at, uint64_t size, struct baton_diag *diag);

/*
 * Makes `to`, of the same size, the same as `from`, and its holes likewise: what was never
 * touched stays so. Memory that is a shared region's is not copied. -EIO, -ENOMEM.
 */
int baton__memory_copy(struct baton__memory *to, const struct baton__memory *from);

/* 0, or -EFAULT when a byte lies outside. */
int baton__memory_read(const struct baton__memory *memory, baton_gpa_t from, void *to, size_t size);
int baton__memory_write(struct baton__memory *memory, baton_gpa_t to, const void *from,
			size_t size);

/* The host address of a byte, as a number; 0 if there is none. */
uint64_t baton__memory_host_address(const struct baton__memory *memory, baton_gpa_t gpa);

#endif
