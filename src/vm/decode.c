/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.c - instruction lengths by two tables, one character per opcode.
 */
#include "vm/decode.h"

#include <string.h>

/*
 * What follows an opcode:
 *	.  nothing	b  8-bit immediate	w  16-bit	z  16 or 32 bits, by operand size
 *	v  as z, or 64 bits	o  an address	p  a far pointer	e  ENTER's 16 and 8 bits
 *	m  ModRM	B  ModRM and b	Z  ModRM and z	g, G  group 3: B or Z if it is TEST, else m
 *	r  16 or 32 bits, 32 in 64-bit code
 *	x  a prefix, or the way to another map; taken care of before
 */
static const char one_byte[16][17] = {
	"mmmmbz..mmmmbz.x", /* 00 */
	"mmmmbz..mmmmbz..",
	"mmmmbzx.mmmmbzx.",
	"mmmmbzx.mmmmbzx.",
	"................", /* 40: INC and DEC, or REX */
	"................",
	"..mmxxxxzZbB....",
	"bbbbbbbbbbbbbbbb",
	"BZBBmmmmmmmmmmmm", /* 80 */
	"..........p.....",
	"oooo....bz......",
	"bbbbbbbbvvvvvvvv",
	"BBw.mmBZe.w..b..", /* C0 */
	"mmmmbb..mmmmmmmm",
	"bbbbbbbbrrpb....",
	"x.xx..gG......mm",
};

static const char two_byte[16][17] = {
	"mmmm......m..m.B", /* 00 */
	"mmmmmmmmmmmmmmmm",
	"mmmmmmmmmmmmmmmm",
	"........x.x.....",
	"mmmmmmmmmmmmmmmm", /* 40 */
	"mmmmmmmmmmmmmmmm",
	"mmmmmmmmmmmmmmmm",
	"BBBBmmm.mmmmmmmm",
	"rrrrrrrrrrrrrrrr", /* 80 */
	"mmmmmmmmmmmmmmmm",
	"...mBm.....mBmmm",
	"mmmmmmmmmmBmmmmm",
	"mmBmBBBm........", /* C0 */
	"mmmmmmmmmmmmmmmm",
	"mmmmmmmmmmmmmmmm",
	"mmmmmmmmmmmmmmmm",
};

/* The bytes and what is known of them so far. */
struct cursor {
	const uint8_t *bytes;
	size_t size, at;
	unsigned bits;
	bool failed;
	uint8_t rex;
};

static uint8_t take(struct cursor *c)
{
	if (c->at >= c->size || c->at >= BATON__INSN_MAX) {
		c->failed = true;
		return 0;
	}
	return c->bytes[c->at++];
}

/* A little-endian number of 0 to 8 bytes, sign-extended. */
static int64_t take_signed(struct cursor *c, unsigned bytes)
{
	uint64_t value = 0;
	unsigned unused = 64 - 8 * bytes;

	if (!bytes)
		return 0;
	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)take(c) << (8 * i);
	return (int64_t)(value << unused) >> unused;
}

/* --------------------------------------------------------------- prefixes */

/* Eats prefixes and REX; returns the byte behind them. */
static uint8_t take_prefixes(struct cursor *c, struct baton__insn *in)
{
	static const uint8_t segments[] = { 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65 };
	bool address_prefix = false;
	uint8_t byte;

	for (;;) {
		const uint8_t *segment;

		byte = take(c);
		segment = memchr(segments, byte, sizeof(segments));
		if (segment)
			in->segment = (uint8_t)(segment - segments);
		else if (byte == 0x66)
			in->prefix66 = true;
		else if (byte == 0x67)
			address_prefix = true;
		else if (byte == 0xF2 || byte == 0xF3)
			in->rep = true;
		else if (byte != 0xF0)
			break;
		if (c->failed)
			return 0;
	}
	if (c->bits == 64 && (byte & 0xF0) == 0x40) {
		c->rex = byte;
		in->rex = true;
		byte = take(c);
	}
	in->operand = (c->bits == 16) != in->prefix66 ? 2 : 4;
	if (c->rex & 8)
		in->operand = 8;
	if (c->bits == 64)
		in->address = address_prefix ? 4 : 8;
	else
		in->address = (c->bits == 16) != address_prefix ? 2 : 4;
	return byte;
}

/* ---------------------------------------------------------------- operands */

/* 16-bit addressing: base and index come in fixed pairs. */
static void take_memory16(struct cursor *c, struct baton__insn *in, unsigned mod, unsigned rm)
{
	static const int8_t bases[] = { BATON__RBX, BATON__RBX, BATON__RBP, BATON__RBP,
					BATON__RSI, BATON__RDI, BATON__RBP, BATON__RBX };
	static const int8_t indexes[] = { BATON__RSI, BATON__RDI, BATON__RSI, BATON__RDI,
					  BATON__NO_REG, BATON__NO_REG, BATON__NO_REG,
					  BATON__NO_REG };
	bool absolute = mod == 0 && rm == 6;

	in->base = absolute ? BATON__NO_REG : bases[rm];
	in->index = indexes[rm];
	in->disp = take_signed(c, absolute ? 2 : mod);
}

static void take_memory(struct cursor *c, struct baton__insn *in, unsigned mod, unsigned rm)
{
	unsigned rex_b = (c->rex & 1) << 3, rex_x = (c->rex & 2) << 2;
	unsigned disp = mod == 1 ? 1 : mod == 2 ? 4 : 0;

	in->base = (int8_t)(rm | rex_b);
	if (rm == 4) {
		uint8_t sib = take(c);
		unsigned index = (sib >> 3 & 7) | rex_x;

		in->scale = sib >> 6;
		in->index = index == 4 ? BATON__NO_REG : (int8_t)index;
		in->base = (int8_t)((sib & 7) | rex_b);
		if ((sib & 7) == 5 && mod == 0) {
			in->base = BATON__NO_REG;
			disp = 4;
		}
	} else if (rm == 5 && mod == 0) {
		in->base = c->bits == 64 ? BATON__RIP : BATON__NO_REG;
		disp = 4;
	}
	in->disp = take_signed(c, disp);
}

static void take_modrm(struct cursor *c, struct baton__insn *in)
{
	uint8_t modrm = take(c);
	unsigned mod = modrm >> 6, rm = modrm & 7;
	/* Moves to and from control and debug registers take registers, whatever mod says. */
	bool registers = mod == 3 || (in->map == 2 && in->opcode >= 0x20 && in->opcode <= 0x23);

	in->has_modrm = true;
	in->reg = (uint8_t)((modrm >> 3 & 7) | (c->rex & 4) << 1);
	in->rm = (uint8_t)(rm | (c->rex & 1) << 3);
	if (registers)
		return;
	in->memory = true;
	if (in->address == 2)
		take_memory16(c, in, mod, rm);
	else
		take_memory(c, in, mod, rm);
}

static void take_imm(struct cursor *c, struct baton__insn *in, unsigned bytes)
{
	in->imm = take_signed(c, bytes);
	in->has_imm = true;
}

static void take_operands(struct cursor *c, struct baton__insn *in, char what)
{
	unsigned z = in->operand == 2 ? 2 : 4;

	in->rm = (uint8_t)((in->opcode & 7) | (c->rex & 1) << 3);
	if (strchr("mBZgG", what))
		take_modrm(c, in);
	switch (what) {
	case 'g':
		what = (in->reg & 7) < 2 ? 'B' : 'm';
		break;
	case 'G':
		what = (in->reg & 7) < 2 ? 'Z' : 'm';
		break;
	default:
		break;
	}
	switch (what) {
	case 'b':
	case 'B':
		take_imm(c, in, 1);
		break;
	case 'w':
		take_imm(c, in, 2);
		break;
	case 'z':
	case 'Z':
		take_imm(c, in, z);
		break;
	case 'r':
		take_imm(c, in, c->bits == 64 ? 4 : z);
		break;
	case 'v':
		take_imm(c, in, in->operand);
		break;
	case 'e':
		take_imm(c, in, 2);
		take(c);
		break;
	case 'p':
		take_imm(c, in, z);
		in->selector = (uint16_t)take_signed(c, 2);
		break;
	case 'o':
		in->memory = true;
		in->base = in->index = BATON__NO_REG;
		in->disp = take_signed(c, in->address);
		break;
	default:
		break;
	}
}

/* C4, C5 and 62 are VEX and EVEX in 64-bit code, and elsewhere if they name no memory. */
static bool is_vex(const struct cursor *c, uint8_t byte)
{
	return (byte == 0xC4 || byte == 0xC5 || byte == 0x62) &&
	       (c->bits == 64 || (c->at < c->size && c->bytes[c->at] >= 0xC0));
}

struct baton__insn baton__decode(const uint8_t *bytes, size_t size, unsigned bits)
{
	struct baton__insn in = { .map = 1, .base = BATON__NO_REG, .index = BATON__NO_REG,
				  .segment = BATON__SEGMENTS };
	struct cursor c = { .bytes = bytes, .size = size, .bits = bits };
	char what;

	in.opcode = take_prefixes(&c, &in);
	if (is_vex(&c, in.opcode)) {
		in.map = 5;
		return in;
	}
	what = one_byte[in.opcode >> 4][in.opcode & 15];
	if (in.opcode == 0x0F) {
		in.map = 2;
		in.opcode = take(&c);
		what = two_byte[in.opcode >> 4][in.opcode & 15];
		if (in.opcode == 0x38 || in.opcode == 0x3A) {
			in.map = in.opcode == 0x38 ? 3 : 4;
			in.opcode = take(&c);
			what = in.map == 3 ? 'm' : 'B';
		}
	}
	if (what == 'x') /* a second REX, or the like */
		c.failed = true;
	take_operands(&c, &in, what);
	if (in.segment == BATON__SEGMENTS) {
		bool stack = in.memory && (in.base == BATON__RSP || in.base == BATON__RBP);

		in.segment = stack ? BATON__SS : BATON__DS;
	}
	in.length = c.failed ? 0 : (uint8_t)c.at;
	return in;
}

/* --------------------------------------------------------------- registers */

/* struct baton_regs has KVM's order; instructions have another. */
static uint64_t *reg_of(struct baton_regs *r, unsigned number)
{
	uint64_t *const regs[] = { &r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp,
				   &r->rsi, &r->rdi, &r->r8,  &r->r9,  &r->r10, &r->r11,
				   &r->r12, &r->r13, &r->r14, &r->r15 };

	return regs[number & 15];
}

uint64_t baton__reg(const struct baton_regs *regs, unsigned number)
{
	return *reg_of((struct baton_regs *)regs, number);
}

void baton__reg_set(struct baton_regs *regs, unsigned number, uint64_t value)
{
	*reg_of(regs, number) = value;
}

uint64_t baton__insn_offset(const struct baton__insn *insn, const struct baton_regs *regs,
			    uint64_t rip)
{
	uint64_t offset = (uint64_t)insn->disp;

	if (insn->base == BATON__RIP)
		offset += rip + insn->length;
	else if (insn->base != BATON__NO_REG)
		offset += baton__reg(regs, (unsigned)insn->base);
	if (insn->index != BATON__NO_REG)
		offset += baton__reg(regs, (unsigned)insn->index) << insn->scale;
	if (insn->address == 8)
		return offset;
	return offset & ((UINT64_C(1) << insn->address * 8) - 1);
}
