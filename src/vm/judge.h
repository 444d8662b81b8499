/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge.h - from the facts of a death to its most likely cause.
 *
 * A pure function: facts in, a verdict out. It reads no guest memory, asks no
 * KVM, and can therefore be tested with facts made by hand. autopsy.c collects
 * the facts, causes.def holds the words, phrase.c puts both together.
 */
#ifndef BATON_VM_JUDGE_H
#define BATON_VM_JUDGE_H

#include "vm/boot.h"
#include "vm/bus.h"
#include "vm/suspect.h"

/* What is known besides what the report itself carries (struct baton_death). */
struct baton__facts {
	enum baton_mode mode; /* in which the guest started */
	struct baton__layout layout;
	uint64_t memory; /* bytes */
	bool lost;	 /* the registers are those of the last exit, not of the death */
	int paging32;	 /* can this KVM run 32-bit paging? 1, 0, or -1: not known */

	/* The instruction at the guilty address. */
	struct baton__insn insn;  /* length 0: unknown */
	enum baton__walk_end fetch; /* how its address translates */
	bool zeroes;		  /* nothing but zeroes stands there */
	bool has_operand;	  /* it names memory … */
	uint64_t operand;	  /* … at this linear address */
	enum baton__walk_end operand_end;
	bool branches;	 /* it is a jump, call or return … */
	uint64_t target; /* … to this linear address */
	bool has_number;	     /* it is an INT n */
	uint8_t number;

	uint64_t caller; /* the call whose return address lies on the stack, if it led here; else 0 */
	const char *holder; /* name of a register that holds the guilty address, or NULL */
	uint64_t cr3_writer; /* the write of CR3 directly before, or 0 */

	/* The state at death. */
	uint64_t cr2; /* as it stood, page fault or not */
	enum baton__walk_end cr2_end;
	struct baton__tables tables; /* its memory is not used here */
	bool idt_usable; /* double faults, at least, could be delivered */
	bool cs_usable;	 /* the code segment in use stands in the GDT */
	enum baton__walk_end push_end; /* where the next push would go */
	bool guard_touched;	  /* somebody wrote into the page under the stack */

	/* What the guest asked of a device. */
	const char *device, *why; /* or NULL */
	const struct baton__claim *below, *above; /* the nearest ports that are answered, or NULL */

	/* Between the last exit and the watchdog. */
	uint64_t quiet_ns;
	uint32_t kicks; /* looks taken */
	bool moved;	/* registers differed between two looks */
	uint64_t low, high; /* linear, of the instruction pointer */

	struct baton__suspect suspect; /* if `lost` */
};

/* Fills the death's cause, sentence and advice from what else it says and from the facts. */
void baton__judge(const struct baton__facts *f, struct baton_death *d);

#endif
