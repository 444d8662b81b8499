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
#define PTE_A  UINT64_C(0x20)
#define PTE_D  UINT64_C(0x40)
#define PTE_PS UINT64_C(0x80)
#define PTE_NX (UINT64_C(1) << 63)

/* Bits that must be 0: at the top of PAE, below it, and where 4 MiB are mapped. */
#define PAE_TOP_RESERVED  UINT64_C(0xFFF00000000001E6)
#define PAE_RESERVED	  UINT64_C(0x7FF0000000000000)
#define LARGE_32_RESERVED (UINT64_C(1) << 21)

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

static bool is_pae_top(const struct format *f, unsigned level)
{
	return f->levels == 3 && level == 3;
}

/* Those that are set. How wide addresses may be is the processor's affair, and left out. */
static uint64_t reserved_in(uint64_t value, unsigned level, bool large, uint64_t size,
			    const struct baton__paging *p, const struct format *f)
{
	uint64_t mask = 0;

	if (f->entry_bytes == 4)
		return large ? value & LARGE_32_RESERVED : 0;
	if (is_pae_top(f, level))
		return value & PAE_TOP_RESERVED;
	if (f->levels == 3)
		mask |= PAE_RESERVED;
	if (!(p->efer & EFER_NXE))
		mask |= PTE_NX;
	if (level > f->large)
		mask |= PTE_PS;
	if (large)
		mask |= (size - 1) & ~UINT64_C(0x1FFF); /* bit 12 is PAT */
	return value & mask;
}

static struct baton_walk_entry decode(baton_gpa_t at, uint64_t value, unsigned level,
				      uint64_t size, const struct baton__paging *p,
				      const struct format *f)
{
	struct baton_walk_entry e = { .at = at, .value = value, .present = value & PTE_P };

	if (!e.present)
		return e;
	e.large = level > 1 && level <= f->large && value & PTE_PS;
	e.reserved = reserved_in(value, level, e.large, size, p, f);
	if (is_pae_top(f, level))
		return e; /* has none of the rest */
	e.writable = value & PTE_W;
	e.user = value & PTE_U;
	e.accessed = value & PTE_A;
	e.dirty = (level == 1 || e.large) && value & PTE_D;
	e.no_execute = f->entry_bytes == 8 && p->efer & EFER_NXE && value & PTE_NX;
	return e;
}

static void arrive(struct baton_walk *w, const struct baton__memory *memory, uint64_t gpa)
{
	w->gpa = gpa;
	w->end = gpa < memory->size ? BATON_WALK_MAPPED : BATON_WALK_UNBACKED;
}

/* From the top of the tables down to where the walk ends. */
static void descend(struct baton_walk *w, const struct baton__memory *memory,
		    const struct baton__paging *p, const struct format *f)
{
	uint64_t table = f->root;

	for (unsigned level = f->levels;; level--) {
		unsigned shift = 12 + f->index_bits * (level - 1);
		uint64_t index = w->linear >> shift & ((UINT64_C(1) << f->index_bits) - 1);
		uint64_t size = UINT64_C(1) << shift, value = 0;
		struct baton_walk_entry *e = &w->entries[w->count++];

		e->at = table + index * f->entry_bytes;
		w->end = BATON_WALK_NO_TABLE;
		if (baton__memory_read(memory, e->at, &value, f->entry_bytes))
			return;
		*e = decode(e->at, value, level, size, p, f);
		w->end = BATON_WALK_NOT_PRESENT;
		if (!e->present)
			return;
		if (level == 1 || e->large) {
			uint64_t frame = e->large ? large_frame(value, size, f) : value & FRAME;

			arrive(w, memory, frame | (w->linear & (size - 1)));
			return;
		}
		table = value & FRAME;
	}
}

struct baton_walk baton__walk(const struct baton__memory *memory,
			      const struct baton__paging *paging, uint64_t linear)
{
	struct format f = format_of(paging);
	struct baton_walk w = { .linear = linear };

	if (!(paging->efer & EFER_LMA))
		w.linear = (uint32_t)linear;
	if (!(paging->cr0 & CR0_PG)) {
		arrive(&w, memory, w.linear);
		return w;
	}
	w.levels = f.levels;
	if (f.levels > 3 && !canonical(linear, &f))
		w.end = BATON_WALK_NON_CANONICAL;
	else
		descend(&w, memory, paging, &f);
	return w;
}

size_t baton__walk_read(const struct baton__memory *memory, const struct baton__paging *paging,
			uint64_t linear, void *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		uint64_t at = linear + done;
		size_t part = baton__min(size - done, BATON__PAGE - (at & (BATON__PAGE - 1)));
		struct baton_walk w = baton__walk(memory, paging, at);

		if (w.end != BATON_WALK_MAPPED ||
		    baton__memory_read(memory, w.gpa, (uint8_t *)to + done, part))
			break;
		done += part;
	}
	return done;
}
