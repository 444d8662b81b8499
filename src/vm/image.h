/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.h - guest programs: flat binaries and static ELF executables.
 *
 * An image is read whole and checked whole before a byte of it reaches guest
 * memory. (ELF: System V gABI, chapters 4 and 5.)
 */
#ifndef BATON_VM_IMAGE_H
#define BATON_VM_IMAGE_H

#include "vm/memory.h"

enum baton__image_kind { BATON__IMAGE_FLAT, BATON__IMAGE_ELF32, BATON__IMAGE_ELF64 };

struct baton__image {
	const char *name; /* for diagnostics: the path, or the VM's name */
	uint8_t *bytes;	  /* owned */
	uint64_t size;
	enum baton__image_kind kind;
};

/* Where an image came to lie. */
struct baton__placement {
	uint64_t entry;	       /* linear */
	baton_gpa_t first, end; /* all of it lies in [first, end) */
};

/* Reads the image a configuration names, by path or by bytes. -errno of reading it. */
int baton__image_open(const struct baton_vm_config *config, struct baton_diag *diag,
		      struct baton__image *image);

void baton__image_close(struct baton__image *image);

/*
 * Checks the image against mode and memory, then copies it below `limit`, the
 * first GPA that is not the image's to use. -EINVAL with the reason.
 */
int baton__image_load(const struct baton__image *image, const struct baton_vm_config *config,
		      uint64_t limit, struct baton__memory *memory, struct baton_diag *diag,
		      struct baton__placement *placement);

#endif
