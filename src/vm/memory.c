/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c - guest memory.
 */
#include "vm/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arith.h"
#include "base/diag.h"
#include "base/hash.h"
#include "kvm/machine.h"
#include "kvm/unmap.h"
#include "vm/frozen.h"

int baton__memory_reserve(struct baton__memory *memory, uint64_t size, struct baton_diag *diag)
{
	size_t span = size + 2 * BATON__PAGE;
	uint8_t *area;

	area = mmap(NULL, span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		return baton__diag(diag, -errno, "guest memory", "no room for %zu bytes: %s%s", span,
				   strerror(errno), baton__mapping_hint(errno));
	*memory = (struct baton__memory){ .base = area + BATON__PAGE, .size = size, .fd = -1 };
	return 0;
}

int baton__memory_create(struct baton__memory *memory, uint64_t size, struct baton_diag *diag)
{
	size_t span = size + 2 * BATON__PAGE;
	uint8_t *area;
	int fd, error;

	fd = memfd_create("baton-guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return baton__diag(diag, -errno, "guest memory", "memfd_create: %s%s",
				   strerror(errno), baton__limit_hint(errno));
	if (ftruncate(fd, (off_t)(size + BATON__PAGE))) {
		error = baton__diag(diag, -errno, "guest memory", "%llu bytes: %s",
				    (unsigned long long)size, strerror(errno));
		goto close_fd;
	}
	/* Guard pages on both sides: a slip of the host's faults instead of corrupting. */
	area = mmap(NULL, span, PROT_NONE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (area == MAP_FAILED) {
		error = baton__diag(diag, -errno, "guest memory", "no room for %zu bytes: %s%s", span,
				    strerror(errno), baton__mapping_hint(errno));
		goto close_fd;
	}
	if (mprotect(area + BATON__PAGE, size, PROT_READ | PROT_WRITE)) {
		error = baton__diag(diag, -errno, "guest memory", "cannot be mapped: %s%s",
				    strerror(errno), baton__mapping_hint(errno));
		goto unmap;
	}
	*memory = (struct baton__memory){ .base = area + BATON__PAGE, .size = size, .fd = fd };
	return 0;

unmap:
	munmap(area, span);
close_fd:
	close(fd);
	return error;
}

void baton__memory_release(struct baton__memory *memory, struct baton__unmap *unmap)
{
	if (memory->fd >= 0)
		close(memory->fd);
	baton__frozen_put(memory->frozen);
	baton__unmap_add(unmap, memory->base - BATON__PAGE, memory->size + 2 * BATON__PAGE);
}

void baton__memory_destroy(struct baton__memory *memory)
{
	struct baton__unmap unmap = { 0 };

	baton__memory_release(memory, &unmap);
	baton__unmap_flush(&unmap);
}

/* ------------------------------------------------------------------- windows */

bool baton__memory_has_window(const struct baton__memory *memory, baton_gpa_t at, uint64_t size)
{
	for (uint32_t i = 0; i < memory->window_count; i++)
		if (baton__overlap(at, size, memory->windows[i].at, memory->windows[i].size))
			return true;
	return false;
}

int baton__memory_add_window(struct baton__memory *memory, const struct baton__window *window,
			     struct baton_diag *diag)
{
	if (memory->window_count == BATON__WINDOWS)
		return baton__diag(diag, -ENOSPC, "region", "a VM has at most %d regions",
				   BATON__WINDOWS);
	memory->windows[memory->window_count++] = *window;
	return 0;
}

/* Is it somewhere else than the memory around it? */
static bool is_far(const struct baton__memory *memory, const struct baton__window *window)
{
	return window->host != memory->base + window->at;
}

bool baton__memory_is_plain(const struct baton__memory *memory)
{
	for (uint32_t i = 0; i < memory->window_count; i++)
		if (is_far(memory, &memory->windows[i]))
			return false;
	return !memory->hole_count;
}

/* Where a byte is in this process; `*size` becomes how many of so many follow it there. */
static uint8_t *locate(const struct baton__memory *memory, baton_gpa_t gpa, uint64_t *size)
{
	for (uint32_t i = 0; i < memory->window_count; i++) {
		const struct baton__window *w = &memory->windows[i];

		if (gpa - w->at < w->size) {
			*size = baton__min(*size, w->at + w->size - gpa);
			return w->host + (gpa - w->at);
		}
		if (w->at > gpa)
			*size = baton__min(*size, w->at - gpa);
	}
	return memory->base + gpa;
}

/* ------------------------------------------------------------------ freezing */

/* A memfd that is mapped shared cannot be sealed, not even where it only guards. */
static int unshare_guards(const struct baton__memory *memory)
{
	uint8_t *guards[] = { memory->base - BATON__PAGE, memory->base + memory->size };

	for (int i = 0; i < 2; i++)
		if (mmap(guards[i], BATON__PAGE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
			 0) == MAP_FAILED)
			return -errno;
	return 0;
}

/* Maps its memfd where no region lies. */
static int map_own(const struct baton__memory *memory, int flags)
{
	uint64_t here;

	for (uint64_t at = 0; at < memory->size; at += here) {
		here = memory->size - at;
		locate(memory, at, &here);
		if (!baton__memory_has_window(memory, at, 1) &&
		    mmap(memory->base + at, here, PROT_READ | PROT_WRITE,
			 flags | MAP_FIXED | MAP_NORESERVE, memory->fd,
			 (off_t)(at + BATON__PAGE)) == MAP_FAILED)
			return -errno;
	}
	return 0;
}

int baton__memory_freeze(struct baton__memory *memory, struct baton_diag *diag,
			 struct baton__frozen **out)
{
	int error;

	if (memory->frozen)
		return baton__frozen_renew(memory->frozen, memory->base, diag, out);
	error = unshare_guards(memory);
	if (!error)
		error = map_own(memory, MAP_PRIVATE);
	if (!error)
		error = baton__frozen_seal(memory->fd, BATON__PAGE, memory->size, &memory->frozen);
	if (error) {
		map_own(memory, MAP_SHARED); /* no byte has been written in between */
		return baton__diag(diag, error, "guest memory", "cannot be sealed: %s",
				   strerror(-error));
	}
	memory->fd = -1; /* it is the frozen one's now */
	*out = baton__frozen_get(memory->frozen);
	return 0;
}

int baton__memory_take_up(struct baton__memory *memory, struct baton__frozen *frozen)
{
	int error = baton__frozen_map(frozen, memory->base, PROT_READ | PROT_WRITE);

	if (error) {
		baton__memory_clear(memory);
		return error;
	}
	memory->frozen = baton__frozen_get(frozen);
	return 0;
}

int baton__memory_drop(struct baton__memory *memory)
{
	return madvise(memory->base, memory->size, MADV_DONTNEED) ? -errno : 0;
}

int baton__memory_clear(struct baton__memory *memory)
{
	if (mmap(memory->base, memory->size, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
		return -errno;
	baton__frozen_put(memory->frozen);
	*memory = (struct baton__memory){ .base = memory->base, .size = memory->size, .fd = -1 };
	return 0;
}

/* --------------------------------------------------------------------- slots */

#define CUTS	    (BATON__HOLES + BATON__WINDOWS)
#define WINDOW_SLOT (CUTS + 1) /* behind those of the pieces between cuts */

/* Where the memory's own slots end and begin: at holes and at far windows, in order. */
static uint32_t find_cuts(const struct baton__memory *memory, struct baton__hole cuts[CUTS])
{
	uint32_t count = memory->hole_count;

	memcpy(cuts, memory->holes, count * sizeof(cuts[0]));
	for (uint32_t i = 0; i < memory->window_count; i++) {
		const struct baton__window *w = &memory->windows[i];
		uint32_t at = count;

		if (w->trapped || !is_far(memory, w))
			continue;
		for (; at && cuts[at - 1].at > w->at; at--)
			cuts[at] = cuts[at - 1];
		cuts[at] = (struct baton__hole){ .at = w->at, .size = w->size };
		count++;
	}
	return count;
}

int baton__memory_attach(const struct baton__memory *memory, const struct baton__machine *machine,
			 struct baton_diag *diag)
{
	struct baton__hole cuts[CUTS];
	uint32_t count = find_cuts(memory, cuts);
	uint64_t at = 0;
	int error = 0;

	for (uint32_t i = 0; i <= count && !error; i++) {
		uint64_t end = i < count ? cuts[i].at : memory->size;

		if (end > at) /* two cuts may lie side by side */
			error = baton__machine_map(machine, i, at, end - at, memory->base + at, diag);
		if (i < count)
			at = end + cuts[i].size;
	}
	for (uint32_t i = 0; i < memory->window_count && !error; i++) {
		const struct baton__window *w = &memory->windows[i];

		if (!w->trapped && is_far(memory, w))
			error = baton__machine_map(machine, WINDOW_SLOT + i, w->at, w->size, w->host,
						   diag);
	}
	return error;
}

void baton__memory_detach(const struct baton__memory *memory, const struct baton__machine *machine)
{
	struct baton__hole cuts[CUTS];
	uint32_t count = find_cuts(memory, cuts);

	for (uint32_t i = 0; i <= count; i++)
		baton__machine_map(machine, i, 0, 0, memory->base, NULL);
	for (uint32_t i = 0; i < memory->window_count; i++)
		if (!memory->windows[i].trapped && is_far(memory, &memory->windows[i]))
			baton__machine_map(machine, WINDOW_SLOT + i, 0, 0, memory->base, NULL);
}

static void insert_hole(struct baton__memory *memory, struct baton__hole hole)
{
	uint32_t i = memory->hole_count++;

	for (; i && memory->holes[i - 1].at > hole.at; i--)
		memory->holes[i] = memory->holes[i - 1];
	memory->holes[i] = hole;
}

int baton__memory_make_hole(struct baton__memory *memory, const struct baton__machine *machine,
			    baton_gpa_t at, uint64_t size, struct baton_diag *diag)
{
	struct baton__memory with = *memory;
	int error;

	if (memory->hole_count == BATON__HOLES)
		return baton__diag(diag, -ENOSPC, "region", "a VM has at most %d that are trapped",
				   BATON__HOLES);
	insert_hole(&with, (struct baton__hole){ .at = at, .size = size });
	baton__memory_detach(memory, machine);
	error = baton__memory_attach(&with, machine, diag);
	if (error) {
		baton__memory_detach(&with, machine);
		baton__memory_attach(memory, machine, NULL);
		return error;
	}
	*memory = with;
	return 0;
}

int baton__memory_touched(const struct baton__memory *memory, baton_gpa_t from, baton_gpa_t *begin,
			  baton_gpa_t *end)
{
	const off_t first = BATON__PAGE;
	off_t at = (off_t)from, behind = (off_t)memory->size;

	if (from >= memory->size)
		return -ENOENT;
	if (memory->fd >= 0) {
		at = lseek(memory->fd, first + at, SEEK_DATA);
		if (at < 0)
			return errno == ENXIO ? -ENOENT : -errno;
		behind = lseek(memory->fd, at, SEEK_HOLE);
		if (behind < 0)
			return -errno;
		at -= first;
		behind -= first;
	}
	*begin = (baton_gpa_t)at;
	*end = (baton_gpa_t)behind;
	return 0;
}

int baton__memory_copy(struct baton__memory *to, const struct baton__memory *from)
{
	baton_gpa_t begin, end = 0;
	int error;

	if (fallocate(to->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, BATON__PAGE, (off_t)from->size))
		return -errno;
	while (!(error = baton__memory_touched(from, end, &begin, &end)))
		memcpy(to->base + begin, from->base + begin, end - begin);
	if (error != -ENOENT)
		return error;
	memcpy(to->holes, from->holes, sizeof(to->holes));
	to->hole_count = from->hole_count;
	return 0;
}

/* -------------------------------------------------------------------- access */

int baton__memory_read(const struct baton__memory *memory, baton_gpa_t from, void *to, size_t size)
{
	uint8_t *bytes = to;

	if (!baton__in_range(from, size, memory->size))
		return -EFAULT;
	while (size) {
		uint64_t here = size;
		const uint8_t *there = locate(memory, from, &here);

		memcpy(bytes, there, here);
		bytes += here;
		from += here;
		size -= here;
	}
	return 0;
}

int baton__memory_write(struct baton__memory *memory, baton_gpa_t to, const void *from,
			size_t size)
{
	const uint8_t *bytes = from;

	if (!baton__in_range(to, size, memory->size))
		return -EFAULT;
	while (size) {
		uint64_t here = size;
		uint8_t *there = locate(memory, to, &here);

		memcpy(there, bytes, here);
		bytes += here;
		to += here;
		size -= here;
	}
	return 0;
}

uint64_t baton__memory_host_address(const struct baton__memory *memory, baton_gpa_t gpa)
{
	uint64_t one = 1;

	return gpa < memory->size ? (uint64_t)(uintptr_t)locate(memory, gpa, &one) : 0;
}

/* ---------------------------------------------------------------------- hash */

/* Marks what may be other than zeroes; of a window, all. */
static int find_pages(const struct baton__memory *memory, uint64_t *pages)
{
	int error;

	if (memory->frozen)
		error = baton__pages_of_frozen(pages, memory->frozen);
	else
		error = baton__pages_of_fd(pages, memory->fd, BATON__PAGE, 0, memory->size);
	if (!error && memory->frozen)
		error = baton__pages_written(pages, memory->base, memory->size);
	for (uint32_t i = 0; i < memory->window_count; i++) {
		uint64_t first = memory->windows[i].at / BATON__PAGE;

		for (uint64_t k = 0; k < memory->windows[i].size / BATON__PAGE; k++)
			baton__pages_mark(pages, first + k);
	}
	return error;
}

int baton__memory_hash(const struct baton__memory *memory, uint64_t *hash)
{
	static const uint8_t zeroes[BATON__PAGE];
	uint64_t *pages = baton__pages_create(memory->size), sum = 0;
	int error = pages ? find_pages(memory, pages) : -ENOMEM;

	for (uint64_t i = 0; i < memory->size / BATON__PAGE && !error; i++) {
		uint64_t size = BATON__PAGE;
		const uint8_t *page;

		if (!baton__pages_have(pages, i))
			continue;
		page = locate(memory, i * BATON__PAGE, &size);
		if (memcmp(page, zeroes, BATON__PAGE))
			sum = baton__hash(sum ^ i, page, BATON__PAGE);
	}
	free(pages);
	if (!error)
		*hash = sum;
	return error;
}
