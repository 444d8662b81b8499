/* SPDX-License-Identifier: Apache-2.0 */
/*
 * system.c - opens /dev/kvm and checks what it must be able to do.
 */
#include "kvm/system.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/diag.h"

#define CPUID_ENTRIES_MAX 1024

static const struct {
	int capability;
	int bits; /* that must be set; 0: any value above 0 will do */
	const char *name;
} needed[] = {
	{ KVM_CAP_USER_MEMORY, 0, "KVM_CAP_USER_MEMORY" },
	{ KVM_CAP_EXT_CPUID, 0, "KVM_CAP_EXT_CPUID" },
	{ KVM_CAP_SET_TSS_ADDR, 0, "KVM_CAP_SET_TSS_ADDR" },
	{ KVM_CAP_IMMEDIATE_EXIT, 0, "KVM_CAP_IMMEDIATE_EXIT" },
	{ KVM_CAP_SYNC_REGS, KVM_SYNC_X86_REGS, "KVM_CAP_SYNC_REGS (general registers)" },
};

static int open_node(const char *path, struct baton_diag *diag)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	int error = fd < 0 ? -errno : 0;

	switch (error) {
	case 0:
		return fd;
	case -ENOENT:
		return baton__diag(diag, error, path,
				   "there is no such device node");
	case -EACCES:
	case -EPERM:
		return baton__diag(diag, -EACCES, path,
				   "no permission to read and write it; members of the group kvm may "
				   "(usermod -aG kvm USER, then log in again)");
	case -ENODEV:
	case -ENXIO:
		return baton__diag(diag, -ENODEV, path,
				   "the node is there but no KVM behind it; load kvm_intel or kvm_amd");
	default:
		return baton__diag(diag, error, path, "cannot be opened: %s", strerror(-error));
	}
}

/* KVM_GET_SUPPORTED_CPUID wants the table's room beforehand and says E2BIG if it is too small. */
static int read_cpuid(int fd, struct kvm_cpuid2 **out)
{
	for (uint32_t room = 64; room <= CPUID_ENTRIES_MAX; room *= 2) {
		size_t size = sizeof(struct kvm_cpuid2) + room * sizeof(struct kvm_cpuid_entry2);
		struct kvm_cpuid2 *table = calloc(1, size);
		int error;

		if (!table)
			return -ENOMEM;
		table->nent = room;
		if (!ioctl(fd, KVM_GET_SUPPORTED_CPUID, table)) {
			*out = table;
			return 0;
		}
		error = -errno;
		free(table);
		if (error != -E2BIG)
			return error;
	}
	return -E2BIG;
}

/*
 * MSRs that a guest may write and KVM_GET_MSR_INDEX_LIST does not name: DEBUGCTL, memory
 * types, AMD's VM_CR and DE_CFG, machine checks, of which there is one bank (vcpu.c). (SDM
 * vol. 4, 2.1; APM vol. 2, appendix A.)
 */
static const struct {
	uint32_t first, count;
} unlisted[] = {
	{ 0x1D9, 1 }, { 0x200, 16 }, { 0x250, 1 }, { 0x258, 2 }, { 0x268, 8 }, { 0x2FF, 1 },
	{ 0xC0010114, 1 }, { 0xC0011029, 1 }, { 0x400, 4 },
};

/* Those of a Hyper-V that our guests' CPUID does not show: merely reading one wakes it up. */
static bool is_of_hyper_v(uint32_t index)
{
	return index >= 0x40000000 && index < 0x40000200;
}

static void add_msr(struct baton__msrs *list, uint32_t index)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (list->index[i] == index)
			return;
	if (!is_of_hyper_v(index))
		list->index[list->count++] = index;
}

/* What this KVM may have; a vCPU shows what it has. */
static int read_msrs(int fd, struct baton__msrs **out)
{
	struct {
		struct kvm_msr_list header;
		uint32_t index[BATON__MSRS - 36]; /* so that the others have room */
	} listed = { .header.nmsrs = BATON__MSRS - 36 };
	struct baton__msrs *list = calloc(1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	if (ioctl(fd, KVM_GET_MSR_INDEX_LIST, &listed)) {
		int error = -errno;

		free(list);
		return error;
	}
	for (uint32_t i = 0; i < listed.header.nmsrs; i++)
		add_msr(list, listed.index[i]);
	for (size_t i = 0; i < sizeof(unlisted) / sizeof(unlisted[0]); i++)
		for (uint32_t k = 0; k < unlisted[i].count; k++)
			add_msr(list, unlisted[i].first + k);
	*out = list;
	return 0;
}

static int check(struct baton__system *s, const char *path, struct baton_diag *diag)
{
	int version = baton__system_api(s);

	if (version != KVM_API_VERSION)
		return baton__diag(diag, version < 0 ? -ENODEV : -ENOSYS, path,
				   version < 0 ? "this is not a KVM device" :
						 "KVM API version is %d, expected %d",
				   version, KVM_API_VERSION);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		int has = baton__system_capability(s, (unsigned long)needed[i].capability);

		if (has <= 0 || (has & needed[i].bits) != needed[i].bits)
			return baton__diag(diag, -ENOSYS, path, "this KVM lacks %s; Linux 5.10 has it",
					   needed[i].name);
		if (needed[i].capability == KVM_CAP_SYNC_REGS)
			s->sync = (uint32_t)has;
	}
	return 0;
}

int baton__system_open_unchecked(const char *path, struct baton_diag *diag,
				 struct baton__system *system)
{
	int fd = open_node(path, diag);

	if (fd < 0)
		return fd;
	*system = (struct baton__system){ .fd = fd };
	return 0;
}

int baton__system_open(const char *path, struct baton_diag *diag, struct baton__system *system)
{
	struct baton__system s;
	int size, error;

	error = baton__system_open_unchecked(path, diag, &s);
	if (error)
		return error;
	error = check(&s, path, diag);
	if (error)
		goto close_node;
	size = ioctl(s.fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < (int)sizeof(struct kvm_run)) {
		error = baton__diag(diag, -ENOSYS, path, "KVM_GET_VCPU_MMAP_SIZE says %d, expected %zu "
				    "or more", size, sizeof(struct kvm_run));
		goto close_node;
	}
	s.run_size = (size_t)size;
	error = read_cpuid(s.fd, &s.cpuid);
	if (error) {
		baton__diag(diag, error, path, "KVM_GET_SUPPORTED_CPUID: %s", strerror(-error));
		goto close_node;
	}
	error = read_msrs(s.fd, &s.msrs);
	if (error) {
		baton__diag(diag, error, path, "KVM_GET_MSR_INDEX_LIST: %s", strerror(-error));
		goto free_cpuid;
	}
	*system = s;
	return 0;

free_cpuid:
	free(s.cpuid);
close_node:
	close(s.fd);
	return error;
}

void baton__system_close(struct baton__system *system)
{
	free(system->msrs);
	free(system->cpuid);
	close(system->fd);
}

int baton__system_capability(const struct baton__system *system, unsigned long capability)
{
	int has = ioctl(system->fd, KVM_CHECK_EXTENSION, capability);

	return has < 0 ? 0 : has;
}

int baton__system_api(const struct baton__system *system)
{
	return ioctl(system->fd, KVM_GET_API_VERSION, 0);
}
