/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tables.c - descriptors and gates, as the processor would find them.
 */
#include "vm/tables.h"

#define CR0_PE	 UINT64_C(1)
#define EFER_LMA (UINT64_C(1) << 10)

/* Bits of a descriptor's upper half. */
#define DESC_CODE    (UINT64_C(1) << 43)
#define DESC_S	     (UINT64_C(1) << 44)
#define DESC_PRESENT (UINT64_C(1) << 47)
#define DESC_LONG    (UINT64_C(1) << 53)
#define DESC_BIG     (UINT64_C(1) << 54)

static bool read64(const struct baton__tables *t, uint64_t linear, uint64_t *value)
{
	return baton__walk_read(t->memory, &t->paging, linear, value, sizeof(*value)) ==
	       sizeof(*value);
}

struct baton__segment baton__segment(const struct baton__tables *tables, uint16_t selector)
{
	struct baton__segment s = { .bits = 16 };
	uint64_t d;

	if (!(tables->paging.cr0 & CR0_PE)) {
		s.usable = s.code = true;
		s.base = (uint64_t)selector << 4;
		return s;
	}
	if (selector < 4 || selector & 4 || (selector | 7) > tables->gdt_limit ||
	    !read64(tables, tables->gdt + (selector & ~7u), &d))
		return s;
	s.usable = (d & DESC_PRESENT) && (d & DESC_S);
	s.code = d & DESC_CODE;
	s.base = (d >> 16 & 0xFFFFFF) | (d >> 56) << 24;
	if (d & DESC_LONG && tables->paging.efer & EFER_LMA) {
		s.bits = 64;
		s.base = 0;
	} else if (d & DESC_BIG) {
		s.bits = 32;
	}
	return s;
}

bool baton__gate_usable(const struct baton__tables *tables, unsigned vector)
{
	bool wide = tables->paging.efer & EFER_LMA;
	unsigned size = wide ? 16 : 8, type;
	struct baton__segment s;
	uint64_t gate;

	/* In real mode any four bytes are a vector; zeroes are one that nobody set. */
	if (!(tables->paging.cr0 & CR0_PE))
		return vector * 4 + 3 <= tables->idt_limit &&
		       read64(tables, tables->idt + vector * 4, &gate) && (uint32_t)gate;
	if ((vector + 1) * size - 1 > tables->idt_limit ||
	    !read64(tables, tables->idt + (uint64_t)vector * size, &gate))
		return false;
	type = gate >> 40 & 15;
	if (!(gate & DESC_PRESENT) || (gate & DESC_S))
		return false;
	if (type == 5 && !wide) /* a task gate: its TSS is not looked at */
		return true;
	if (type != 14 && type != 15 && (wide || (type != 6 && type != 7)))
		return false;
	s = baton__segment(tables, (uint16_t)(gate >> 16));
	return s.usable && s.code && (!wide || s.bits == 64);
}
