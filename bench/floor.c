/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor.c - the bare loop.
 */
#include "floor.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY (64u << 10)

static void *map(size_t size, int flags, int fd)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (at == MAP_FAILED)
		err(4, "mmap");
	return at;
}

#define LEAVES 256 /* of CPUID; more than any KVM has */

void floor_open(struct floor_kvm *kvm)
{
	kvm->fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm->fd < 0)
		err(4, "/dev/kvm");
	kvm->cpuid = calloc(1, sizeof(*kvm->cpuid) + LEAVES * sizeof(kvm->cpuid->entries[0]));
	if (!kvm->cpuid)
		err(4, "CPUID");
	kvm->cpuid->nent = LEAVES;
	if (ioctl(kvm->fd, KVM_GET_SUPPORTED_CPUID, kvm->cpuid))
		err(4, "KVM_GET_SUPPORTED_CPUID");
}

void floor_close(struct floor_kvm *kvm)
{
	free(kvm->cpuid);
	close(kvm->fd);
}

void floor_create(struct floor_vm *vm, const struct floor_kvm *kvm, const void *code, size_t size)
{
	struct kvm_userspace_memory_region slot = { .memory_size = MEMORY };
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;

	vm->vm = ioctl(kvm->fd, KVM_CREATE_VM, 0);
	if (vm->vm < 0)
		err(4, "KVM_CREATE_VM");
	vm->memory = map(MEMORY, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memcpy(vm->memory, code, size);
	slot.userspace_addr = (uintptr_t)vm->memory;
	if (ioctl(vm->vm, KVM_SET_TSS_ADDR, 0xFFFBD000ul) ||
	    ioctl(vm->vm, KVM_SET_USER_MEMORY_REGION, &slot))
		err(4, "guest memory");
	vm->vcpu = ioctl(vm->vm, KVM_CREATE_VCPU, 0ul);
	if (vm->vcpu < 0)
		err(4, "KVM_CREATE_VCPU");
	vm->run_size = (size_t)ioctl(kvm->fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	vm->run = map(vm->run_size, MAP_SHARED, vm->vcpu);
	if (ioctl(vm->vcpu, KVM_SET_CPUID2, kvm->cpuid))
		err(4, "KVM_SET_CPUID2");
	if (ioctl(vm->vcpu, KVM_GET_SREGS, &sregs))
		err(4, "KVM_GET_SREGS");
	sregs.cs.base = sregs.cs.selector = 0;
	if (ioctl(vm->vcpu, KVM_SET_SREGS, &sregs) || ioctl(vm->vcpu, KVM_SET_REGS, &regs))
		err(4, "registers");
}

void floor_destroy(struct floor_vm *vm)
{
	munmap(vm->run, vm->run_size);
	munmap(vm->memory, MEMORY);
	close(vm->vcpu);
	close(vm->vm);
}

/* On to the next exit, which is for this reason. */
static void enter(const struct floor_vm *vm, unsigned reason)
{
	while (ioctl(vm->vcpu, KVM_RUN, 0))
		if (errno != EINTR)
			err(4, "KVM_RUN");
	if (vm->run->exit_reason != reason)
		errx(1, "the floor's guest left with exit reason %u", vm->run->exit_reason);
}

void floor_halt(const struct floor_vm *vm)
{
	enter(vm, KVM_EXIT_HLT);
}

/* On to the next port exit; where its datum is. */
static void *next_exit(const struct floor_vm *vm)
{
	enter(vm, KVM_EXIT_IO);
	return (char *)vm->run + vm->run->io.data_offset;
}

uint64_t floor_run(struct floor_vm *vms, unsigned count, uint64_t exits)
{
	uint64_t sum = 0;
	unsigned at = 0;

	for (uint64_t i = 0; i < exits; i++) {
		uint16_t datum;

		memcpy(&datum, next_exit(&vms[at]), sizeof(datum));
		sum += datum;
		at = at + 1 == count ? 0 : at + 1;
	}
	return sum;
}

uint64_t floor_ring(struct floor_vm *vms, unsigned count, uint64_t turns)
{
	const uint32_t allowed = FLOOR_RING_SLOTS;
	uint32_t ring[3 + FLOOR_RING_SLOTS] = { 0 };
	uint64_t sum = 0;
	unsigned at = 0;

	for (uint64_t i = 0; i < turns; i++) {
		char *state = (char *)vms[at].memory + FLOOR_RING_STATE;
		uint32_t datum;

		memcpy(next_exit(&vms[at]), &allowed, sizeof(allowed));
		memcpy(state, ring, sizeof(ring));
		memcpy(&datum, next_exit(&vms[at]), sizeof(datum));
		memcpy(ring, state, sizeof(ring));
		sum += datum + ring[2];
		at = at + 1 == count ? 0 : at + 1;
	}
	return sum;
}
