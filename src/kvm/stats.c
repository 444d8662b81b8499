/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats.c - reads KVM's binary statistics: a header, a descriptor with a name for each
 * figure, and the figures. The file says where each of the three is, and how long names are.
 */
#include "kvm/stats.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "baton/baton.h"
#include "kvm/vcpu.h"

#define NAME_MOST 256 /* Linux has 48 */

static int read_at(int fd, void *to, size_t size, uint64_t offset)
{
	ssize_t got;

	do
		got = pread(fd, to, size, (off_t)offset);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	return (size_t)got == size ? 0 : -EPROTO;
}

/* One figure, unless it has several values. */
static int take(int fd, const struct kvm_stats_header *header, const struct kvm_stats_desc *desc,
		struct baton_kvm_stat *stats, uint32_t room, uint32_t *count)
{
	uint32_t type = desc->flags & KVM_STATS_TYPE_MASK;
	struct baton_kvm_stat stat = { .grows = type == KVM_STATS_TYPE_CUMULATIVE };
	int error;

	if (desc->size != 1 || type > KVM_STATS_TYPE_PEAK)
		return 0;
	error = read_at(fd, &stat.value, sizeof(stat.value),
			(uint64_t)header->data_offset + desc->offset);
	if (error)
		return error;
	snprintf(stat.name, sizeof(stat.name), "%.*s",
		 (int)strnlen(desc->name, header->name_size), desc->name);
	if (*count < room)
		stats[*count] = stat;
	++*count;
	return 0;
}

static int read_all(int fd, struct baton_kvm_stat *stats, uint32_t room, uint32_t *count)
{
	struct kvm_stats_header header;
	struct kvm_stats_desc *desc;
	int error = read_at(fd, &header, sizeof(header), 0);
	size_t size;

	if (error)
		return error;
	if (!header.name_size || header.name_size > NAME_MOST)
		return -EPROTO;
	size = sizeof(*desc) + header.name_size;
	desc = calloc(1, size);
	if (!desc)
		return -ENOMEM;
	*count = 0;
	for (uint32_t i = 0; i < header.num_desc && !error; i++) {
		error = read_at(fd, desc, size, (uint64_t)header.desc_offset + i * size);
		if (!error)
			error = take(fd, &header, desc, stats, room, count);
	}
	free(desc);
	return error;
}

int baton__vcpu_stats(const struct baton__vcpu *vcpu, struct baton_kvm_stat *stats, uint32_t room,
		      uint32_t *count)
{
	int fd = ioctl(vcpu->fd, KVM_GET_STATS_FD, NULL), error;

	*count = 0;
	if (fd < 0)
		return errno == ENOTTY || errno == EINVAL || errno == ENOSYS ? -ENOTSUP : -errno;
	error = read_all(fd, stats, room, count);
	close(fd);
	if (error)
		*count = 0;
	return error;
}
