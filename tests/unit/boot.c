/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.c - what a guest finds when it starts: for every mode and many sizes of
 * memory the layout, the page tables walked as the processor walks them, the
 * descriptor tables decoded as it decodes them, and the registers.
 */
#include "test.h"

#include <inttypes.h>

#include "kvm/machine.h"
#include "kvm/system.h"
#include "kvm/vcpu.h"
#include "vm/boot.h"

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static struct baton__vcpu vcpu;
static struct kvm_regs regs;
static struct kvm_sregs sregs;

static uint64_t reach_of(enum baton_mode mode)
{
	switch (mode) {
	case BATON_MODE_REAL: return MIB;
	case BATON_MODE_PAGED: return GIB;
	case BATON_MODE_LONG: return 2 * GIB;
	default: return 3 * GIB;
	}
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Sizes at which something changes, and their neighbours. */
static size_t sizes(uint64_t *out)
{
	static const uint64_t around[] = { 1 * MIB, 2 * MIB, 4 * MIB, 6 * MIB, 8 * MIB, 16 * MIB,
					   512 * MIB, 1 * GIB, 2 * GIB, 3 * GIB };
	size_t n = 0;

	for (uint64_t s = 64 * KIB; s <= 128 * KIB; s += 4 * KIB)
		out[n++] = s;
	for (size_t i = 0; i < COUNT(around); i++)
		for (int64_t off = -12; off <= 12; off++)
			if (around[i] + (uint64_t)(off * 4096) <= 3 * GIB)
				out[n++] = around[i] + (uint64_t)(off * 4096);
	return n;
}

static uint64_t all_sizes[512];
static size_t size_count;

/* ----------------------------------------------------------------- layout */

static void nothing_overlaps_at_any_size(void **state)
{
	(void)state;
	for (int mode = 0; mode < BATON_MODES; mode++)
		for (uint64_t size = 64 * KIB, step = 4 * KIB; size <= 3 * GIB; size += step) {
			struct baton__layout l = baton__boot_layout((enum baton_mode)mode, size);
			uint64_t top = least(size, reach_of((enum baton_mode)mode));

			step = size < 8 * MIB ? 4 * KIB : 8 * MIB - 4 * KIB;
			assert_int_equal(l.fixture, top - 4096);
			assert_true(l.tables <= l.fixture);
			assert_true(l.limit > 0 && l.limit % 4096 == 0 && l.tables % 4096 == 0);
			if (mode == BATON_MODE_REAL) {
				assert_true(l.stack_top <= 0x10000 && l.stack_top <= l.fixture);
				assert_true(l.limit <= l.fixture);
				assert_int_equal(l.stack_top % 16, 0);
				continue;
			}
			assert_int_equal(l.stack_top, l.tables);
			assert_int_equal(l.stack_end, l.stack_top - 16 * KIB);
			assert_int_equal(l.limit, l.stack_end - 4096); /* the guard page between */
			assert_true(l.limit >= 16 * KIB);
		}
}

static void only_paged_and_long_guests_have_tables_and_an_alias(void **state)
{
	(void)state;
	for (size_t i = 0; i < size_count; i++) {
		struct baton__layout p = baton__boot_layout(BATON_MODE_PROTECTED, all_sizes[i]);
		struct baton__layout g = baton__boot_layout(BATON_MODE_PAGED, all_sizes[i]);
		struct baton__layout l = baton__boot_layout(BATON_MODE_LONG, all_sizes[i]);

		assert_true(p.tables == p.fixture && p.alias == 0);
		assert_true(g.tables < g.fixture && g.alias == BATON_PAGED_BASE);
		assert_true(l.tables < l.fixture && l.alias == BATON_LONG_BASE);
	}
}

/* -------------------------------------------------------------- starting */

static int try_boot(struct baton__memory *m, enum baton_mode mode, bool bare, uint64_t first,
		    struct baton_diag *diag)
{
	const struct baton__placement image = { .entry = 0x1234, .first = first, .end = first + 1 };
	const struct baton__system system = { .fd = -1 };
	const struct baton__machine machine = { .fd = -1 };

	assert_int_equal(baton__vcpu_create(&system, &machine, 0, NULL, &vcpu), 0);
	return baton__boot(&vcpu, m, mode, bare, &image, diag);
}

static void boot(struct baton__memory *m, enum baton_mode mode, uint64_t size, bool bare,
		 uint64_t first)
{
	assert_int_equal(baton__memory_create(m, size, NULL), 0);
	assert_int_equal(try_boot(m, mode, bare, first, NULL), 0);
	assert_int_equal(baton__vcpu_get_regs(&vcpu, &regs), 0);
	assert_int_equal(baton__vcpu_get_sregs(&vcpu, &sregs), 0);
}

static void finish(struct baton__memory *m)
{
	baton__vcpu_destroy(&vcpu);
	baton__memory_destroy(m);
}

/* ------------------------------------------------------------- page tables */

struct walk {
	const struct baton__memory *m;
	struct baton__layout l;
	uint64_t identity, alias; /* bytes that are mapped so */
};

static uint64_t entry_of(const struct walk *w, uint64_t table, unsigned index, unsigned bytes)
{
	uint64_t entry = 0;

	/* Tables lie in their own space, nowhere else. */
	if (table < w->l.tables || table + 4096 > w->l.fixture || table % 4096)
		fail_msg("a table at 0x%" PRIx64, table);
	memcpy(&entry, w->m->base + table + index * bytes, bytes);
	return entry;
}

static void leaf(struct walk *w, uint64_t linear, uint64_t entry, uint64_t size)
{
	uint64_t gpa = entry & ~(size - 1) & UINT64_C(0xFFFFFFFFFF000);
	uint64_t flags = entry & 0xFFF;

	/* Present and writable, and PS exactly on large pages; nothing reserved set. */
	assert_int_equal(flags, size > 4096 ? 0x83 : 0x03);
	assert_true((entry & (size - 1) & ~UINT64_C(0xFFF)) == 0);
	if (gpa + size > w->m->size)
		fail_msg("0x%" PRIx64 " leads beyond memory, to 0x%" PRIx64, linear, gpa);
	if (w->l.limit < gpa + size && gpa < w->l.limit + 4096)
		fail_msg("the guard page is mapped at 0x%" PRIx64, linear);
	if (linear == gpa)
		w->identity += size;
	else if (linear == gpa + w->l.alias)
		w->alias += size;
	else
		fail_msg("0x%" PRIx64 " leads to 0x%" PRIx64, linear, gpa);
}

/* Four levels of 512 entries (SDM vol. 3, 4.5). */
static void walk_long(struct walk *w, uint64_t table, unsigned level, uint64_t linear)
{
	for (unsigned i = 0; i < 512; i++) {
		uint64_t entry = entry_of(w, table, i, 8);
		uint64_t at = linear | (uint64_t)i << (12 + 9 * level);

		if (level == 3 && i >= 256)
			at |= UINT64_C(0xFFFF) << 48; /* canonical */
		if (!(entry & 1)) {
			assert_true(entry == 0);
		} else if (level == 0) {
			leaf(w, at, entry, 4096);
		} else if (level == 1 && entry & 0x80) {
			leaf(w, at, entry, 2 * MIB);
		} else {
			assert_int_equal(entry & 0xFFF, 3);
			walk_long(w, entry & UINT64_C(0xFFFFFFFFFF000), level - 1, at);
		}
	}
}

/* Two levels of 1024 entries, with PSE (SDM vol. 3, 4.3). */
static void walk_paged(struct walk *w, uint64_t table, unsigned level, uint64_t linear)
{
	for (unsigned i = 0; i < 1024; i++) {
		uint64_t entry = entry_of(w, table, i, 4);
		uint64_t at = linear | (uint64_t)i << (12 + 10 * level);

		if (!(entry & 1)) {
			assert_true(entry == 0);
		} else if (level == 0) {
			leaf(w, at, entry, 4096);
		} else if (entry & 0x80) {
			leaf(w, at, entry, 4 * MIB);
		} else {
			assert_int_equal(entry & 0xFFF, 3);
			walk_paged(w, entry & 0xFFFFF000, 0, at);
		}
	}
}

static void page_tables_map_identity_and_alias_exactly(void **state)
{
	(void)state;
	for (int mode = BATON_MODE_PAGED; mode <= BATON_MODE_LONG; mode++)
		for (size_t i = 0; i < size_count; i++) {
			uint64_t size = all_sizes[i];
			struct baton__memory m;
			struct walk w = { .m = &m };

			boot(&m, (enum baton_mode)mode, size, false, 0x1000);
			w.l = baton__boot_layout((enum baton_mode)mode, size);
			assert_int_equal(sregs.cr3, w.l.tables);
			if (mode == BATON_MODE_LONG)
				walk_long(&w, sregs.cr3, 3, 0);
			else
				walk_paged(&w, sregs.cr3, 1, 0);
			/* Each linear address occurs once, so the sums say that nothing is missing. */
			assert_int_equal(w.identity, size - 4096);
			assert_int_equal(w.alias, least(size, reach_of((enum baton_mode)mode)) - 4096);
			finish(&m);
		}
}

static bool zero(const struct baton__memory *m, uint64_t from, uint64_t to)
{
	while (from < to && !m->base[from])
		from++;
	return from == to;
}

static void nothing_is_written_below_the_tables(void **state)
{
	(void)state;
	for (int mode = BATON_MODE_PROTECTED; mode < BATON_MODES; mode++)
		for (uint64_t size = 64 * KIB; size <= 4 * MIB + 64 * KIB; size += 60 * KIB) {
			struct baton__layout l = baton__boot_layout((enum baton_mode)mode, size);
			struct baton__memory m;

			boot(&m, (enum baton_mode)mode, size, false, 0);
			assert_true(zero(&m, 0, l.tables));
			assert_true(zero(&m, l.fixture + 4096, size));
			finish(&m);
		}
}

/* ------------------------------------------------------------- descriptors */

static uint64_t get64(const struct baton__memory *m, uint64_t at)
{
	uint64_t value;

	assert_int_equal(baton__memory_read(m, at, &value, sizeof(value)), 0);
	return value;
}

static uint32_t get32(const struct baton__memory *m, uint64_t at)
{
	return (uint32_t)get64(m, at);
}

/* A segment register must be what loading its selector would give (SDM vol. 3, 3.4.5). */
static void matches_gdt(const struct baton__memory *m, const struct kvm_segment *s)
{
	uint64_t d = get64(m, sregs.gdt.base + s->selector);
	uint64_t base = (d >> 16 & 0xFFFFFF) | (d >> 56) << 24;
	uint64_t limit = (d & 0xFFFF) | (d >> 48 & 0xF) << 16;
	bool system = !(d >> 44 & 1);

	assert_true(s->selector + 7u <= sregs.gdt.limit);
	if (system && sregs.efer)
		base |= get64(m, sregs.gdt.base + s->selector + 8) << 32;
	if (d >> 55 & 1)
		limit = limit << 12 | 0xFFF;
	assert_int_equal(s->base, base);
	assert_int_equal(s->limit, limit);
	assert_int_equal(s->type, d >> 40 & 0xF);
	assert_int_equal(s->s, d >> 44 & 1);
	assert_int_equal(s->dpl, d >> 45 & 3);
	assert_int_equal(s->present, d >> 47 & 1);
	assert_int_equal(s->present, 1);
	assert_int_equal(s->l, d >> 53 & 1);
	assert_int_equal(s->db, d >> 54 & 1);
	assert_int_equal(s->g, d >> 55 & 1);
	assert_int_equal(s->unusable, 0);
}

static void segments_are_what_the_gdt_says(void **state)
{
	(void)state;
	for (int mode = BATON_MODE_PROTECTED; mode < BATON_MODES; mode++)
		for (size_t i = 0; i < size_count; i++) {
			uint64_t size = all_sizes[i];
			struct baton__memory m;

			boot(&m, (enum baton_mode)mode, size, false, 0);
			assert_int_equal(get64(&m, sregs.gdt.base), 0); /* the null descriptor */
			matches_gdt(&m, &sregs.cs);
			matches_gdt(&m, &sregs.ds);
			matches_gdt(&m, &sregs.es);
			matches_gdt(&m, &sregs.fs);
			matches_gdt(&m, &sregs.gs);
			matches_gdt(&m, &sregs.ss);
			matches_gdt(&m, &sregs.tr);
			assert_int_equal(sregs.cs.selector, BATON__SEL_CODE);
			assert_int_equal(sregs.ss.selector, BATON__SEL_DATA);
			assert_int_equal(sregs.cs.type & 0xA, 0xA); /* code, readable */
			assert_int_equal(sregs.ss.type & 0xA, 0x2); /* data, writable */
			assert_int_equal(sregs.tr.type, 0xB);	      /* busy TSS: KVM demands it */
			assert_int_equal(sregs.cs.l, mode == BATON_MODE_LONG);
			assert_int_equal(sregs.cs.db, mode != BATON_MODE_LONG);
			assert_int_equal(sregs.ldt.unusable, 1);
			finish(&m);
		}
}

static void every_vector_has_a_gate_to_a_halt_of_its_own(void **state)
{
	(void)state;
	for (int mode = BATON_MODE_PROTECTED; mode < BATON_MODES; mode++)
		for (size_t i = 0; i < size_count; i++) {
			unsigned bytes = mode == BATON_MODE_LONG ? 16 : 8;
			struct baton__layout l = baton__boot_layout((enum baton_mode)mode, all_sizes[i]);
			struct baton__memory m;

			boot(&m, (enum baton_mode)mode, all_sizes[i], false, 0);
			assert_int_equal(sregs.idt.limit, BATON__VECTORS * bytes - 1);
			for (unsigned v = 0; v < BATON__VECTORS; v++) {
				uint64_t gate = get64(&m, sregs.idt.base + v * bytes);
				uint64_t target = (gate & 0xFFFF) | (gate >> 48) << 16;

				if (mode == BATON_MODE_PAGED && v == 8)
					continue; /* the double fault has a task */
				if (mode == BATON_MODE_LONG) {
					target |= get64(&m, sregs.idt.base + v * bytes + 8) << 32;
					assert_int_equal(gate >> 32 & 0xFF, 1); /* IST1 */
				} else {
					assert_int_equal(gate >> 32 & 0xFF, 0);
				}
				assert_int_equal(gate >> 16 & 0xFFFF, BATON__SEL_CODE);
				assert_int_equal(gate >> 40 & 0xFF, 0x8E); /* present, interrupt gate */
				assert_int_equal(m.base[target], 0xF4);
				/* Should the vCPU be entered again, it halts again. */
				assert_int_equal(m.base[target + 1], 0xEB);
				assert_int_equal((int8_t)m.base[target + 2], -3);
				assert_int_equal(baton__boot_tripwire(l.fixture, target), v);
				assert_true(target >= l.fixture && target + 16 <= l.fixture + 4096);
			}
			finish(&m);
		}
}

static void a_double_fault_in_paged_mode_is_taken_by_a_task(void **state)
{
	(void)state;
	for (size_t i = 0; i < size_count; i++) {
		struct baton__layout l = baton__boot_layout(BATON_MODE_PAGED, all_sizes[i]);
		uint64_t gate, d, tss;
		struct baton__memory m;

		boot(&m, BATON_MODE_PAGED, all_sizes[i], false, 0);
		gate = get64(&m, sregs.idt.base + 8 * 8);
		assert_int_equal(gate >> 40 & 0xFF, 0x85); /* present, task gate (SDM vol. 3, 7.2.5) */
		d = get64(&m, sregs.gdt.base + (gate >> 16 & 0xFFFF));
		assert_true((gate >> 16 & 0xFFFF) + 7 <= sregs.gdt.limit);
		assert_int_equal(d >> 40 & 0xFF, 0x89); /* present, available 32-bit TSS */
		assert_true((d & 0xFFFF) >= 103);
		tss = (d >> 16 & 0xFFFFFF) | (d >> 56) << 24;
		assert_true(tss >= l.fixture && tss + 104 <= l.fixture + 4096);
		/* SDM vol. 3, figure 7-2: CR3, EIP, EFLAGS, ESP, and the segments. */
		assert_int_equal(get32(&m, tss + 28), sregs.cr3);
		assert_int_equal(baton__boot_tripwire(l.fixture, get32(&m, tss + 32)), 8);
		assert_int_equal(get32(&m, tss + 36), 2);
		assert_int_equal(get32(&m, tss + 56), l.fixture + 4096);
		assert_int_equal(get32(&m, tss + 72), BATON__SEL_DATA);
		assert_int_equal(get32(&m, tss + 76), BATON__SEL_CODE);
		assert_int_equal(get32(&m, tss + 80), BATON__SEL_DATA);
		/* The switch saves the guilty registers in the task that TR names. */
		assert_int_equal(baton__boot_saved_task(l.fixture), sregs.tr.base);
		assert_true(tss + 104 <= sregs.tr.base || sregs.tr.base + 104 <= tss);
		finish(&m);
	}
}

static void exceptions_in_long_mode_have_a_stack_of_their_own(void **state)
{
	struct baton__memory m;
	struct baton__layout l = baton__boot_layout(BATON_MODE_LONG, MIB);

	(void)state;
	boot(&m, BATON_MODE_LONG, MIB, false, 0);
	assert_true(sregs.tr.limit >= 103);
	/* IST1 is at 36 in the TSS (SDM vol. 3, 7.7). */
	assert_int_equal(get64(&m, sregs.tr.base + 36), baton__boot_ist_top(l.fixture));
	assert_int_equal(baton__boot_ist_top(l.fixture) % 16, 0);
	assert_true(baton__boot_ist_top(l.fixture) <= MIB);
	/* The TSS, the gates and the stubs leave room below the stack's top for a frame. */
	assert_true(sregs.tr.base + sregs.tr.limit + 1 + 256 <= baton__boot_ist_top(l.fixture));
	finish(&m);
}

/* In pairs: GDT, IDT, stubs and TSS share one page. */
static void the_fixtures_parts_do_not_overlap(void **state)
{
	(void)state;
	for (int mode = BATON_MODE_PROTECTED; mode < BATON_MODES; mode++) {
		struct baton__memory m;
		uint64_t stub = 0, at[4], size[4];

		boot(&m, (enum baton_mode)mode, MIB, false, 0);
		while (baton__boot_tripwire(0, stub) != 0)
			stub++;
		at[0] = sregs.gdt.base, size[0] = sregs.gdt.limit + 1u;
		at[1] = sregs.idt.base, size[1] = sregs.idt.limit + 1u;
		at[2] = MIB - 4096 + stub, size[2] = BATON__VECTORS * 16;
		at[3] = sregs.tr.base, size[3] = sregs.tr.limit + 1u;
		for (int a = 0; a < 4; a++) {
			assert_true(at[a] >= MIB - 4096 && at[a] + size[a] <= MIB);
			for (int b = 0; b < a; b++)
				assert_true(at[a] + size[a] <= at[b] || at[b] + size[b] <= at[a]);
		}
		finish(&m);
	}
}

static void a_real_mode_guest_has_vectors_where_its_image_leaves_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < size_count; i++) {
		uint64_t size = all_sizes[i], fixture = least(size, MIB) - 4096;
		struct baton__memory m;

		boot(&m, BATON_MODE_REAL, size, false, 0x400);
		for (unsigned v = 0; v < 256; v++) {
			uint32_t vector = get32(&m, v * 4);
			uint64_t target = (uint64_t)(vector >> 16) * 16 + (vector & 0xFFFF);

			assert_int_equal(m.base[target], 0xF4);
			assert_int_equal(baton__boot_tripwire(fixture, target),
					 v < BATON__VECTORS ? v : BATON__ANY_VECTOR);
		}
		assert_true(zero(&m, 0x400, fixture));
		finish(&m);

		boot(&m, BATON_MODE_REAL, size, false, 0x3FF);
		assert_true(zero(&m, 0, fixture + 4096));
		finish(&m);
	}
}

static void a_bare_guest_has_no_tripwire(void **state)
{
	(void)state;
	for (int mode = 0; mode < BATON_MODES; mode++) {
		struct baton__layout l = baton__boot_layout((enum baton_mode)mode, MIB);
		struct baton__memory m;

		boot(&m, (enum baton_mode)mode, MIB, true, 0x1000);
		assert_true(zero(&m, 0, l.tables));
		for (uint64_t at = l.fixture; at < l.fixture + 4096; at++)
			if (baton__boot_tripwire(l.fixture, at) >= 0)
				assert_int_equal(m.base[at], 0);
		if (mode != BATON_MODE_REAL)
			assert_int_equal(sregs.idt.limit, 0);
		finish(&m);
	}
}

static void only_the_first_byte_of_a_stub_is_a_tripwire(void **state)
{
	const uint64_t fixture = 0x7F000;
	int found = 0;

	(void)state;
	for (uint64_t at = fixture - 8192; at < fixture + 8192; at++) {
		int v = baton__boot_tripwire(fixture, at);

		assert_true(v <= BATON__ANY_VECTOR);
		if (v < 0)
			continue;
		assert_int_equal(v, found);
		assert_true(at > fixture && at < fixture + 4096);
		found++;
	}
	assert_int_equal(found, BATON__ANY_VECTOR + 1);
	assert_int_equal(baton__boot_tripwire(fixture, UINT64_MAX), -1);
	assert_int_equal(baton__boot_tripwire(fixture, 0), -1);
}

static void error_codes_are_those_of_the_manual(void **state)
{
	/* SDM vol. 3, table 6-1; APM vol. 2, table 8-1: #DF TS NP SS GP PF AC CP, VC and SX. */
	static const int with[] = { 8, 10, 11, 12, 13, 14, 17, 21, 29, 30 };

	(void)state;
	for (int v = -2; v < 40; v++) {
		bool has = false;

		for (size_t i = 0; i < COUNT(with); i++)
			has |= with[i] == v;
		assert_int_equal(baton__boot_has_error_code(v), has);
	}
}

/* --------------------------------------------------------------- registers */

static void control_registers_make_the_mode(void **state)
{
	static const struct {
		enum baton_mode mode;
		uint64_t cr0, cr4, efer;
	} want[] = {
		{ BATON_MODE_PROTECTED, 0x33, 0, 0 },
		{ BATON_MODE_PAGED, 0x80000033, 0x10, 0 },
		{ BATON_MODE_LONG, 0x80000033, 0x20, 0x500 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(want); i++) {
		struct baton__memory m;
		struct baton__layout l = baton__boot_layout(want[i].mode, MIB);

		boot(&m, want[i].mode, MIB, false, 0);
		assert_int_equal(sregs.cr0, want[i].cr0);
		assert_int_equal(sregs.cr4, want[i].cr4);
		assert_int_equal(sregs.efer, want[i].efer);
		assert_int_equal(sregs.cr3, want[i].mode == BATON_MODE_PROTECTED ? 0 : l.tables);
		assert_int_equal(sregs.apic_base, 0xFEE00900); /* not ours: as KVM gave it */
		finish(&m);
	}
}

static void a_real_mode_guest_begins_in_segment_0(void **state)
{
	const struct kvm_segment *all[] = { &sregs.cs, &sregs.ds, &sregs.es,
					    &sregs.fs, &sregs.gs, &sregs.ss };
	struct baton__memory m;

	(void)state;
	boot(&m, BATON_MODE_REAL, MIB, false, 0x1000);
	for (size_t i = 0; i < COUNT(all); i++) {
		assert_int_equal(all[i]->base, 0);
		assert_int_equal(all[i]->selector, 0);
		assert_int_equal(all[i]->limit, 0xFFFF);
		/* Here KVM gave zeroes, as it sometimes does for SS: nothing of that is left. */
		assert_int_equal(all[i]->type, i ? 0x3 : 0xB);
		assert_int_equal(all[i]->s, 1);
		assert_int_equal(all[i]->present, 1);
		assert_int_equal(all[i]->unusable, 0);
	}
	assert_int_equal(sregs.cr0, 0x60000010);
	assert_int_equal(sregs.efer, 0);
	finish(&m);
}

static void general_registers_are_entry_stack_and_zeroes(void **state)
{
	(void)state;
	for (int mode = 0; mode < BATON_MODES; mode++) {
		struct baton__layout l = baton__boot_layout((enum baton_mode)mode, MIB);
		struct kvm_regs want = { .rip = 0x1234, .rsp = l.stack_top + l.alias, .rflags = 2 };
		struct baton__memory m;

		boot(&m, (enum baton_mode)mode, MIB, false, 0x1000);
		assert_memory_equal(&regs, &want, sizeof(want));
		finish(&m);
	}
}

static void a_refused_register_is_an_error_with_words(void **state)
{
	static const enum fake_op ops[] = { FAKE_GET_SREGS, FAKE_SET_SREGS, FAKE_SET_REGS };

	(void)state;
	for (size_t i = 0; i < COUNT(ops); i++) {
		struct baton_diag diag = { .where = "" };
		struct baton__memory m;

		assert_int_equal(baton__memory_create(&m, MIB, NULL), 0);
		fake_fail(ops[i], 1, EINVAL);
		assert_int_equal(try_boot(&m, BATON_MODE_LONG, false, 0, &diag), -EINVAL);
		assert_string_not_equal(diag.where, "");
		assert_string_not_equal(diag.message, "");
		finish(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_overlaps_at_any_size),
		TEST(only_paged_and_long_guests_have_tables_and_an_alias),
		TEST(page_tables_map_identity_and_alias_exactly),
		TEST(nothing_is_written_below_the_tables),
		TEST(segments_are_what_the_gdt_says),
		TEST(every_vector_has_a_gate_to_a_halt_of_its_own),
		TEST(a_double_fault_in_paged_mode_is_taken_by_a_task),
		TEST(exceptions_in_long_mode_have_a_stack_of_their_own),
		TEST(the_fixtures_parts_do_not_overlap),
		TEST(a_real_mode_guest_has_vectors_where_its_image_leaves_room),
		TEST(a_bare_guest_has_no_tripwire),
		TEST(only_the_first_byte_of_a_stub_is_a_tripwire),
		TEST(error_codes_are_those_of_the_manual),
		TEST(control_registers_make_the_mode),
		TEST(a_real_mode_guest_begins_in_segment_0),
		TEST(general_registers_are_entry_stack_and_zeroes),
		TEST(a_refused_register_is_an_error_with_words),
	};

	size_count = sizes(all_sizes);
	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
