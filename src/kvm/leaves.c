/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaves.c - see leaves.h. Asks KVM for nothing: system.c has done so.
 */
#include "kvm/leaves.h"

#include <linux/kvm.h>

#include "kvm/system.h"

enum { EAX, EBX, ECX, EDX };

/* Takes out what is of one processor, not of all. False: the whole leaf is. */
static bool make_common(struct baton__leaf *leaf)
{
	switch (leaf->function) {
	case 0x1: /* APIC ID, and how many there are */
		leaf->reg[EBX] &= 0xFFFF;
		return true;
	case 0x4: /* who shares a cache with whom */
	case 0x8000001D:
		leaf->reg[EAX] &= 0x3FFF;
		return true;
	case 0x80000008: /* how many cores there are */
		leaf->reg[ECX] = 0;
		return true;
	case 0xB: /* topology */
	case 0x1F:
	case 0x8000001E:
	case 0x80000026:
		return false;
	default:
		return true;
	}
}

uint32_t baton__leaves_of(const struct baton__system *system, struct baton__leaf *leaves,
			  uint32_t room)
{
	const struct kvm_cpuid2 *table = system->cpuid;
	uint32_t count = 0;

	for (uint32_t i = 0; i < table->nent && count < BATON__LEAVES; i++) {
		const struct kvm_cpuid_entry2 *e = &table->entries[i];
		struct baton__leaf leaf = { e->function, e->index, { e->eax, e->ebx, e->ecx, e->edx } };

		if (!make_common(&leaf))
			continue;
		if (count < room)
			leaves[count] = leaf;
		count++;
	}
	return count;
}

bool baton__leaf_is_name(const struct baton__leaf *leaf)
{
	return leaf->function >= 0x80000002 && leaf->function <= 0x80000004;
}
