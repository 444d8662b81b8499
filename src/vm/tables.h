/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tables.h - reads a guest's descriptor tables: segments of the GDT and the LDT,
 * gates of the IDT. (SDM vol. 3: descriptors 3.4.5, gates 6.11 and 6.14.1.)
 */
#ifndef BATON_VM_TABLES_H
#define BATON_VM_TABLES_H

#include "vm/walk.h"

/* Where a guest keeps things: what the table registers hold, and how its addresses translate. */
struct baton__tables {
	const struct baton__memory *memory;
	struct baton__paging paging;
	uint64_t gdt, idt, ldt;
	uint16_t gdt_limit, idt_limit;
	uint32_t ldt_limit;
};

/* Base and limit of a table. */
struct baton_table_register baton__table(const struct baton__tables *tables,
					 enum baton_table table);

/*
 * The descriptor of a vector (of the IDT) or a selector, field by field. The table
 * must be the selector's; with PE off only the IDT has any.
 */
struct baton_descriptor baton__descriptor(const struct baton__tables *tables,
					  enum baton_table table, uint16_t index);

struct baton__segment {
	bool usable; /* in the GDT or the LDT, readable, present, and no gate */
	bool code;
	uint64_t base;
	unsigned bits; /* of code in it: 16, 32 or 64 */
};

/* The segment that a selector names; in real mode, and with PE off, selector times 16. */
struct baton__segment baton__segment(const struct baton__tables *tables, uint16_t selector);

/* Can an exception of that vector be delivered, as far as its gate and that gate's segment go? */
bool baton__gate_usable(const struct baton__tables *tables, unsigned vector);

#endif
