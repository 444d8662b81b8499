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
	int paging32;	 /* can this KVM run 32-bit paging? 1, 0, or -1: not known */

	/* This KVM lost the registers: those of the report are from before the death. */
	bool lost;
	struct baton__suspect suspect;

	/* The instruction at the guilty address. */
	struct baton__insn insn;    /* length 0: unknown */
	enum baton_walk_end fetch; /* how the address translates at which the guest stopped */
	bool zeroes;		    /* nothing but zeroes stands there */
	bool has_operand;	    /* it names memory … */
	uint64_t operand;	    /* … at this linear address, which … */
	enum baton_walk_end operand_end; /* … translates so */
	bool branches;		    /* it is a jump, call or return … */
	uint64_t target;	    /* … to this linear address */
	bool has_number;	    /* it is an INT … */
	uint8_t number;		    /* … of this vector */

	/* How the guest came there. */
	uint64_t caller;     /* the call that led there, by its return address; or 0 */
	const char *holder;  /* name of a register that holds the address, or NULL */
	uint64_t cr3_writer; /* the write of CR3 directly before, or 0 */

	/* The processor's state. */
	struct baton__tables tables; /* their memory is not used here */
	uint64_t cr2;		     /* as it stood, page fault or not */
	enum baton_walk_end cr2_end;
	enum baton_walk_end push_end; /* where the next push would go */
	bool idt_usable;	       /* a double fault, at least, could be delivered */
	bool cs_usable;		       /* the code segment in use stands in the GDT */
	bool guard_touched;	       /* somebody wrote into the page under the stack */

	/* What the guest asked of a device. */
	const char *device, *why;		  /* or NULL */
	const struct baton__claim *below, *above; /* the nearest ports that are answered, or NULL */

	/* Between the last exit and the watchdog. */
	uint64_t quiet_ns;
	uint32_t kicks;	    /* looks taken … */
	bool moved;	    /* … registers differed between two of them … */
	uint64_t low, high; /* … linear bounds of the instruction pointer */
};

/* Fills the death's cause, sentence and advice from what else it says and from the facts. */
void baton__judge(const struct baton__facts *f, struct baton_death *d);

#endif
