/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.h - what VMs have in memory of their own, as numbers: each page once, whoever has it.
 *
 * Of each VM there is a copy as it was last seen, and the numbers of its pages. What it has at
 * one moment is the list of those pages that are not as they were at the first one.
 */
#ifndef BATON_EXPLORE_MEMORY_H
#define BATON_EXPLORE_MEMORY_H

#include "baton/control.h"
#include "store.h"

/* What all VMs share. Begin with { 0 }. */
struct memories {
	struct store pages, changes;
};

struct memory {
	struct baton_vm *vm;
	uint64_t page_count;
	uint8_t *seen;	 /* all of it */
	uint32_t *pages; /* and the numbers of its pages: 0 is all zeroes … */
	uint32_t *first; /* … as they were at the first moment; NULL before it */
};

/* 0 or -ENOMEM; memories_fini() after either. */
int memories_init(struct memories *memories);
void memories_fini(struct memories *memories);

/* The same of one VM, between runs. */
int memory_init(struct memory *memory, struct baton_vm *vm);
void memory_fini(struct memory *memory);

/* Looks which pages have changed. The first look is at the first moment. 0 or -errno. */
int memory_look(struct memories *memories, struct memory *memory);

/* The number of what was seen last, or STORE_NONE: out of memory. */
uint32_t memory_number(struct memories *memories, const struct memory *memory);

/* Puts back what has that number, whatever is there now. 0 or -errno. */
int memory_put(struct memories *memories, struct memory *memory, uint32_t number);

#endif
