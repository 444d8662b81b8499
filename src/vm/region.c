/* SPDX-License-Identifier: Apache-2.0 */
/*
 * region.c - shared memory.
 */
#include "vm/region.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/diag.h"
#include "vm/memory.h"

#define SIZE_MAX_BYTES (UINT64_C(1) << 30)

int baton__region_create(struct baton__region *region, uint64_t size, struct baton_diag *diag)
{
	int fd, error;

	if (!size || size % BATON__PAGE || size > SIZE_MAX_BYTES)
		return baton__diag(diag, -EINVAL, "region", "%" PRIu64
				   " bytes; expected a multiple of 4 KiB, at most 1 GiB", size);
	fd = memfd_create("baton-region", MFD_CLOEXEC);
	if (fd < 0)
		return baton__diag(diag, -errno, "region", "memfd_create: %s", strerror(errno));
	if (ftruncate(fd, (off_t)size)) {
		error = baton__diag(diag, -errno, "region", "%" PRIu64 " bytes: %s", size,
				    strerror(errno));
		close(fd);
		return error;
	}
	*region = (struct baton__region){ .size = size, .fd = fd };
	return 0;
}

void baton__region_destroy(struct baton__region *region)
{
	close(region->fd);
}

int baton__region_map(const struct baton__region *region, struct baton__memory *memory,
		      baton_gpa_t at, bool trapped, struct baton_diag *diag)
{
	const struct baton__window window = {
		.at = at, .size = region->size, .host = memory->base + at, .fd = region->fd,
		.region = region, .trapped = trapped,
	};
	int error = baton__memory_add_window(memory, &window, diag);

	if (error)
		return error;
	if (mmap(window.host, region->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 region->fd, 0) != MAP_FAILED)
		return 0;
	error = -errno;
	memory->window_count--;
	return baton__diag(diag, error, "region", "cannot be mapped: %s", strerror(-error));
}
