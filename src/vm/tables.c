/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tables.c - descriptors and gates, as the processor would find them.
 */
#include "vm/tables.h"

#define CR0_PE	 UINT64_C(1)
#define EFER_LMA (UINT64_C(1) << 10)

/* Bits of a descriptor's first eight bytes. */
#define DESC_CODE    (UINT64_C(1) << 43)
#define DESC_S	     (UINT64_C(1) << 44)
#define DESC_PRESENT (UINT64_C(1) << 47)
#define DESC_LONG    (UINT64_C(1) << 53)
#define DESC_BIG     (UINT64_C(1) << 54)
#define DESC_PAGES   (UINT64_C(1) << 55)

/* Types of what is no segment (SDM vol. 3, table 3-2). */
enum {
	TYPE_TASK_GATE = 5,
	TYPE_INTERRUPT_16 = 6,
	TYPE_TRAP_16 = 7,
	TYPE_INTERRUPT = 14,
	TYPE_TRAP = 15,
};

/* The types that there are, a bit each; long mode has fewer. */
#define SYSTEM_TYPES	  0x0A0Eu
#define GATE_TYPES	  0xD0F0u
#define LONG_SYSTEM_TYPES 0x0A04u
#define LONG_GATE_TYPES	  0xD000u

static bool is_wide(const struct baton__tables *t)
{
	return t->paging.efer & EFER_LMA;
}

struct baton_table_register baton__table(const struct baton__tables *t, enum baton_table table)
{
	switch (table) {
	case BATON_TABLE_GDT:
		return (struct baton_table_register){ t->gdt, t->gdt_limit };
	case BATON_TABLE_LDT:
		return (struct baton_table_register){ t->ldt, t->ldt_limit };
	default:
		return (struct baton_table_register){ t->idt, t->idt_limit };
	}
}

/* Reads `size` bytes of a descriptor at `offset` of its table. */
static enum baton_descriptor_end read_bytes(const struct baton__tables *t, enum baton_table table,
					    uint32_t offset, uint32_t size, uint64_t *raw)
{
	struct baton_table_register r = baton__table(t, table);

	if (offset + size - 1 > r.limit)
		return BATON_DESCRIPTOR_BEYOND;
	return baton__walk_read(t->memory, &t->paging, r.base + offset, raw, size) == size ?
		       BATON_DESCRIPTOR_THERE : BATON_DESCRIPTOR_UNMAPPED;
}

static enum baton_descriptor_kind kind_of(uint64_t low, bool wide)
{
	unsigned type = 1u << (low >> 40 & 15);

	if (low & DESC_S)
		return low & DESC_CODE ? BATON_DESCRIPTOR_CODE : BATON_DESCRIPTOR_DATA;
	if (type & (wide ? LONG_SYSTEM_TYPES : SYSTEM_TYPES))
		return BATON_DESCRIPTOR_SYSTEM;
	if (type & (wide ? LONG_GATE_TYPES : GATE_TYPES))
		return BATON_DESCRIPTOR_GATE;
	return BATON_DESCRIPTOR_INVALID;
}

static uint32_t bits_of(const struct baton_descriptor *d, bool wide)
{
	if (d->kind == BATON_DESCRIPTOR_CODE && wide && d->raw[0] & DESC_LONG)
		return 64;
	if (d->kind == BATON_DESCRIPTOR_CODE || d->kind == BATON_DESCRIPTOR_DATA)
		return d->raw[0] & DESC_BIG ? 32 : 16;
	if (wide)
		return 64;
	return d->type & 8 ? 32 : 16;
}

/* Fills in the fields of what is not a real-mode vector. */
static void decode(struct baton_descriptor *d, bool wide)
{
	uint64_t low = d->raw[0];

	d->kind = kind_of(low, wide);
	d->type = low >> 40 & 15;
	d->bits = bits_of(d, wide);
	d->dpl = low >> 45 & 3;
	d->present = low & DESC_PRESENT;
	if (d->kind == BATON_DESCRIPTOR_GATE) {
		d->offset = (low & 0xFFFF) | (low >> 48) << 16 | d->raw[1] << 32;
		d->selector = (uint16_t)(low >> 16);
		d->ist = wide && d->table == BATON_TABLE_IDT ? low >> 32 & 7 : 0;
	} else if (d->kind != BATON_DESCRIPTOR_INVALID) {
		d->base = (low >> 16 & 0xFFFFFF) | (low >> 56) << 24 | d->raw[1] << 32;
		d->limit = (uint32_t)((low & 0xFFFF) | (low >> 32 & 0xF0000));
		if (low & DESC_PAGES)
			d->limit = d->limit << 12 | 0xFFF;
	}
}

static void read_vector(const struct baton__tables *t, struct baton_descriptor *d)
{
	d->at = t->idt + d->index * UINT64_C(4);
	d->end = read_bytes(t, BATON_TABLE_IDT, d->index * 4u, 4, d->raw);
	if (d->end != BATON_DESCRIPTOR_THERE)
		return;
	d->kind = BATON_DESCRIPTOR_VECTOR;
	d->size = 4;
	d->bits = 16;
	d->present = true;
	d->offset = d->raw[0] & 0xFFFF;
	d->selector = (uint16_t)(d->raw[0] >> 16);
}

struct baton_descriptor baton__descriptor(const struct baton__tables *tables,
					  enum baton_table table, uint16_t index)
{
	struct baton_descriptor d = { .table = table, .index = index };
	bool wide = is_wide(tables), gate = table == BATON_TABLE_IDT;
	uint32_t size = gate && wide ? 16 : 8, offset = gate ? index * size : index & ~7u;
	uint64_t raw[2] = { 0 };

	if (!(tables->paging.cr0 & CR0_PE)) {
		read_vector(tables, &d);
		return d;
	}
	d.at = baton__table(tables, table).base + offset;
	d.end = read_bytes(tables, table, offset, size, raw);
	/* In long mode what is no segment is as wide as a gate. */
	if (d.end == BATON_DESCRIPTOR_THERE && wide && !gate && !(raw[0] & DESC_S)) {
		size = 16;
		d.end = read_bytes(tables, table, offset, size, raw);
	}
	if (table == BATON_TABLE_GDT && index < 4)
		d.end = BATON_DESCRIPTOR_NULL;
	if (d.end != BATON_DESCRIPTOR_THERE)
		return d;
	d.raw[0] = raw[0];
	d.raw[1] = raw[1];
	d.size = size;
	decode(&d, wide);
	return d;
}

struct baton__segment baton__segment(const struct baton__tables *tables, uint16_t selector)
{
	struct baton__segment s = { .bits = 16 };
	struct baton_descriptor d;

	if (!(tables->paging.cr0 & CR0_PE)) {
		s.usable = s.code = true;
		s.base = (uint64_t)selector << 4;
		return s;
	}
	d = baton__descriptor(tables, selector & 4 ? BATON_TABLE_LDT : BATON_TABLE_GDT, selector);
	if (d.kind != BATON_DESCRIPTOR_CODE && d.kind != BATON_DESCRIPTOR_DATA)
		return s;
	s.usable = d.present;
	s.code = d.kind == BATON_DESCRIPTOR_CODE;
	s.bits = d.bits;
	s.base = s.bits == 64 ? 0 : d.base;
	return s;
}

bool baton__gate_usable(const struct baton__tables *tables, unsigned vector)
{
	struct baton_descriptor d = baton__descriptor(tables, BATON_TABLE_IDT, (uint16_t)vector);
	struct baton__segment s;

	/* In real mode any four bytes are a vector; zeroes are one that nobody set. */
	if (d.kind == BATON_DESCRIPTOR_VECTOR)
		return d.raw[0];
	if (d.kind != BATON_DESCRIPTOR_GATE || !d.present)
		return false;
	if (d.type == TYPE_TASK_GATE) /* its TSS is not looked at */
		return true;
	if (d.type != TYPE_INTERRUPT && d.type != TYPE_TRAP && d.type != TYPE_INTERRUPT_16 &&
	    d.type != TYPE_TRAP_16)
		return false;
	s = baton__segment(tables, d.selector);
	return s.usable && s.code && (!is_wide(tables) || s.bits == 64);
}
