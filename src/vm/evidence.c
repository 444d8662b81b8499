/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.c - what a report shows beside its verdict: how the addresses in
 * question translate, and the descriptors that the processor wanted.
 *
 * No rule goes by it. A guest's tables may say anything; what is read of them is
 * bounded by the levels of a walk and by the roles that a descriptor can have.
 */
#include "base/arith.h"
#include "vm/scene.h"

#define CR0_PE UINT64_C(1)

#define DOUBLE_FAULT 8
#define PAGE_FAULT   14

/* Error codes that name a descriptor (SDM vol. 3, 6.13). */
#define SEL_IDT 2u
#define SEL_LDT 4u

static void add_walk(struct baton__scene *s, uint64_t linear)
{
	struct baton_death *d = s->d;

	d->walks[d->walk_count++] = baton__walk(&s->vm->memory, &s->f.tables.paging, linear);
}

static const struct baton_descriptor *add(struct baton__scene *s, enum baton_descriptor_role role,
					  enum baton_table table, uint16_t index)
{
	struct baton_death *d = s->d;
	struct baton_descriptor one = baton__descriptor(&s->f.tables, table, index);

	for (uint32_t i = 0; i < d->descriptor_count; i++)
		if (d->descriptors[i].table == table && d->descriptors[i].at == one.at)
			return &d->descriptors[i];
	one.role = role;
	d->descriptors[d->descriptor_count] = one;
	return &d->descriptors[d->descriptor_count++];
}

static const struct baton_descriptor *add_selector(struct baton__scene *s,
						   enum baton_descriptor_role role,
						   uint16_t selector)
{
	return add(s, role, selector & SEL_LDT ? BATON_TABLE_LDT : BATON_TABLE_GDT, selector);
}

/* The gate of a vector and, if nothing can be delivered through it, the segment it names. */
static void add_gate(struct baton__scene *s, unsigned vector)
{
	const struct baton_descriptor *gate = add(s, BATON_ROLE_EXCEPTION, BATON_TABLE_IDT,
						  (uint16_t)vector);

	if (gate->kind == BATON_DESCRIPTOR_GATE && !baton__gate_usable(&s->f.tables, vector))
		add_selector(s, BATON_ROLE_HANDLER, gate->selector);
}

static void add_named_by_error_code(struct baton__scene *s)
{
	const struct baton_death *d = s->d;
	bool names = d->vector >= 10 && d->vector <= 13 && (uint16_t)d->error_code & ~1u;

	if (!names)
		return;
	if (!(d->error_code & SEL_IDT))
		add_selector(s, BATON_ROLE_ERROR_CODE, d->error_code & 0xFFFC);
	else if (!s->f.has_number) /* else it is that gate; not every emulator counts right */
		add(s, BATON_ROLE_ERROR_CODE, BATON_TABLE_IDT, d->error_code >> 3 & 0xFF);
}

static void describe_tables(struct baton__scene *s)
{
	struct baton_death *d = s->d;

	for (int i = 0; i < BATON_TABLES; i++)
		d->tables[i] = baton__table(&s->f.tables, (enum baton_table)i);
	if (d->vector >= 0)
		add_gate(s, (unsigned)d->vector);
	else if (d->kind == BATON_DEATH_SHUTDOWN)
		add_gate(s, DOUBLE_FAULT);
	if (s->f.has_number)
		add(s, BATON_ROLE_INT, BATON_TABLE_IDT, s->f.number);
	add_named_by_error_code(s);
	if (d->cr0 & CR0_PE && !s->f.cs_usable)
		add_selector(s, BATON_ROLE_CS, (uint16_t)d->cs);
}

/* As much as there is without a gap: all, or what lies in the page that the code is in. */
static void take_code_before(struct baton__scene *s)
{
	struct baton_death *d = s->d;
	size_t size = baton__min(sizeof(d->before), d->regs.rip); /* not below the segment's start */

	if (!d->code_size)
		return;
	if (baton__scene_read_code(s, d->address - size, d->before, size) != size) {
		size = baton__min(size, d->address & (BATON__PAGE - 1));
		size = baton__scene_read_code(s, d->address - size, d->before, size);
	}
	d->before_size = (uint32_t)size;
}

void baton__scene_evidence(struct baton__scene *s)
{
	struct baton_death *d = s->d;

	take_code_before(s);
	if (!d->has_sregs)
		return;
	add_walk(s, d->address);
	if (d->vector == PAGE_FAULT && d->cr2 != d->address)
		add_walk(s, d->cr2);
	describe_tables(s);
}
