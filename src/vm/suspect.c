/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suspect.c - a small abstract machine: registers that are known or not, control
 * registers, the tables they lead to, and nothing else. It writes no memory.
 *
 * As long as exceptions can be delivered, a faulting instruction kills nobody: it
 * would have ended in a handler. So only what breaks the delivery is to blame:
 * page tables, IDT, GDT. Once it is broken, the first exception is the end.
 */
#include "vm/suspect.h"

#include <string.h>

#define STEPS 512
#define CALLS 32
#define ALL   0xFFFFu

#define CR0_PE	 UINT64_C(1)
#define CR0_PG	 (UINT64_C(1) << 31)
#define EFER_LME (UINT64_C(1) << 8)
#define EFER_LMA (UINT64_C(1) << 10)
#define MSR_EFER 0xC0000080

struct machine {
	struct baton__tables t;
	struct baton_regs regs;
	uint32_t known; /* a bit per register */
	uint64_t cs_base, ip;
	unsigned bits;
	int paging32;
	uint64_t called[CALLS], back[CALLS]; /* targets of calls under way, and their returns */
	unsigned calls;
	struct baton__insn insn;
	uint64_t next;
	struct baton__suspect s;
	bool over;
};

static bool knows(const struct machine *m, unsigned reg)
{
	return m->known >> (reg & 15) & 1;
}

static void forget(struct machine *m, unsigned reg)
{
	m->known &= ~(1u << (reg & 15));
}

/* Writes an operand of the instruction's size, where what stays is known, too. */
static void put(struct machine *m, unsigned reg, uint64_t value)
{
	uint64_t old = baton__reg(&m->regs, reg);

	if (m->insn.operand == 2 && !knows(m, reg))
		return;
	if (m->insn.operand == 2)
		value = (old & ~UINT64_C(0xFFFF)) | (value & 0xFFFF);
	else if (m->insn.operand == 4)
		value = (uint32_t)value;
	baton__reg_set(&m->regs, reg, value);
	m->known |= 1u << (reg & 15);
}

/* Linear address of the memory operand, in flat segments. */
static bool operand_address(const struct machine *m, uint64_t *at)
{
	const struct baton__insn *in = &m->insn;

	if (!in->memory || in->segment == BATON__FS || in->segment == BATON__GS)
		return false;
	if (in->base != BATON__NO_REG && in->base != BATON__RIP && !knows(m, (unsigned)in->base))
		return false;
	if (in->index != BATON__NO_REG && !knows(m, (unsigned)in->index))
		return false;
	*at = baton__insn_offset(in, &m->regs, m->ip);
	return true;
}

static size_t read_linear(const struct machine *m, uint64_t at, void *to, size_t size)
{
	return baton__walk_read(m->t.memory, &m->t.paging, at, to, size);
}

/* --------------------------------------------------------------- verdicts */

/*
 * Names a culprit, unless there is one: who is not certain gives way to one who is,
 * and to nobody else. Returns whether it was named.
 */
static bool blame(struct machine *m, enum baton_cause cause, bool certain)
{
	if (m->s.cause != BATON_CAUSE_UNKNOWN && !certain)
		return false;
	m->s.cause = cause;
	m->s.certain = certain;
	m->s.at = m->cs_base + m->ip;
	m->s.insn = m->insn;
	m->s.has_value = false;
	read_linear(m, m->s.at, m->s.code, m->insn.length);
	m->over |= certain;
	return true;
}

static void blame_value(struct machine *m, enum baton_cause cause, bool certain, uint64_t value)
{
	if (!blame(m, cause, certain))
		return;
	m->s.has_value = true;
	m->s.value = value;
}

/*
 * The instruction raises an exception. If one cannot be delivered any more, this
 * is the end; whoever broke the delivery stays the culprit if it is known.
 */
static void raise_exception(struct machine *m, unsigned vector)
{
	if (!baton__gate_usable(&m->t, vector) && !baton__gate_usable(&m->t, 8)) {
		if (m->s.cause == BATON_CAUSE_BAD_GDT)
			m->s.certain = true;
		else
			blame(m, BATON_CAUSE_NO_IDT, true);
	}
	m->over = true;
}

/* Is what stands behind the instruction still mapped? */
static bool next_is_mapped(const struct machine *m)
{
	uint64_t at = m->cs_base + m->next;

	return baton__walk(m->t.memory, &m->t.paging, at).end == BATON_WALK_MAPPED;
}

/* ------------------------------------------------------ control registers */

static void write_cr3(struct machine *m, bool known, uint64_t value)
{
	if (!known) {
		blame(m, BATON_CAUSE_BAD_CR3, false);
		return;
	}
	m->t.paging.cr3 = value;
	if (!next_is_mapped(m))
		blame_value(m, BATON_CAUSE_BAD_CR3, true, value);
}

static void write_cr0(struct machine *m, bool known, uint64_t value)
{
	struct baton__paging *p = &m->t.paging;
	bool turns_on = value & CR0_PG && !(p->cr0 & CR0_PG);

	if (!known) {
		m->s.asks_paging32 = m->paging32 < 0 && !(p->efer & EFER_LME);
		blame(m, m->paging32 || p->efer & EFER_LME ? BATON_CAUSE_BAD_CONTROL :
							       BATON_CAUSE_NO_PAGING32, false);
		return;
	}
	p->cr0 = value;
	if (!(value & CR0_PG)) {
		p->efer &= ~EFER_LMA;
	} else if (turns_on && p->efer & EFER_LME) {
		p->efer |= EFER_LMA;
	} else if (turns_on && m->paging32 <= 0) {
		m->s.asks_paging32 = m->paging32 < 0;
		blame_value(m, BATON_CAUSE_NO_PAGING32, m->paging32 == 0, value);
	}
	if (!m->over && !next_is_mapped(m))
		blame_value(m, BATON_CAUSE_BAD_CR3, true, p->cr3);
}

/* MOV to and from control registers. */
static void move_control(struct machine *m)
{
	struct baton__paging *p = &m->t.paging;
	uint64_t *const held[] = { &p->cr0, NULL, NULL, &p->cr3, &p->cr4 };
	unsigned cr = m->insn.reg, reg = m->insn.rm;
	uint64_t value = baton__reg(&m->regs, reg);

	if (cr > 4 || !held[cr]) {
		forget(m, reg);
	} else if (m->insn.opcode == 0x20) {
		baton__reg_set(&m->regs, reg, *held[cr]);
		m->known |= 1u << reg;
	} else if (cr == 0) {
		write_cr0(m, knows(m, reg), value);
	} else if (cr == 3) {
		write_cr3(m, knows(m, reg), value);
	} else if (knows(m, reg)) {
		p->cr4 = value;
	}
}

/* RDMSR and WRMSR: EFER alone matters here. */
static void move_msr(struct machine *m)
{
	bool efer = knows(m, BATON__RCX) && (uint32_t)m->regs.rcx == MSR_EFER;
	bool write = m->insn.opcode == 0x30;

	if (write && efer && knows(m, BATON__RAX)) {
		m->t.paging.efer = (m->t.paging.efer & EFER_LMA) |
				   (m->regs.rax & 0xFFFFFFFF & ~EFER_LMA);
	} else if (!write && efer) {
		m->regs.rax = m->t.paging.efer;
		m->regs.rdx = 0;
		m->known |= 1u << BATON__RAX | 1u << BATON__RDX;
	} else if (!write) {
		forget(m, BATON__RAX);
		forget(m, BATON__RDX);
	}
}

/* LGDT and LIDT: ten bytes in 64-bit code, elsewhere six. */
static void load_table(struct machine *m, bool idt)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} d = { 0 };
	size_t size = m->bits == 64 ? 10 : 6;
	uint64_t at;

	if (!operand_address(m, &at) || read_linear(m, at, &d, size) != size) {
		blame(m, idt ? BATON_CAUSE_BAD_IDT : BATON_CAUSE_BAD_GDT, false);
		return;
	}
	if (m->insn.operand == 2 && m->bits != 64)
		d.base &= 0xFFFFFF;
	if (idt) {
		m->t.idt = d.base;
		m->t.idt_limit = d.limit;
		if (!baton__gate_usable(&m->t, 13) && !baton__gate_usable(&m->t, 8))
			blame_value(m, BATON_CAUSE_BAD_IDT, false, d.base);
		return;
	}
	m->t.gdt = d.base;
	m->t.gdt_limit = d.limit;
	/* Real mode does not care; a switch to protected mode is judged at its far jump. */
	if (m->t.paging.cr0 & CR0_PE && !baton__gate_usable(&m->t, 13))
		blame_value(m, BATON_CAUSE_BAD_GDT, false, d.base);
}

/* --------------------------------------------------------------- branches */

static void go_to(struct machine *m, uint64_t target)
{
	if (m->bits != 64)
		target = (uint32_t)target;
	if (m->bits == 16)
		target &= 0xFFFF;
	m->next = target;
}

static void call_to(struct machine *m, uint64_t target)
{
	for (unsigned i = 0; i < m->calls; i++)
		if (m->called[i] == target) {
			blame(m, BATON_CAUSE_STACK_OVERFLOW, true);
			return;
		}
	if (m->calls == CALLS) {
		m->over = true;
		return;
	}
	m->called[m->calls] = target;
	m->back[m->calls++] = m->next;
	m->next = target;
}

static void far_jump(struct machine *m)
{
	struct baton__segment s = baton__segment(&m->t, m->insn.selector);

	if (!s.usable || !s.code) {
		if (!baton__gate_usable(&m->t, 13))
			blame_value(m, BATON_CAUSE_BAD_SELECTOR, true, m->insn.selector);
		m->over = true;
		return;
	}
	m->bits = s.bits;
	m->cs_base = s.base;
	m->next = (uint64_t)m->insn.imm & 0xFFFFFFFF;
}

/* Jumps and calls through a register or memory, and RET without a CALL that was seen. */
static void lost_trace(struct machine *m)
{
	if (!baton__gate_usable(&m->t, 14))
		blame(m, BATON_CAUSE_JUMP_INTO_VOID, false);
	m->over = true;
}

/* Returns whether the instruction was a branch. */
static bool branch(struct machine *m)
{
	const struct baton__insn *in = &m->insn;
	uint64_t target = m->next + (uint64_t)in->imm;

	if (in->map == 2 && (in->opcode & 0xF0) == 0x80)
		goto conditional;
	if (in->map != 1)
		return false;
	if ((in->opcode & 0xF0) == 0x70 || (in->opcode >= 0xE0 && in->opcode <= 0xE3))
		goto conditional;
	switch (in->opcode) {
	case 0xE8:
		call_to(m, target);
		return true;
	case 0xE9:
	case 0xEB:
		go_to(m, target);
		return true;
	case 0xEA:
		far_jump(m);
		return true;
	case 0xC2:
	case 0xC3:
		if (m->calls)
			m->next = m->back[--m->calls];
		else
			lost_trace(m);
		return true;
	case 0x9A:
	case 0xCA:
	case 0xCB:
	case 0xCF:
		lost_trace(m);
		return true;
	case 0xFF:
		if (in->reg < 2 || in->reg > 5)
			return false;
		lost_trace(m);
		return true;
	default:
		return false;
	}
conditional:
	/* Not taken; but a loop behind us has left registers that we do not know. */
	if (in->imm < 0)
		m->known = 0;
	return true;
}

/* -------------------------------------------------------------- exceptions */

/* Opcodes that 64-bit code has no more (APM vol. 3, B.3). */
static bool is_gone(const struct machine *m)
{
	static const uint8_t gone[] = { 0x06, 0x07, 0x0E, 0x16, 0x17, 0x1E, 0x1F, 0x27, 0x2F, 0x37,
					0x3F, 0x60, 0x61, 0x82, 0x9A, 0xCE, 0xD4, 0xD5, 0xEA };

	return m->bits == 64 && m->insn.map == 1 && memchr(gone, m->insn.opcode, sizeof(gone));
}

/* Instructions that raise an exception whatever happens. */
static bool faults(struct machine *m)
{
	const struct baton__insn *in = &m->insn;
	/* LEA, INVLPG, prefetches and NOP name memory and do not touch it. */
	bool touches = in->map == 1 ? in->opcode != 0x8D :
				      in->map != 2 || (in->opcode != 0x01 && in->opcode != 0x0D &&
						       in->opcode != 0x18 && in->opcode != 0x1F);
	uint64_t at;

	if (is_gone(m))
		raise_exception(m, 6);
	else if (baton__insn_is(in, 1, 0xCC))
		raise_exception(m, 3);
	else if (baton__insn_is(in, 1, 0xF1))
		raise_exception(m, 1);
	else if (baton__insn_is(in, 1, 0xCD))
		raise_exception(m, (uint8_t)in->imm);
	else if (baton__insn_is(in, 2, 0x0B))
		raise_exception(m, 6);
	else if (baton__insn_is(in, 1, 0xF7) && (in->reg & 6) == 6 && !in->memory &&
		 knows(m, in->rm) && !baton__reg(&m->regs, in->rm))
		raise_exception(m, 0);
	else if (m->t.paging.cr0 & CR0_PG && touches && operand_address(m, &at) &&
		 baton__walk(m->t.memory, &m->t.paging, at).end > BATON_WALK_UNBACKED)
		raise_exception(m, 14);
	else
		return false;
	return true;
}

/* ------------------------------------------------------------ general registers */

/* ADD, OR, AND, SUB, XOR with an immediate, in a register; CMP changes nothing. */
static void group1(struct machine *m)
{
	uint64_t imm = (uint64_t)m->insn.imm, value = baton__reg(&m->regs, m->insn.rm);

	if (m->insn.memory || m->insn.reg == 7)
		return;
	if (!knows(m, m->insn.rm))
		return;
	switch (m->insn.opcode == 0x80 ? 8 : m->insn.reg) {
	case 0:
		put(m, m->insn.rm, value + imm);
		break;
	case 1:
		put(m, m->insn.rm, value | imm);
		break;
	case 4:
		put(m, m->insn.rm, value & imm);
		break;
	case 5:
		put(m, m->insn.rm, value - imm);
		break;
	case 6:
		put(m, m->insn.rm, value ^ imm);
		break;
	default:
		forget(m, m->insn.opcode == 0x80 ? m->insn.rm & 3 : m->insn.rm);
	}
}

static void copy(struct machine *m, unsigned to, unsigned from)
{
	if (knows(m, from))
		put(m, to, baton__reg(&m->regs, from));
	else
		forget(m, to);
}

/* Instructions of the first map whose effect on registers is followed. */
static bool follow(struct machine *m)
{
	const struct baton__insn *in = &m->insn;
	uint64_t at;

	switch (in->opcode) {
	case 0xB8 ... 0xBF:
		put(m, in->rm, (uint64_t)in->imm);
		return true;
	case 0x89:
		if (!in->memory)
			copy(m, in->rm, in->reg);
		return true;
	case 0x8B:
		if (in->memory)
			forget(m, in->reg);
		else
			copy(m, in->reg, in->rm);
		return true;
	case 0xC7:
		if (!in->memory)
			put(m, in->rm, (uint64_t)in->imm);
		return true;
	case 0x31:
	case 0x33:
		if (in->memory || in->reg != in->rm)
			return false;
		put(m, in->rm, 0);
		return true;
	case 0x80:
	case 0x81:
	case 0x83:
		group1(m);
		return true;
	case 0x0D:
		if (knows(m, BATON__RAX))
			put(m, BATON__RAX, m->regs.rax | (uint64_t)in->imm);
		return true;
	case 0x25:
		if (knows(m, BATON__RAX))
			put(m, BATON__RAX, m->regs.rax & (uint64_t)in->imm);
		return true;
	case 0x8D:
		if (operand_address(m, &at))
			put(m, in->reg, at);
		else
			forget(m, in->reg);
		return true;
	default:
		return false;
	}
}

/* Instructions that change no general register, or the stack pointer alone. */
static bool harmless(struct machine *m)
{
	static const uint8_t plain[] = {
		0x06, 0x0E, 0x16, 0x1E, 0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x68, 0x6A, 0x84,
		0x85, 0x88, 0x8E, 0x90, 0x9B, 0x9C, 0x9D, 0xA2, 0xA3, 0xA8, 0xA9, 0xC6, 0xE6,
		0xE7, 0xEE, 0xEF, 0xF4, 0xF5, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD,
	};
	const struct baton__insn *in = &m->insn;

	if (in->map == 2)
		return in->opcode == 0x01 || in->opcode == 0x1F || in->opcode == 0x18;
	if (in->map != 1)
		return false;
	if (memchr(plain, in->opcode, sizeof(plain)) || (in->opcode & 0xF8) == 0x50) {
		if (in->opcode == 0x88 && !in->memory)
			forget(m, in->rm & 3);
		if (in->opcode == 0xC6 && !in->memory)
			forget(m, in->rm & 3);
		forget(m, BATON__RSP);
		return true;
	}
	return in->memory && in->opcode < 0x40 && (in->opcode & 7) < 2;
}

static void move_registers(struct machine *m)
{
	const struct baton__insn *in = &m->insn;

	if (in->map == 1 && follow(m))
		return;
	if (harmless(m))
		return;
	/* Loads, and arithmetic between registers: the destination is in ModRM.reg, or .rm. */
	if (in->map == 1 && in->opcode < 0x40 && (in->opcode & 7) < 4)
		forget(m, (in->opcode & 2) || in->memory ? in->reg : in->rm);
	else if (in->map == 2 && (in->opcode & 0xF0) == 0xB0 && in->has_modrm)
		forget(m, in->reg);
	else
		m->known = 0;
}

/* -------------------------------------------------------------------- steps */

static bool fetch(struct machine *m)
{
	uint8_t bytes[BATON__INSN_MAX];
	size_t size = read_linear(m, m->cs_base + m->ip, bytes, sizeof(bytes));

	m->insn = baton__decode(bytes, size, m->bits);
	m->next = m->ip + m->insn.length;
	/* Two zeroes are an ADD; here they are memory that nobody wrote. */
	return m->insn.length && (bytes[0] || bytes[1]);
}

static void step(struct machine *m)
{
	const struct baton__insn *in = &m->insn;

	if (baton__insn_is(in, 2, 0x20) || baton__insn_is(in, 2, 0x22))
		move_control(m);
	else if (baton__insn_is(in, 2, 0x30) || baton__insn_is(in, 2, 0x32))
		move_msr(m);
	else if (in->memory && baton__insn_is_group(in, 2, 0x01, 2))
		load_table(m, false);
	else if (in->memory && baton__insn_is_group(in, 2, 0x01, 3))
		load_table(m, true);
	else if (!faults(m) && !branch(m))
		move_registers(m);
	m->ip = m->next;
}

struct baton__suspect baton__suspect(const struct baton__witness *witness)
{
	struct machine m = {
		.t = witness->tables,
		.regs = witness->regs,
		.known = witness->regs_known ? ALL : 0,
		.cs_base = witness->cs_base,
		.ip = witness->regs.rip,
		.bits = witness->bits,
		.paging32 = witness->paging32,
		.s.cause = BATON_CAUSE_UNKNOWN,
	};

	for (unsigned i = 0; i < STEPS && !m.over && fetch(&m); i++)
		step(&m);
	return m.s;
}
