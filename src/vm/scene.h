/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene.h - the scene of a death, shared by the files that look at it: autopsy.c,
 * frame.c (what an exception left), access.c (what a port or MMIO exit left) and
 * evidence.c (what the report shows besides).
 *
 * First come the registers; then the guilty address is found, and with it
 * `d->regs` become those of that instruction; only then is the code looked at.
 */
#ifndef BATON_VM_SCENE_H
#define BATON_VM_SCENE_H

#include <linux/kvm.h>

#include "vm/judge.h"
#include "vm/vm.h"

struct baton__scene {
	struct baton_vcpu *vcpu;
	struct baton_vm *vm;
	struct kvm_sregs sregs;
	bool stepped; /* this KVM lost the state, and steps found it: as of before the end */
	uint64_t segment[BATON__SEGMENTS]; /* bases */
	struct baton_death *d;
	struct baton__facts f;
};

/* Reads up to `size` bytes at a linear address; returns how many there are. */
size_t baton__scene_read(const struct baton__scene *s, uint64_t at, void *to, size_t size);

/* The same through the tables that the guest began with, where its own have failed it. */
size_t baton__scene_read_code(const struct baton__scene *s, uint64_t at, void *to, size_t size);

/* A little-endian word of so many bytes; 0 if it is not there. */
uint64_t baton__scene_word(const struct baton__scene *s, uint64_t at, unsigned size);

/* The instruction there. */
struct baton__insn baton__scene_insn(const struct baton__scene *s, uint64_t at);

/* Linear address of the memory operand of an instruction at offset `rip`; of the stack's top. */
uint64_t baton__scene_operand(const struct baton__scene *s, const struct baton__insn *insn,
			      uint64_t rip);
uint64_t baton__scene_stack(const struct baton__scene *s);

/*
 * The vCPU halted in a stub of the tripwire: takes vector, error code and registers
 * from what the exception pushed or saved, and finds the guilty instruction.
 */
void baton__scene_frame(struct baton__scene *s);

/* The last exit was an access: finds its instruction, and who might have answered. */
void baton__scene_access(struct baton__scene *s);

/*
 * Everything else being known: notes the code before the guilty address and, unless
 * the registers are lost, walks and descriptors.
 */
void baton__scene_evidence(struct baton__scene *s);

#endif
