/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c - guest memory.
 */
#include "vm/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arith.h"
#include "base/diag.h"
#include "kvm/machine.h"

int baton__memory_create(struct baton__memory *memory, uint64_t size, struct baton_diag *diag)
{
	size_t span = size + 2 * BATON__PAGE;
	uint8_t *area;
	int fd, error;

	fd = memfd_create("baton-guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return baton__diag(diag, -errno, "guest memory", "memfd_create: %s",
				   strerror(errno));
	if (ftruncate(fd, (off_t)size)) {
		error = baton__diag(diag, -errno, "guest memory", "%llu bytes: %s",
				    (unsigned long long)size, strerror(errno));
		goto close_fd;
	}
	/* Guard pages on both sides: a slip of the host's faults instead of corrupting. */
	area = mmap(NULL, span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED) {
		error = baton__diag(diag, -errno, "guest memory", "no room for %zu bytes: %s", span,
				    strerror(errno));
		goto close_fd;
	}
	if (mmap(area + BATON__PAGE, size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED | MAP_NORESERVE, fd, 0) == MAP_FAILED) {
		error = baton__diag(diag, -errno, "guest memory", "cannot be mapped: %s",
				    strerror(errno));
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

void baton__memory_destroy(struct baton__memory *memory)
{
	munmap(memory->base - BATON__PAGE, memory->size + 2 * BATON__PAGE);
	close(memory->fd);
}

int baton__memory_attach(const struct baton__memory *memory, const struct baton__machine *machine,
			 struct baton_diag *diag)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i <= memory->hole_count; i++) {
		const struct baton__hole *hole = &memory->holes[i];
		uint64_t end = i < memory->hole_count ? hole->at : memory->size;
		int error = 0;

		if (end > at) /* two holes may lie side by side */
			error = baton__machine_map(machine, i, at, end - at, memory->base + at, diag);
		if (error)
			return error;
		if (i < memory->hole_count)
			at = end + hole->size;
	}
	return 0;
}

static void detach(const struct baton__memory *memory, const struct baton__machine *machine)
{
	for (uint32_t i = 0; i <= memory->hole_count; i++)
		baton__machine_map(machine, i, 0, 0, memory->base, NULL);
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
	detach(memory, machine);
	error = baton__memory_attach(&with, machine, diag);
	if (error) {
		detach(&with, machine);
		baton__memory_attach(memory, machine, NULL);
		return error;
	}
	*memory = with;
	return 0;
}

int baton__memory_copy(struct baton__memory *to, const struct baton__memory *from)
{
	off_t begin, end = 0, size = (off_t)from->size;

	if (fallocate(to->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, size))
		return -errno;
	while (end < size) {
		begin = lseek(from->fd, end, SEEK_DATA);
		if (begin < 0 && errno == ENXIO) /* nothing but holes from here on */
			break;
		if (begin < 0 || (end = lseek(from->fd, begin, SEEK_HOLE)) < 0)
			return -errno;
		memcpy(to->base + begin, from->base + begin, (size_t)(end - begin));
	}
	memcpy(to->holes, from->holes, sizeof(to->holes));
	to->hole_count = from->hole_count;
	return 0;
}

int baton__memory_read(const struct baton__memory *memory, baton_gpa_t from, void *to, size_t size)
{
	if (!baton__in_range(from, size, memory->size))
		return -EFAULT;
	memcpy(to, memory->base + from, size);
	return 0;
}

int baton__memory_write(struct baton__memory *memory, baton_gpa_t to, const void *from,
			size_t size)
{
	if (!baton__in_range(to, size, memory->size))
		return -EFAULT;
	memcpy(memory->base + to, from, size);
	return 0;
}

uint64_t baton__memory_host_address(const struct baton__memory *memory, baton_gpa_t gpa)
{
	return gpa < memory->size ? (uint64_t)(uintptr_t)(memory->base + gpa) : 0;
}
