/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.h - from linear addresses to GPAs, by the guest's own page tables.
 * (SDM vol. 3, chapter 4; APM vol. 2, chapter 5.)
 *
 * We walk them ourselves: KVM_TRANSLATE needs a vCPU that is alive, calls every
 * address valid without paging, and says nothing of where a walk ended. A walk
 * reads guest memory and nothing else; it sets no accessed bits and checks no
 * permissions, but reports them.
 */
#ifndef BATON_VM_WALK_H
#define BATON_VM_WALK_H

#include "vm/memory.h"

/* The registers that decide how an address is translated. */
struct baton__paging {
	uint64_t cr0, cr3, cr4, efer;
};

enum baton__walk_end {
	BATON__WALK_MAPPED,
	BATON__WALK_UNBACKED,	   /* mapped, or not translated at all, but there is no memory */
	BATON__WALK_NOT_PRESENT,   /* an entry says so */
	BATON__WALK_NO_TABLE,	   /* a table lies where there is no memory */
	BATON__WALK_NON_CANONICAL, /* the upper bits differ: no walk at all */
};

struct baton__walk {
	enum baton__walk_end end;
	baton_gpa_t gpa;   /* MAPPED and UNBACKED: where it leads */
	unsigned level;	   /* of the last entry read: 1 maps 4 KiB; 0: there was no walk */
	baton_gpa_t entry; /* GPA of that entry, or of the one that cannot be read */
	uint64_t value;	   /* of that entry */
	bool writable, user, executable; /* all entries agree */
};

struct baton__walk baton__walk(const struct baton__memory *memory,
			       const struct baton__paging *paging, uint64_t linear);

/* Reads up to `size` bytes at a linear address; returns how many there are from its start on. */
size_t baton__walk_read(const struct baton__memory *memory, const struct baton__paging *paging,
			uint64_t linear, void *to, size_t size);

#endif
