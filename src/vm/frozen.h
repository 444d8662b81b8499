/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frozen.h - memory as it was: bytes that nobody can change any more, however many VMs
 * go on from them.
 *
 * They lie in sealed memfds: mostly in one; in several pieces where a fork was frozen
 * anew, since then only what the fork has changed is copied. Who goes on from them has
 * them mapped privately, so that the kernel copies a page when it is written to, and
 * going back is to drop those copies.
 *
 * References are counted, by any thread. Nothing here depends on a VM or a host.
 */
#ifndef BATON_VM_FROZEN_H
#define BATON_VM_FROZEN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct baton_diag;

/* What is in more pieces than this is copied in larger ones: each is a mapping in each fork. */
#define BATON__PIECES 16

struct baton__sealed;

struct baton__frozen {
	atomic_uint references;
	uint64_t size;
	uint32_t count;
	struct baton__piece {
		uint64_t at, size;
		struct baton__sealed *in; /* where all of it has its offset */
	} pieces[BATON__PIECES];	  /* in order, without gaps */
};

/*
 * Freezes `size` bytes of a memfd from offset `shift` on, at no copy; the memfd is sealed as a
 * whole, and must not be mapped shared any more. On success the descriptor is taken over; on
 * failure all is as it was. -ENOMEM, -EBUSY (it is mapped shared, or somebody holds its pages).
 */
int baton__frozen_seal(int fd, uint64_t shift, uint64_t size, struct baton__frozen **frozen);

/* A memfd of zeroes that can be frozen. The descriptor, or -errno. */
int baton__frozen_memfd(uint64_t size);

/* Freezes a copy of a memfd that is mapped shared at `base`, and goes on being written to. */
int baton__frozen_copy(int fd, const uint8_t *base, uint64_t size, struct baton_diag *diag,
		       struct baton__frozen **frozen);

/*
 * Freezes what is at `base` now, where `old` is mapped privately: copies the pages that
 * have been written to since. What is mapped stays so. Which pages those are,
 * /proc/self/pagemap tells: nothing else does without touching them all.
 */
int baton__frozen_renew(const struct baton__frozen *old, const uint8_t *base,
			struct baton_diag *diag, struct baton__frozen **frozen);

/* Maps it privately over the addresses from `base` on, for PROT_READ or more. 0 or -errno. */
int baton__frozen_map(const struct baton__frozen *frozen, uint8_t *base, int protection);

struct baton__frozen *baton__frozen_get(struct baton__frozen *frozen);
void baton__frozen_put(struct baton__frozen *frozen); /* NULL is allowed */

/* ---------------------------------------------------------- which pages there are */

/* A bit per page; to be freed. NULL: no memory. */
uint64_t *baton__pages_create(uint64_t size);

static inline void baton__pages_mark(uint64_t *pages, uint64_t page)
{
	pages[page / 64] |= UINT64_C(1) << page % 64;
}

static inline bool baton__pages_have(const uint64_t *pages, uint64_t page)
{
	return pages[page / 64] >> page % 64 & 1;
}

/*
 * Marks what may hold anything but zeroes in [at, at + size) of what begins at `shift` of a
 * memfd. 0 or -errno.
 */
int baton__pages_of_fd(uint64_t *pages, int fd, uint64_t shift, uint64_t at, uint64_t size);
int baton__pages_of_frozen(uint64_t *pages, const struct baton__frozen *frozen);

/* Marks what has been written to where a file is mapped privately. 0 or -errno. */
int baton__pages_written(uint64_t *pages, const uint8_t *base, uint64_t size);

#endif
