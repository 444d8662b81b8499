/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.h - a VM's memory: one memfd, mapped between guard pages; or, of a fork, what was
 * frozen, mapped privately.
 *
 * The file's first page is never touched: the guard in front is a mapping of it, so that
 * all of it is one mmap(). A mapping put over another one would unmap that, which the
 * kernel tells every KVM VM of the process (kvm/unmap.h). Only what is frozen has guards of
 * its own: a mapping of the file would keep it from being sealed.
 *
 * The only place where a GPA meets a host pointer. Every function checks its
 * range; a copy happens as a whole or not at all.
 *
 * A shared region is a *window*: what lies there is not of this memory alone. An ordinary
 * VM has the region's memfd mapped in place. The VMs of a group of forks have their
 * region mapped privately, at one place in this process which is none of theirs: writes
 * to a private mapping are seen through that mapping only.
 */
#ifndef BATON_VM_MEMORY_H
#define BATON_VM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "baton/baton.h"

#define BATON__PAGE UINT64_C(4096)

struct baton__frozen;
struct baton__machine;
struct baton__unmap;

#define BATON__HOLES   8
#define BATON__WINDOWS 16

/* A region as one VM has it. */
struct baton__window {
	baton_gpa_t at;
	uint64_t size;
	uint8_t *host; /* where its bytes are in this process */
	int fd;	       /* of a memfd that is mapped there shared; or -1, and … */
	const struct baton__frozen *frozen; /* … what is mapped there privately */
	const void *region; /* whose it is: a key, never followed */
	bool trapped;	    /* in a hole */
};

struct baton__memory {
	uint8_t *base; /* host address of GPA 0 */
	uint64_t size;
	int fd;			      /* mapped shared, GPA 0 at BATON__PAGE; or -1, and … */
	struct baton__frozen *frozen; /* … this is mapped privately; or nothing is, for now */

	/* What the machine is not given: there every access is an exit. In order. */
	struct baton__hole {
		baton_gpa_t at;
		uint64_t size;
	} holes[BATON__HOLES];
	uint32_t hole_count;

	struct baton__window windows[BATON__WINDOWS]; /* none meets another */
	uint32_t window_count;
};

/* `size` bytes of zeroes; a multiple of the page size. -ENOMEM, -EMFILE. */
int baton__memory_create(struct baton__memory *memory, uint64_t size, struct baton_diag *diag);

/* Room for so many bytes, and nothing in it yet: see baton__memory_take_up(). */
int baton__memory_reserve(struct baton__memory *memory, uint64_t size, struct baton_diag *diag);

void baton__memory_destroy(struct baton__memory *memory);

/* The same, once it is unmapped. */
void baton__memory_release(struct baton__memory *memory, struct baton__unmap *unmap);

/*
 * Freezes what is there now, of this memory alone. It goes on, privately where it did not
 * already. The caller gets a reference.
 */
int baton__memory_freeze(struct baton__memory *memory, struct baton_diag *diag,
			 struct baton__frozen **frozen);

/* Makes a reserved one hold what is frozen, with a reference of its own. 0 or -errno. */
int baton__memory_take_up(struct baton__memory *memory, struct baton__frozen *frozen);

/* Drops what was written since, without windows: it is as it was frozen. 0 or -errno. */
int baton__memory_drop(struct baton__memory *memory);

/* Takes everything out: it is as baton__memory_reserve() left it. 0 or -errno. */
int baton__memory_clear(struct baton__memory *memory);

/* Does a region lie in the way? */
bool baton__memory_has_window(const struct baton__memory *memory, baton_gpa_t at, uint64_t size);

/* Notes a region, whose bytes are there already. -ENOSPC: there are BATON__WINDOWS. */
int baton__memory_add_window(struct baton__memory *memory, const struct baton__window *window,
			     struct baton_diag *diag);

/* Is it given to a machine as a whole, by one slot? */
bool baton__memory_is_plain(const struct baton__memory *memory);

/*
 * A number for what the guest finds in its memory, windows included. Pages of zeroes count
 * for nothing, whether or not they were ever touched. 0 or -errno.
 */
int baton__memory_hash(const struct baton__memory *memory, uint64_t *hash);

/* Gives it to the machine from GPA 0, but for its holes: as many slots as pieces. */
int baton__memory_attach(const struct baton__memory *memory, const struct baton__machine *machine,
			 struct baton_diag *diag);

/* Takes it from the machine again. */
void baton__memory_detach(const struct baton__memory *memory, const struct baton__machine *machine);

/*
 * Makes a hole of whole pages, which lies inside and meets no other. -ENOSPC: there are
 * BATON__HOLES already. On failure all is as it was, if KVM lets it be.
 */
int baton__memory_make_hole(struct baton__memory *memory, const struct baton__machine *machine,
			    baton_gpa_t at, uint64_t size, struct baton_diag *diag);

/*
 * Makes `to`, of the same size, the same as `from`, and its holes likewise: what was never
 * touched stays so. Memory that is a shared region's is not copied. Neither has ever been
 * frozen. -EIO, -ENOMEM.
 */
int baton__memory_copy(struct baton__memory *to, const struct baton__memory *from);

/*
 * The next pages at or after a GPA that were ever touched, regions left out: [begin, end).
 * 0, -ENOENT (there are no more), or -errno. Of what is mapped privately all counts as touched.
 */
int baton__memory_touched(const struct baton__memory *memory, baton_gpa_t from, baton_gpa_t *begin,
			  baton_gpa_t *end);

/* 0, or -EFAULT when a byte lies outside. */
int baton__memory_read(const struct baton__memory *memory, baton_gpa_t from, void *to, size_t size);
int baton__memory_write(struct baton__memory *memory, baton_gpa_t to, const void *from,
			size_t size);

/* The host address of a byte, as a number; 0 if there is none. */
uint64_t baton__memory_host_address(const struct baton__memory *memory, baton_gpa_t gpa);

#endif
