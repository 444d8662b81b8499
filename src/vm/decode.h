/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.h - the shape of one x86 instruction: how long it is, and what it names.
 *
 * Enough to step over code, to compute the address of an operand and to tell the
 * instructions that kill guests. It is no disassembler: it knows no mnemonics,
 * accepts some encodings that a processor refuses, and gives up on VEX and EVEX.
 * Pure functions over bytes. (SDM vol. 2, chapter 2 and appendix A.)
 */
#ifndef BATON_VM_DECODE_H
#define BATON_VM_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "baton/baton.h"

#define BATON__INSN_MAX 15

/* Register numbers as instructions have them; RIP besides, as a base. */
enum { BATON__RAX, BATON__RCX, BATON__RDX, BATON__RBX, BATON__RSP, BATON__RBP, BATON__RSI,
       BATON__RDI, BATON__RIP = 16, BATON__NO_REG = -1 };

enum { BATON__ES, BATON__CS, BATON__SS, BATON__DS, BATON__FS, BATON__GS, BATON__SEGMENTS };

struct baton__insn {
	uint8_t length; /* bytes; 0: not recognized, or not all of it is there */
	uint8_t map;	/* 1: one-byte opcodes, 2: 0F, 3: 0F 38, 4: 0F 3A, 5: VEX or EVEX */
	uint8_t opcode;
	uint8_t operand; /* size of an operand that is not a byte: 2, 4 or 8 */
	uint8_t address; /* size of an address: 2, 4 or 8 */
	bool rex, rep, prefix66;

	bool has_modrm;
	uint8_t reg, rm; /* with the bits of REX; without ModRM, rm is what the opcode names */

	bool memory; /* there is a memory operand, named by what follows */
	uint8_t segment;
	int8_t base, index;
	uint8_t scale; /* as a shift */
	int64_t disp;

	bool has_imm;
	int64_t imm; /* sign-extended; of a far pointer the offset */
	uint16_t selector;
};

/* Decodes the instruction at the beginning of `bytes`, of code of 16, 32 or 64 bits. */
struct baton__insn baton__decode(const uint8_t *bytes, size_t size, unsigned bits);

/* General register 0 to 15 by its number in instructions. */
uint64_t baton__reg(const struct baton_regs *regs, unsigned number);
void baton__reg_set(struct baton_regs *regs, unsigned number, uint64_t value);

/*
 * Offset in its segment of the memory operand of an instruction at `rip`, wrapped
 * to the size of addresses.
 */
uint64_t baton__insn_offset(const struct baton__insn *insn, const struct baton_regs *regs,
			    uint64_t rip);

/* Is it that opcode of that map? */
static inline bool baton__insn_is(const struct baton__insn *insn, unsigned map, unsigned opcode)
{
	return insn->length && insn->map == map && insn->opcode == opcode;
}

/* The same with the extension in ModRM.reg. */
static inline bool baton__insn_is_group(const struct baton__insn *insn, unsigned map,
					unsigned opcode, unsigned extension)
{
	return baton__insn_is(insn, map, opcode) && (insn->reg & 7) == extension;
}

#endif
