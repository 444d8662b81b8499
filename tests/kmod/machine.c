/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.c - the ioctls of it.
 */
#include "machine.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define AT   0x1000
#define SIZE 0x4000

enum { PORT = 0x10, MARK = 0x11, LEAF = 0x20 };

extern const uint8_t exact_guest[], exact_guest_end[];

/* Threads may not leave through cmocka. */
static long must(long result, const char *what)
{
	if (result < 0) {
		print_message("# %s: %s\n", what, strerror(errno));
		exit(1);
	}
	return result;
}

static void add_vcpu(struct machine *m, struct vcpu *v, unsigned id)
{
	static const size_t entries = 256;
	struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + entries * sizeof(cpuid->entries[0]));
	struct kvm_sregs sregs;
	long size = must(ioctl(m->kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");

	v->fd = (int)must(ioctl(m->vm, KVM_CREATE_VCPU, id), "KVM_CREATE_VCPU");
	v->run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	must(v->run == MAP_FAILED ? -1 : 0, "mmap");
	cpuid->nent = entries;
	must(ioctl(m->kvm, KVM_GET_SUPPORTED_CPUID, cpuid), "KVM_GET_SUPPORTED_CPUID");
	must(ioctl(v->fd, KVM_SET_CPUID2, cpuid), "KVM_SET_CPUID2");
	free(cpuid);
	must(ioctl(v->fd, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	/*
	 * Whole segments: a kvm_intel of Linux 6.1 that is preempted while it resets the vCPU
	 * takes what SS is then for its value, and an entry with that fails (0x80000021).
	 */
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = sregs.cs =
		(struct kvm_segment){ .limit = 0xFFFF, .type = 0x3, .present = 1, .s = 1 };
	sregs.cs.type = 0xB;
	must(ioctl(v->fd, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	if (m->chip) {
		struct kvm_mp_state state = { KVM_MP_STATE_RUNNABLE };

		must(ioctl(v->fd, KVM_SET_MP_STATE, &state), "KVM_SET_MP_STATE");
	}
	vcpu_tell(v, 0, 0, 0);
}

void machine_create(struct machine *m, unsigned vcpus, bool chip)
{
	struct kvm_userspace_memory_region slot = { .memory_size = SIZE };

	*m = (struct machine){ .count = vcpus, .chip = chip };
	m->kvm = (int)must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	do
		m->vm = ioctl(m->kvm, KVM_CREATE_VM, 0);
	while (m->vm < 0 && errno == EINTR);
	must(m->vm, "KVM_CREATE_VM");
	must(ioctl(m->vm, KVM_SET_TSS_ADDR, 0xfffbd000), "KVM_SET_TSS_ADDR");
	if (chip)
		must(ioctl(m->vm, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
	m->memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(m->memory == MAP_FAILED ? -1 : 0, "mmap");
	memcpy((uint8_t *)m->memory + AT, exact_guest, (size_t)(exact_guest_end - exact_guest));
	slot.userspace_addr = (uintptr_t)m->memory;
	must(ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &slot), "KVM_SET_USER_MEMORY_REGION");
	for (unsigned i = 0; i < vcpus; i++)
		add_vcpu(m, &m->vcpus[i], i);
}

void machine_destroy(struct machine *m)
{
	long size = ioctl(m->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	for (unsigned i = 0; i < m->count; i++) {
		munmap(m->vcpus[i].run, (size_t)size);
		close(m->vcpus[i].fd);
	}
	close(m->vm);
	close(m->kvm);
	munmap(m->memory, SIZE);
}

static void tell(struct vcpu *v, struct kvm_regs regs)
{
	regs.rip = AT;
	regs.rflags = 2;
	/* An access that is on its way would move RIP. */
	v->run->immediate_exit = 1;
	ioctl(v->fd, KVM_RUN, 0);
	v->run->immediate_exit = 0;
	must(ioctl(v->fd, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

void vcpu_tell(struct vcpu *v, uint32_t outs, uint32_t cpuids, uint32_t halts)
{
	tell(v, (struct kvm_regs){ .rsi = outs, .rdi = cpuids, .rbp = halts });
}

void vcpu_tell_fast(struct vcpu *v, uint32_t writes)
{
	tell(v, (struct kvm_regs){ .rbx = writes });
}

int vcpu_run(struct vcpu *v)
{
	return ioctl(v->fd, KVM_RUN, 0) ? -errno : 0;
}

/* Runs until an access to another port than those that do nothing; HLT goes on. */
static void to_access(struct vcpu *v)
{
	for (;;) {
		if (ioctl(v->fd, KVM_RUN, 0)) {
			must(errno == EINTR || errno == EAGAIN ? 0 : -1, "KVM_RUN");
			continue;
		}
		if (v->run->exit_reason == KVM_EXIT_IO && v->run->io.port != PORT)
			return;
		if (v->run->exit_reason != KVM_EXIT_IO && v->run->exit_reason != KVM_EXIT_HLT) {
			print_message("# KVM_RUN: exit reason %u, hardware's %#llx\n", v->run->exit_reason,
				      v->run->hw.hardware_exit_reason);
			exit(1);
		}
	}
}

static uint32_t *data(struct vcpu *v, uint16_t port)
{
	to_access(v);
	if (v->run->io.port != port) {
		print_message("# port %#x, not %#x\n", v->run->io.port, port);
		exit(1);
	}
	return (uint32_t *)((uint8_t *)v->run + v->run->io.data_offset);
}

void vcpu_to_mark(struct vcpu *v)
{
	data(v, MARK);
}

struct registers vcpu_cpuid(struct vcpu *v, uint32_t eax, uint32_t ecx)
{
	struct registers r;

	*data(v, LEAF + 4) = ecx;
	*data(v, LEAF) = eax;
	r.eax = *data(v, LEAF);
	r.ebx = *data(v, LEAF + 4);
	r.ecx = *data(v, LEAF + 8);
	r.edx = *data(v, LEAF + 12);
	return r;
}
