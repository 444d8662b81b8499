/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frozen.c - sealed memfds, in pieces.
 */
#include "vm/frozen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arith.h"
#include "base/diag.h"
#include "vm/memory.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* A sealed memfd, shared by all that have a piece of it. */
struct baton__sealed {
	atomic_uint references;
	int fd;
	uint64_t shift; /* where its first byte is in the memfd */
};

static int fail(struct baton_diag *diag, int error, const char *what)
{
	return baton__diag(diag, error, "frozen memory", "%s: %s", what, strerror(-error));
}

/* -------------------------------------------------------------- references */

static void put_sealed(struct baton__sealed *sealed)
{
	if (atomic_fetch_sub(&sealed->references, 1) > 1)
		return;
	close(sealed->fd);
	free(sealed);
}

struct baton__frozen *baton__frozen_get(struct baton__frozen *frozen)
{
	atomic_fetch_add(&frozen->references, 1);
	return frozen;
}

void baton__frozen_put(struct baton__frozen *frozen)
{
	if (!frozen || atomic_fetch_sub(&frozen->references, 1) > 1)
		return;
	for (uint32_t i = 0; i < frozen->count; i++)
		put_sealed(frozen->pieces[i].in);
	free(frozen);
}

/* Both with one reference; the memfd is there, and not sealed yet. */
static int create(int fd, uint64_t shift, uint64_t size, struct baton__frozen **out,
		  struct baton__sealed **sealed)
{
	struct baton__frozen *f = calloc(1, sizeof(*f));
	struct baton__sealed *s = f ? calloc(1, sizeof(*s)) : NULL;

	if (!s) {
		free(f);
		return -ENOMEM;
	}
	atomic_init(&f->references, 1);
	atomic_init(&s->references, 1);
	f->size = size;
	s->fd = fd;
	s->shift = shift;
	*out = f;
	*sealed = s;
	return 0;
}

/* ------------------------------------------------------------------- pages */

uint64_t *baton__pages_create(uint64_t size)
{
	return calloc(size / BATON__PAGE / 64 + 1, sizeof(uint64_t));
}

int baton__pages_of_fd(uint64_t *pages, int fd, uint64_t shift, uint64_t at, uint64_t size)
{
	off_t begin, end = (off_t)(shift + at), last = (off_t)(shift + at + size);

	while (end < last) {
		begin = lseek(fd, end, SEEK_DATA);
		if (begin < 0 && errno == ENXIO) /* nothing but holes from here on */
			break;
		if (begin < 0 || (end = lseek(fd, begin, SEEK_HOLE)) < 0)
			return -errno;
		for (off_t k = begin; k < end && k < last; k += (off_t)BATON__PAGE)
			baton__pages_mark(pages, ((uint64_t)k - shift) / BATON__PAGE);
	}
	return 0;
}

int baton__pages_of_frozen(uint64_t *pages, const struct baton__frozen *frozen)
{
	int error = 0;

	for (uint32_t i = 0; i < frozen->count && !error; i++) {
		const struct baton__piece *p = &frozen->pieces[i];

		error = baton__pages_of_fd(pages, p->in->fd, p->in->shift, p->at, p->size);
	}
	return error;
}

/* (Linux, Documentation/admin-guide/mm/pagemap.rst.) */
static bool is_private(uint64_t entry)
{
	return entry >> 62 && !(entry >> 61 & 1); /* present or swapped out, and not the file's */
}

int baton__pages_written(uint64_t *pages, const uint8_t *base, uint64_t size)
{
	uint64_t entries[512], first = (uintptr_t)base / BATON__PAGE, count = size / BATON__PAGE;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return -errno;
	for (uint64_t at = 0; at < count && !error;) {
		size_t bytes = baton__min(count - at, 512) * sizeof(entries[0]);
		ssize_t got = pread(fd, entries, bytes, (off_t)((first + at) * sizeof(entries[0])));

		if (got <= 0 || got % (ssize_t)sizeof(entries[0])) {
			error = got < 0 ? -errno : -EIO;
			break;
		}
		for (size_t i = 0; i < (size_t)got / sizeof(entries[0]); i++, at++)
			if (is_private(entries[i]))
				baton__pages_mark(pages, at);
	}
	close(fd);
	return error;
}

/* ------------------------------------------------------------------ copying */

int baton__frozen_memfd(uint64_t size)
{
	int fd = memfd_create("baton-frozen", MFD_CLOEXEC | MFD_ALLOW_SEALING), error;

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, (off_t)size))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

static int copy_range(int fd, const uint8_t *base, uint64_t at, uint64_t size)
{
	while (size) {
		ssize_t done = pwrite(fd, base + at, size, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -EIO;
		at += (uint64_t)done;
		size -= (uint64_t)done;
	}
	return 0;
}

/* The next run of marked pages from `*end` on; gaps up to so many pages belong to it. */
static bool next_run(const uint64_t *pages, uint64_t count, uint64_t gap, uint64_t *begin,
		     uint64_t *end)
{
	uint64_t at = *end;

	while (at < count && !baton__pages_have(pages, at))
		at += pages[at / 64] >> at % 64 ? 1 : 64 - at % 64;
	if (at >= count)
		return false;
	*begin = at;
	*end = ++at;
	for (; at < count && at - *end <= gap; at++)
		if (baton__pages_have(pages, at))
			*end = at + 1;
	return true;
}

static bool add_piece(struct baton__frozen *f, uint64_t begin, uint64_t end,
		      struct baton__sealed *in)
{
	if (begin == end)
		return true;
	if (f->count == BATON__PIECES)
		return false;
	f->pieces[f->count++] = (struct baton__piece){ begin, end - begin, in };
	return true;
}

/* What `old` has between two offsets. */
static bool add_old(struct baton__frozen *f, const struct baton__frozen *old, uint64_t begin,
		    uint64_t end)
{
	bool fits = true;

	for (uint32_t i = 0; i < old->count && fits; i++) {
		const struct baton__piece *p = &old->pieces[i];
		uint64_t from = begin > p->at ? begin : p->at, to = baton__min(end, p->at + p->size);

		if (from < to)
			fits = add_piece(f, from, to, p->in);
	}
	return fits;
}

/* Marked pages from `in`, all others from where `old` has them. False: too many pieces. */
static bool compose(struct baton__frozen *f, const struct baton__frozen *old,
		    const uint64_t *pages, uint64_t gap, struct baton__sealed *in)
{
	uint64_t count = old->size / BATON__PAGE, begin = 0, end = 0, at = 0;
	bool fits = true;

	f->count = 0;
	while (fits && next_run(pages, count, gap, &begin, &end)) {
		fits = add_old(f, old, at, begin * BATON__PAGE) &&
		       add_piece(f, begin * BATON__PAGE, end * BATON__PAGE, in);
		at = end * BATON__PAGE;
	}
	return fits && add_old(f, old, at, old->size);
}

/* ------------------------------------------------------------------ freezing */

static int map_piece(const struct baton__piece *piece, uint8_t *base, int protection)
{
	return mmap(base + piece->at, piece->size, protection, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
		    piece->in->fd, (off_t)(piece->at + piece->in->shift)) == MAP_FAILED ? -errno : 0;
}

int baton__frozen_map(const struct baton__frozen *frozen, uint8_t *base, int protection)
{
	int error = 0;

	for (uint32_t i = 0; i < frozen->count && !error; i++)
		error = map_piece(&frozen->pieces[i], base, protection);
	return error;
}

int baton__frozen_seal(int fd, uint64_t shift, uint64_t size, struct baton__frozen **out)
{
	struct baton__sealed *sealed;
	struct baton__frozen *f;
	int error = create(fd, shift, size, &f, &sealed);

	if (!error && fcntl(fd, F_ADD_SEALS, SEALS)) {
		error = -errno;
		free(sealed);
		free(f);
	}
	if (error)
		return error;
	add_piece(f, 0, size, sealed);
	*out = f;
	return 0;
}

int baton__frozen_copy(int fd, const uint8_t *base, uint64_t size, struct baton_diag *diag,
		       struct baton__frozen **out)
{
	uint64_t begin = 0, end = 0, *pages = baton__pages_create(size);
	int copy, error = pages ? baton__pages_of_fd(pages, fd, 0, 0, size) : -ENOMEM;

	if (error)
		goto free_pages;
	copy = error = baton__frozen_memfd(size);
	if (copy < 0)
		goto free_pages;
	error = 0;
	while (!error && next_run(pages, size / BATON__PAGE, 0, &begin, &end))
		error = copy_range(copy, base, begin * BATON__PAGE, (end - begin) * BATON__PAGE);
	if (!error)
		error = baton__frozen_seal(copy, 0, size, out);
	if (error)
		close(copy);
free_pages:
	free(pages);
	return error ? fail(diag, error, "a copy cannot be made") : 0;
}

/* Fewer and larger pieces until there are not too many of them. */
static void compose_to_fit(struct baton__frozen *f, const struct baton__frozen *old,
			   uint64_t *pages, struct baton__sealed *in)
{
	uint64_t count = old->size / BATON__PAGE, gap = 0;

	while (!compose(f, old, pages, gap, in)) {
		if (gap >= count)
			memset(pages, 0xFF, (count / 64 + 1) * sizeof(*pages));
		gap = 2 * gap + 1;
	}
}

int baton__frozen_renew(const struct baton__frozen *old, const uint8_t *base,
			struct baton_diag *diag, struct baton__frozen **out)
{
	uint64_t *pages = baton__pages_create(old->size);
	struct baton__sealed *sealed = NULL;
	struct baton__frozen *f = NULL;
	int fd = -1, error = pages ? baton__pages_written(pages, base, old->size) : -ENOMEM;

	if (!error)
		error = fd = baton__frozen_memfd(old->size);
	if (fd >= 0)
		error = create(fd, 0, old->size, &f, &sealed);
	if (error)
		goto fail;
	compose_to_fit(f, old, pages, sealed);
	for (uint32_t i = 0; i < f->count && !error; i++)
		if (f->pieces[i].in == sealed)
			error = copy_range(fd, base, f->pieces[i].at, f->pieces[i].size);
	if (!error && fcntl(fd, F_ADD_SEALS, SEALS))
		error = -errno;
	if (error)
		goto fail;
	for (uint32_t i = 0; i < f->count; i++)
		atomic_fetch_add(&f->pieces[i].in->references, 1);
	put_sealed(sealed); /* gone at once, if nothing was written to */
	free(pages);
	*out = f;
	return 0;

fail:
	free(f);
	free(sealed);
	if (fd >= 0)
		close(fd);
	free(pages);
	return fail(diag, error, "what has changed cannot be copied");
}
