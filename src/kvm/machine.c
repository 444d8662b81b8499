/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.c - creates VMs and gives them memory.
 */
#include "kvm/machine.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/diag.h"
#include "kvm/system.h"

int baton__machine_create(const struct baton__system *system, struct baton_diag *diag,
			  struct baton__machine *machine)
{
	int fd, error;

	do
		fd = ioctl(system->fd, KVM_CREATE_VM, 0);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return baton__diag(diag, -errno, "KVM_CREATE_VM", "%s%s", strerror(errno),
				   baton__limit_hint(errno));
	if (ioctl(fd, KVM_SET_TSS_ADDR, BATON__TSS_GPA)) {
		error = baton__diag(diag, -errno, "KVM_SET_TSS_ADDR", "%s", strerror(errno));
		close(fd);
		return error;
	}
	machine->fd = fd;
	return 0;
}

void baton__machine_destroy(struct baton__machine *machine)
{
	close(machine->fd);
}

int baton__machine_map(const struct baton__machine *machine, uint32_t slot, uint64_t gpa,
		       uint64_t size, void *host, struct baton_diag *diag)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = 0,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)host,
	};

	if (ioctl(machine->fd, KVM_SET_USER_MEMORY_REGION, &region))
		return baton__diag(diag, -errno, "KVM_SET_USER_MEMORY_REGION", "%s", strerror(errno));
	return 0;
}
