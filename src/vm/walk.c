/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.c - 32-bit, PAE, 4-level and 5-level page tables in one loop: they differ
 * in the number of levels, the width of an entry and the bits of an index.
 */
#include "vm/walk.h"

#include "base/arith.h"

#define CR0_PG	 (UINT64_C(1) << 31)
#define CR4_PSE	 (UINT64_C(1) << 4)
#define CR4_PAE	 (UINT64_C(1) << 5)
#define CR4_LA57 (UINT64_C(1) << 12)
#define EFER_LMA (UINT64_C(1) << 10)
#define EFER_NXE (UINT64_C(1) << 11)

#define PTE_P  UINT64_C(1)
#define PTE_W  UINT64_C(2)
#define PTE_U  UINT64_C(4)
#define PTE_PS UINT64_C(0x80)
#define PTE_NX (UINT64_C(1) << 63)

#define FRAME UINT64_C(0x000FFFFFFFFFF000)

struct format {
	unsigned levels;
	unsigned index_bits;
	unsigned entry_bytes;
	unsigned large; /* highest level at which PS maps a page */
	uint64_t root;
};

static struct format format_of(const struct baton__paging *p)
{
	if (p->efer & EFER_LMA)
		return (struct format){ p->cr4 & CR4_LA57 ? 5 : 4, 9, 8, 3, p->cr3 & FRAME };
	if (p->cr4 & CR4_PAE)
		return (struct format){ 3, 9, 8, 2, p->cr3 & 0xFFFFFFE0 };
	return (struct format){ 2, 10, 4, p->cr4 & CR4_PSE ? 2 : 0, p->cr3 & 0xFFFFF000 };
}

static bool canonical(uint64_t linear, const struct format *f)
{
	unsigned unused = 64 - (12 + f->levels * f->index_bits);

	return (uint64_t)((int64_t)(linear << unused) >> unused) == linear;
}

/* The frame of a large page. In 32-bit tables bits 13 to 20 hold its bits 32 to 39 (PSE-36). */
static uint64_t large_frame(uint64_t entry, uint64_t size, const struct format *f)
{
	uint64_t frame = entry & FRAME & ~(size - 1);

	return f->entry_bytes == 4 ? frame | (entry >> 13 & 0xFF) << 32 : frame;
}

static void arrive(struct baton__walk *w, const struct baton__memory *memory, uint64_t gpa)
{
	w->gpa = gpa;
	w->end = gpa < memory->size ? BATON__WALK_MAPPED : BATON__WALK_UNBACKED;
}

/* Takes an entry's permissions into account. The top of PAE has none. */
static void restrict_to(struct baton__walk *w, uint64_t entry, const struct baton__paging *p,
			const struct format *f)
{
	if (f->levels == 3 && w->level == 3)
		return;
	w->writable &= (entry & PTE_W) != 0;
	w->user &= (entry & PTE_U) != 0;
	if (f->entry_bytes == 8 && p->efer & EFER_NXE && entry & PTE_NX)
		w->executable = false;
}

struct baton__walk baton__walk(const struct baton__memory *memory,
			       const struct baton__paging *paging, uint64_t linear)
{
	struct baton__walk w = { .writable = true, .user = true, .executable = true };
	struct format f = format_of(paging);
	uint64_t table = f.root;

	if (!(paging->efer & EFER_LMA))
		linear = (uint32_t)linear;
	if (!(paging->cr0 & CR0_PG)) {
		arrive(&w, memory, linear);
		return w;
	}
	if (f.levels > 3 && !canonical(linear, &f)) {
		w.end = BATON__WALK_NON_CANONICAL;
		return w;
	}
	for (w.level = f.levels; w.level; w.level--) {
		unsigned shift = 12 + f.index_bits * (w.level - 1);
		uint64_t index = linear >> shift & ((UINT64_C(1) << f.index_bits) - 1);
		uint64_t size = UINT64_C(1) << shift;

		w.entry = table + index * f.entry_bytes;
		w.value = 0;
		if (baton__memory_read(memory, w.entry, &w.value, f.entry_bytes)) {
			w.end = BATON__WALK_NO_TABLE;
			return w;
		}
		if (!(w.value & PTE_P)) {
			w.end = BATON__WALK_NOT_PRESENT;
			return w;
		}
		restrict_to(&w, w.value, paging, &f);
		if (w.level == 1 || (w.level <= f.large && w.value & PTE_PS)) {
			uint64_t frame = w.level == 1 ? w.value & FRAME :
							large_frame(w.value, size, &f);

			arrive(&w, memory, frame | (linear & (size - 1)));
			return w;
		}
		table = w.value & FRAME;
	}
	return w;
}

size_t baton__walk_read(const struct baton__memory *memory, const struct baton__paging *paging,
			uint64_t linear, void *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		uint64_t at = linear + done;
		size_t part = baton__min(size - done, BATON__PAGE - (at & (BATON__PAGE - 1)));
		struct baton__walk w = baton__walk(memory, paging, at);

		if (w.end != BATON__WALK_MAPPED ||
		    baton__memory_read(memory, w.gpa, (uint8_t *)to + done, part))
			break;
		done += part;
	}
	return done;
}
