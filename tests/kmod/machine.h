/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - a VM with one or more vCPUs, of the ioctls alone, whose guest leaves exactly as
 * often as it is told (guest.S). What fails here fails the test.
 */
#ifndef TESTS_KMOD_MACHINE_H
#define TESTS_KMOD_MACHINE_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

#define MACHINE_VCPUS 8

struct vcpu {
	int fd;
	struct kvm_run *run;
};

struct machine {
	int kvm, vm;
	void *memory;
	unsigned count;
	bool chip; /* HLT stays in the kernel */
	struct vcpu vcpus[MACHINE_VCPUS];
};

struct registers {
	uint32_t eax, ebx, ecx, edx;
};

void machine_create(struct machine *m, unsigned vcpus, bool chip);
void machine_destroy(struct machine *m);

/* How often the guest leaves between its marks, from its beginning on. */
void vcpu_tell(struct vcpu *v, uint32_t outs, uint32_t cpuids, uint32_t halts);

/* Writes of two MSRs, so often each, that KVM has a fast path for, and of one before. */
void vcpu_tell_fast(struct vcpu *v, uint32_t writes);

/* Runs until the next mark. Any thread. */
void vcpu_to_mark(struct vcpu *v);

/* KVM_RUN once: 0 or -errno. */
int vcpu_run(struct vcpu *v);

/* Behind the second mark: what CPUID tells the guest. */
struct registers vcpu_cpuid(struct vcpu *v, uint32_t eax, uint32_t ecx);

#endif
