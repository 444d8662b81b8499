/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.c - sorts accesses by who serves them, and instructions by their first bytes.
 */
#include "access.h"

#include <string.h>

#include "baton/abi.h"

static enum access_sort foreign(const char **why, const char *what)
{
	*why = what;
	return ACCESS_FOREIGN;
}

static enum access_sort call_sort(uint64_t port, const char **why)
{
	switch (port) {
	case BATON_CALL_VERSION:
	case BATON_CALL_ARGUMENT:
	case BATON_CALL_YIELD:
	case BATON_CALL_ASSERT:
		return ACCESS_OWN;
	case BATON_CALL_PRINT:
	case BATON_CALL_LABEL:
	case BATON_CALL_SLEEP: /* the others may take any time they like as it is */
		return ACCESS_DROPPED;
	case BATON_CALL_CHOOSE:
		return ACCESS_CHOICE;
	case BATON_CALL_TIMER:
		return ACCESS_TIMER;
	case BATON_CALL_RING:
	case BATON_CALL_WAIT:
	case BATON_CALL_ENTER:
	case BATON_CALL_LEAVE:
		return ACCESS_CALL;
	case BATON_CALL_TIME:
		return foreign(why, "it asks for the time");
	case BATON_CALL_RANDOM:
		return foreign(why, "it draws one of 2^32 random numbers; `choose` is the call for a few");
	case BATON_CALL_EXITS:
		return foreign(why, "it asks how many exits it has had");
	default:
		return foreign(why, "it works with files");
	}
}

enum access_sort access_sort(const char *device, const struct baton_access *a, const char **why)
{
	if (!strcmp(device, "region"))
		return ACCESS_SHARED;
	if (!strcmp(device, "hypercalls"))
		return call_sort(a->addr, why);
	if (!strcmp(device, "console"))
		return ACCESS_DROPPED;
	if (!strcmp(device, "course") && !a->write)
		return foreign(why, "it asks how many exits it has had");
	return ACCESS_CALL;
}

static bool read_call(const struct baton_access *a, void *call, size_t size)
{
	return a->size == 4 && a->write && !baton_vm_read(a->vm, a->data, call, size);
}

bool access_choice(const struct baton_access *a, struct baton_call_choose *call)
{
	return read_call(a, call, sizeof(*call));
}

bool access_timer(const struct baton_access *a, struct baton_call_timer *call)
{
	return read_call(a, call, sizeof(*call)) && call->line < BATON_IRQ_LINES;
}

/* ------------------------------------------------------------- instructions */

/* An instruction's prefixes, and where its opcode is. */
struct opcode {
	bool lock;
	const uint8_t *at;
	size_t left;
};

static struct opcode opcode_of(const uint8_t *code, size_t size, unsigned bits)
{
	static const uint8_t legacy[] = { 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65,
					  0x66, 0x67, 0xF2, 0xF3, 0xF0 };
	struct opcode o = { false, code, size };

	while (o.left && memchr(legacy, *o.at, sizeof(legacy))) {
		o.lock = o.lock || *o.at == 0xF0;
		o.at++;
		o.left--;
	}
	if (bits == 64 && o.left && (*o.at & 0xF0) == 0x40) {
		o.at++;
		o.left--;
	}
	return o;
}

/* Is there a ModR/M byte behind the opcode's bytes, that names memory? */
static bool names_memory(const struct opcode *o, size_t opcode)
{
	return o->left > opcode && o->at[opcode] >> 6 != 3;
}

static bool is_atomic(const struct opcode *o)
{
	return o->lock || (o->left && (*o->at & 0xFE) == 0x86 && names_memory(o, 1));
}

bool access_is_atomic(const uint8_t *code, size_t size, unsigned bits)
{
	const struct opcode o = opcode_of(code, size, bits);

	return is_atomic(&o);
}

bool access_is_fence(const uint8_t *code, size_t size, unsigned bits)
{
	const struct opcode o = opcode_of(code, size, bits);

	if (is_atomic(&o))
		return true;
	if (o.left && o.at[0] == 0xCF) /* IRET */
		return true;
	if (o.left < 2 || o.at[0] != 0x0F)
		return false;
	switch (o.at[1]) {
	case 0x00: /* LLDT and LTR: /2, /3 */
		return o.left > 2 && (o.at[2] >> 3 & 6) == 2;
	case 0x01: /* LGDT, LIDT and INVLPG: /2, /3, /7 of memory; SERIALIZE */
		return o.left > 2 && (names_memory(&o, 2) ? 0x8C >> (o.at[2] >> 3 & 7) & 1 : o.at[2] == 0xE8);
	case 0x22: /* MOV to a control register … */
	case 0x23: /* … and to a debug register */
	case 0x30: /* WRMSR */
	case 0x08: /* INVD */
	case 0x09: /* WBINVD */
	case 0xA2: /* CPUID */
		return true;
	case 0xAE: /* MFENCE: register form, /6; not LFENCE, nor SFENCE, which orders nothing here */
		return o.left > 2 && (o.at[2] & 0xF8) == 0xF0;
	default:
		return false;
	}
}

bool access_is_past(const uint8_t *code, size_t size, bool counted)
{
	if (size < 2 || code[1] != 0xFE)
		return false;
	if (code[0] >= 0xE0 && code[0] <= 0xE2) /* LOOPNE, LOOPE, LOOP */
		return counted;
	/* JMP, Jcc, JCXZ */
	return code[0] == 0xEB || (code[0] & 0xF0) == 0x70 || code[0] == 0xE3;
}

/* An IRET that leads to an IRET is told by the stack. */
bool access_has_left(const struct access_spot *spot, const struct baton_regs *r, const uint8_t *code,
		     size_t size, bool on)
{
	return r->rip != spot->rip || r->rsp != spot->rsp ||
	       (on && access_is_past(code, size, r->rcx != spot->rcx));
}

size_t access_shadows(const uint8_t *code, size_t size, unsigned bits, bool on)
{
	const struct opcode o = opcode_of(code, size, bits);
	size_t prefixes = size - o.left;

	if (!o.left)
		return 0;
	if (o.at[0] == 0xFB) /* STI */
		return on ? 0 : prefixes + 1;
	if (o.at[0] == 0x17 && bits != 64) /* POP SS */
		return prefixes + 1;
	/* MOV to SS: register form, /2 */
	return o.at[0] == 0x8E && o.left > 1 && (o.at[1] & 0xF8) == 0xD0 ? prefixes + 2 : 0;
}
