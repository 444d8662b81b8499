/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.h - from linear addresses to GPAs, by the guest's own page tables.
 * (SDM vol. 3, chapter 4; APM vol. 2, chapter 5.)
 *
 * We walk them ourselves: KVM_TRANSLATE needs a vCPU that is alive, calls every
 * address valid without paging, and says nothing of where a walk ended. A walk
 * reads guest memory and nothing else; it sets no accessed bits, and neither
 * permissions nor reserved bits stop it: it reports them.
 */
#ifndef BATON_VM_WALK_H
#define BATON_VM_WALK_H

#include "vm/memory.h"

/* The registers that decide how an address is translated. */
struct baton__paging {
	uint64_t cr0, cr3, cr4, efer;
};

/* Where an address leads, and every entry on the way. */
struct baton_walk baton__walk(const struct baton__memory *memory,
			       const struct baton__paging *paging, uint64_t linear);

/* Reads up to `size` bytes at a linear address; returns how many there are from its start on. */
size_t baton__walk_read(const struct baton__memory *memory, const struct baton__paging *paging,
			uint64_t linear, void *to, size_t size);

#endif
