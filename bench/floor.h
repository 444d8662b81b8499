/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor.h - the floor of every figure: KVM_RUN and the data copy, nothing else.
 * No Baton in here.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stddef.h>
#include <stdint.h>

struct kvm_run;

struct floor_vm {
	int vm, vcpu;
	struct kvm_run *run;
	size_t run_size;
	void *memory;
};

struct kvm_cpuid2;

/* The device node, open, and the CPUID that it offers, which each vCPU is given. */
struct floor_kvm {
	int fd;
	struct kvm_cpuid2 *cpuid;
};

/* Here as below, what fails ends the program, which says why. */
void floor_open(struct floor_kvm *kvm);
void floor_close(struct floor_kvm *kvm);

/* A real-mode VM with `code` at GPA 0. */
void floor_create(struct floor_vm *vm, const struct floor_kvm *kvm, const void *code, size_t size);
void floor_destroy(struct floor_vm *vm);

/* Enters a VM that halts. */
void floor_halt(const struct floor_vm *vm);

/* Enters each of the VMs in turn until `exits` port exits were seen; the sum of their data. */
uint64_t floor_run(struct floor_vm *vms, unsigned count, uint64_t exits);

/*
 * The same for turns at a ring, of two exits each: at the first the ring is copied into
 * the guest's memory, at the second back, and the other VM has the next turn. Nothing
 * is checked. The sum of the words copied back.
 */
#define FLOOR_RING_SLOTS 20
#define FLOOR_RING_STATE 0x500
uint64_t floor_ring(struct floor_vm *vms, unsigned count, uint64_t turns);

#endif
