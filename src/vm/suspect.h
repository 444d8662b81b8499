/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suspect.h - who did it, when the witness is gone.
 *
 * Some KVMs reset a vCPU that triple-faults. What is left is guest memory and the
 * registers of the last exit. So the code from there on is read once more, as the
 * processor would have: straight on, through direct jumps and calls, with the
 * register values that can be known, until an instruction must have been fatal.
 * Conditional jumps are taken as not taken. The answer is a guess, and named so.
 */
#ifndef BATON_VM_SUSPECT_H
#define BATON_VM_SUSPECT_H

#include "vm/decode.h"
#include "vm/tables.h"

/* What is known of the guest at its last exit. */
struct baton__witness {
	struct baton__tables tables;
	struct baton_regs regs;
	uint64_t cs_base;
	unsigned bits;
	bool regs_known; /* false: the exit changed some of them */
	int paging32;	 /* can this KVM run 32-bit paging? 1, 0, or -1: not known */
};

struct baton__suspect {
	enum baton_cause cause; /* BATON_CAUSE_UNKNOWN: nobody */
	bool certain;		/* as far as the path was known, it cannot have survived this */
	uint64_t at;
	struct baton__insn insn;
	uint8_t code[BATON__INSN_MAX];
	bool has_value; /* what was written, or loaded */
	uint64_t value;
	bool asks_paging32; /* the answer hangs on paging32, which is not known */
};

struct baton__suspect baton__suspect(const struct baton__witness *witness);

#endif
