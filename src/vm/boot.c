/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.c - descriptor tables, page tables and initial registers, per mode.
 * (SDM vol. 3: segments 3.4, paging 4.3 and 4.5, IDT 6.10 to 6.14, TSS 7.2 and 7.7.)
 */
#include "vm/boot.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "base/arith.h"
#include "base/diag.h"
#include "kvm/vcpu.h"
#include "vm/mode.h"

/* The fixture page, by offset. */
enum {
	GDT_AT = 0x000,
	GDT_BYTES = 0x28, /* null, code, data, TSS (two entries) */
	IDT_AT = 0x100,	  /* 32 gates of 8 or 16 bytes */
	STUBS_AT = 0x400, /* 32 stubs; in real mode one more, where there is no TSS */
	STUB_SHIFT = 4,
	TSS_AT = 0x600,
	TSS_BYTES = 104,
	DF_TSS_AT = 0x680, /* mode paged: the task that takes double faults */
	IST_TOP = 0x1000,
};

#define STACK_BYTES (UINT64_C(16) << 10)

/* Page table entries, the same bits in both formats. */
#define PTE_P  UINT64_C(1)
#define PTE_W  UINT64_C(2)
#define PTE_PS UINT64_C(0x80)

#define CR0_PE UINT64_C(1)
#define CR0_MP (UINT64_C(1) << 1)
#define CR0_ET (UINT64_C(1) << 4)
#define CR0_NE (UINT64_C(1) << 5)
#define CR0_PG (UINT64_C(1) << 31)
#define CR4_PSE (UINT64_C(1) << 4)
#define CR4_PAE (UINT64_C(1) << 5)
#define EFER_LME (UINT64_C(1) << 8)
#define EFER_LMA (UINT64_C(1) << 10)

/* ----------------------------------------------------------------- layout */

/* What a mode can address where our things have to be. */
static uint64_t reach(enum baton_mode mode)
{
	static const uint64_t reach_of[] = {
		[BATON_MODE_REAL] = UINT64_C(1) << 20,
		[BATON_MODE_PROTECTED] = UINT64_C(3) << 30,
		[BATON_MODE_PAGED] = UINT64_C(1) << 30,
		[BATON_MODE_LONG] = UINT64_C(2) << 30,
	};

	return reach_of[mode];
}

/* Bytes that one entry of the directory maps: 4 MiB or 2 MiB. */
static uint64_t large_page(enum baton_mode mode)
{
	return UINT64_C(1) << (mode == BATON_MODE_PAGED ? 22 : 21);
}

static uint64_t table_pages(enum baton_mode mode, uint64_t memory_size)
{
	/* Two tables of 4 KiB pages: for the guard page's region, and for the end of memory. */
	switch (mode) {
	case BATON_MODE_PAGED:
		return 1 + 2;
	case BATON_MODE_LONG:
		return 3 + baton__align_up(memory_size, UINT64_C(1) << 30) / (UINT64_C(1) << 30) + 2;
	default:
		return 0;
	}
}

struct baton__layout baton__boot_layout(enum baton_mode mode, uint64_t memory_size)
{
	uint64_t top = baton__min(memory_size, reach(mode));
	struct baton__layout l = { .fixture = top - BATON__PAGE };

	l.tables = l.fixture - table_pages(mode, memory_size) * BATON__PAGE;
	l.stack_top = l.tables;
	if (mode == BATON_MODE_REAL) {
		/* SS is 0, so SP reaches 64 KiB; nothing is reserved for it. */
		l.stack_top = baton__min(l.stack_top, 0xFFF0);
		l.stack_end = 0;
		l.limit = l.fixture;
		return l;
	}
	l.stack_end = l.stack_top - STACK_BYTES;
	l.limit = l.stack_end - BATON__PAGE;
	l.alias = baton__mode_alias(mode);
	return l;
}

/* ------------------------------------------------------------ page tables */

static void put64(struct baton__memory *m, baton_gpa_t at, uint64_t value)
{
	baton__memory_write(m, at, &value, sizeof(value));
}

static void put32(struct baton__memory *m, baton_gpa_t at, uint32_t value)
{
	baton__memory_write(m, at, &value, sizeof(value));
}

static void put_entry(struct baton__memory *m, enum baton_mode mode, baton_gpa_t table,
		      uint64_t index, uint64_t value)
{
	if (mode == BATON_MODE_PAGED)
		put32(m, table + index * 4, (uint32_t)value);
	else
		put64(m, table + index * 8, value);
}

/* Fills a table of 4 KiB pages for [from, from + large page): memory, less the guard page. */
static void fill_small(struct baton__memory *m, enum baton_mode mode, baton_gpa_t table,
		       uint64_t from, baton_gpa_t guard)
{
	for (uint64_t i = 0; i < large_page(mode) / BATON__PAGE; i++) {
		uint64_t gpa = from + i * BATON__PAGE;

		if (gpa < m->size && gpa != guard)
			put_entry(m, mode, table, i, gpa | PTE_P | PTE_W);
	}
}

/* Fills the directories, contiguous from `directory`, for all of memory. */
static void fill_large(struct baton__memory *m, enum baton_mode mode, baton_gpa_t directory,
		       baton_gpa_t spare, baton_gpa_t guard)
{
	uint64_t step = large_page(mode);

	for (uint64_t gpa = 0; gpa < m->size; gpa += step) {
		uint64_t entry = gpa | PTE_P | PTE_W | PTE_PS;

		if (m->size - gpa < step || guard - gpa < step) {
			fill_small(m, mode, spare, gpa, guard);
			entry = spare | PTE_P | PTE_W;
			spare += BATON__PAGE;
		}
		put_entry(m, mode, directory, gpa / step, entry);
	}
}

/* One directory; its first quarter stands again in its last, from 3 GiB. */
static void build_paged(struct baton__memory *m, const struct baton__layout *l)
{
	uint64_t first = BATON_PAGED_BASE / large_page(BATON_MODE_PAGED);
	uint32_t entry;

	fill_large(m, BATON_MODE_PAGED, l->tables, l->tables + BATON__PAGE, l->limit);
	for (uint64_t i = 0; first + i < 1024; i++) {
		baton__memory_read(m, l->tables + i * 4, &entry, sizeof(entry));
		put32(m, l->tables + (first + i) * 4, entry);
	}
}

/* PML4, a PDPT for the identity, one for the last 2 GiB, the directories of both. */
static void build_long(struct baton__memory *m, const struct baton__layout *l)
{
	baton_gpa_t low = l->tables + BATON__PAGE, high = low + BATON__PAGE;
	baton_gpa_t directory = high + BATON__PAGE;
	uint64_t gigabytes = baton__align_up(m->size, UINT64_C(1) << 30) >> 30;

	put64(m, l->tables, low | PTE_P | PTE_W);
	put64(m, l->tables + 511 * 8, high | PTE_P | PTE_W);
	for (uint64_t i = 0; i < gigabytes; i++) {
		put64(m, low + i * 8, (directory + i * BATON__PAGE) | PTE_P | PTE_W);
		if (i < 2)
			put64(m, high + (510 + i) * 8,
			      (directory + i * BATON__PAGE) | PTE_P | PTE_W);
	}
	fill_large(m, BATON_MODE_LONG, directory, directory + gigabytes * BATON__PAGE, l->limit);
}

/* ---------------------------------------------------------------- fixture */

/* Code and data descriptor: flat 4 GiB, present, accessed; code 32- or 64-bit. */
static uint64_t code_descriptor(enum baton_mode mode)
{
	return mode == BATON_MODE_LONG ? UINT64_C(0x00AF9B000000FFFF) : UINT64_C(0x00CF9B000000FFFF);
}

#define DATA_DESCRIPTOR UINT64_C(0x00CF93000000FFFF)

static uint64_t tss_descriptor(uint64_t tss, bool busy)
{
	return (TSS_BYTES - 1) | (tss & 0xFFFFFF) << 16 | UINT64_C(0x89) << 40 |
	       (uint64_t)busy << 41 | (tss >> 24 & 0xFF) << 56;
}

/*
 * Mode paged: a double fault means that the stack cannot be pushed to. So a task of
 * its own takes it, on a stack of its own, and the switch saves the registers of
 * the guilty one in the first TSS (SDM vol. 3, 7.2.1 and 7.3). In protected mode
 * nothing keeps the stack from being pushed to, and kvm-pvm's emulator knows no
 * task gates.
 */
static void build_double_fault_task(struct baton__memory *m, const struct baton__layout *l)
{
	const struct {
		uint32_t offset, value;
	} fields[] = {
		{ 28, (uint32_t)l->tables }, /* CR3 */
		{ 32, (uint32_t)l->fixture + STUBS_AT + (8 << STUB_SHIFT) }, /* EIP */
		{ 36, 2 },					/* EFLAGS */
		{ 56, (uint32_t)l->fixture + IST_TOP },		/* ESP */
		{ 72, BATON__SEL_DATA }, /* ES, CS, SS, DS, FS, GS */
		{ 76, BATON__SEL_CODE },
		{ 80, BATON__SEL_DATA },
		{ 84, BATON__SEL_DATA },
		{ 88, BATON__SEL_DATA },
		{ 92, BATON__SEL_DATA },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		put32(m, l->fixture + DF_TSS_AT + fields[i].offset, fields[i].value);
	put64(m, l->fixture + GDT_AT + BATON__SEL_DF_TSS,
	      tss_descriptor(l->fixture + DF_TSS_AT, false));
	put64(m, l->fixture + IDT_AT + 8 * 8, BATON__SEL_DF_TSS << 16 | UINT64_C(0x85) << 40);
}

static void build_gdt(struct baton__memory *m, enum baton_mode mode, baton_gpa_t fixture)
{
	uint64_t tss = fixture + TSS_AT;

	put64(m, fixture + GDT_AT + BATON__SEL_CODE, code_descriptor(mode));
	put64(m, fixture + GDT_AT + BATON__SEL_DATA, DATA_DESCRIPTOR);
	/* Busy TSS, present; its base in three pieces, the upper half in the next entry. */
	put64(m, fixture + GDT_AT + BATON__SEL_TSS, tss_descriptor(tss, true));
	put64(m, fixture + GDT_AT + BATON__SEL_TSS + 8, tss >> 32);
	/* The stack table's first entry, IST1. */
	if (mode == BATON_MODE_LONG)
		put64(m, tss + 36, fixture + IST_TOP);
}

/* Offset and segment of each of the 256 vectors; those that are no exceptions share a stub. */
static void build_vectors(struct baton__memory *m, baton_gpa_t fixture)
{
	for (uint64_t v = 0; v < 256; v++) {
		uint64_t stub = STUBS_AT + (baton__min(v, BATON__ANY_VECTOR) << STUB_SHIFT);

		put32(m, v * 4, (uint32_t)stub | (uint32_t)(fixture >> 4) << 16);
	}
}

static void build_idt(struct baton__memory *m, enum baton_mode mode, baton_gpa_t fixture)
{
	for (uint64_t v = 0; v < BATON__VECTORS; v++) {
		uint64_t stub = fixture + STUBS_AT + (v << STUB_SHIFT);
		uint64_t gate = (stub & 0xFFFF) | BATON__SEL_CODE << 16 | UINT64_C(0x8E) << 40 |
				(stub >> 16 & 0xFFFF) << 48;

		if (mode == BATON_MODE_LONG) {
			put64(m, fixture + IDT_AT + v * 16, gate | UINT64_C(1) << 32);
			put64(m, fixture + IDT_AT + v * 16 + 8, stub >> 32);
		} else {
			put64(m, fixture + IDT_AT + v * 8, gate);
		}
	}
}

static void build_stubs(struct baton__memory *m, enum baton_mode mode, baton_gpa_t fixture)
{
	static const uint8_t stub[] = { 0xF4, 0xEB, 0xFD }; /* 1: hlt; jmp 1b */
	uint64_t count = mode == BATON_MODE_REAL ? BATON__ANY_VECTOR + 1 : BATON__VECTORS;

	for (uint64_t v = 0; v < count; v++)
		baton__memory_write(m, fixture + STUBS_AT + (v << STUB_SHIFT), stub, sizeof(stub));
}

static void build_tripwire(struct baton__memory *m, enum baton_mode mode,
			   const struct baton__layout *l)
{
	build_stubs(m, mode, l->fixture);
	if (mode == BATON_MODE_REAL)
		build_vectors(m, l->fixture);
	else
		build_idt(m, mode, l->fixture);
	if (mode == BATON_MODE_PAGED)
		build_double_fault_task(m, l);
}

int baton__boot_tripwire(baton_gpa_t fixture, uint64_t at)
{
	uint64_t offset = at - (fixture + STUBS_AT);

	if (offset > BATON__ANY_VECTOR << STUB_SHIFT || offset & ((1 << STUB_SHIFT) - 1))
		return -1;
	return (int)(offset >> STUB_SHIFT);
}

baton_gpa_t baton__boot_ist_top(baton_gpa_t fixture)
{
	return fixture + IST_TOP;
}

baton_gpa_t baton__boot_saved_task(baton_gpa_t fixture)
{
	return fixture + TSS_AT;
}

bool baton__boot_has_error_code(int vector)
{
	const uint32_t with_code = 1u << 8 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 13 | 1u << 14 |
				   1u << 17 | 1u << 21 | 1u << 29 | 1u << 30;

	return vector >= 0 && vector < BATON__VECTORS && (with_code >> vector & 1);
}

/* -------------------------------------------------------------- registers */

static struct kvm_segment segment(uint16_t selector, bool code, bool wide)
{
	return (struct kvm_segment){
		.base = 0, .limit = 0xFFFFFFFF, .selector = selector,
		.type = code ? 0xB : 0x3, .present = 1, .s = 1, .g = 1,
		.db = code ? !wide : 1, .l = code && wide,
	};
}

/*
 * Whole segments: what KVM_GET_SREGS says of SS may be all zeroes. A kvm_intel whose thread is
 * preempted while it resets the vCPU takes what it finds then for SS, and goes by that
 * later (Linux 6.1, vmx_vcpu_reset()); the entry would fail.
 */
static void set_real(struct kvm_sregs *s)
{
	const struct kvm_segment data = { .limit = 0xFFFF, .type = 0x3, .present = 1, .s = 1 };

	s->ds = s->es = s->fs = s->gs = s->ss = s->cs = data;
	s->cs.type = 0xB;
}

static void set_protected(struct kvm_sregs *s, enum baton_mode mode, baton_gpa_t fixture,
			  const struct baton__tables *t)
{
	struct kvm_segment data = segment(BATON__SEL_DATA, false, false);

	s->cs = segment(BATON__SEL_CODE, true, mode == BATON_MODE_LONG);
	s->ds = s->es = s->fs = s->gs = s->ss = data;
	s->tr = (struct kvm_segment){
		.base = fixture + TSS_AT, .limit = TSS_BYTES - 1, .selector = BATON__SEL_TSS,
		.type = 0xB, .present = 1,
	};
	s->ldt = (struct kvm_segment){ .type = 2, .unusable = 1 };
	s->gdt = (struct kvm_dtable){ .base = t->gdt, .limit = t->gdt_limit };
	s->idt = (struct kvm_dtable){ .base = t->idt, .limit = t->idt_limit };
	s->cr0 = t->paging.cr0;
	s->cr3 = t->paging.cr3;
	s->cr4 = t->paging.cr4;
	s->efer = t->paging.efer;
}

struct baton__tables baton__boot_tables(enum baton_mode mode, const struct baton__layout *l,
					bool bare)
{
	struct baton__tables t = {
		.paging.cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE,
		.gdt = l->fixture + GDT_AT, .gdt_limit = GDT_BYTES - 1,
		.idt = l->fixture + IDT_AT, .idt_limit = BATON__VECTORS * 8 - 1,
	};

	switch (mode) {
	case BATON_MODE_REAL:
		return (struct baton__tables){ .paging.cr0 = CR0_ET, .idt_limit = 0xFFFF };
	case BATON_MODE_PAGED:
		t.paging.cr4 = CR4_PSE;
		break;
	case BATON_MODE_LONG:
		t.paging.cr4 = CR4_PAE;
		t.paging.efer = EFER_LME | EFER_LMA;
		t.idt_limit = BATON__VECTORS * 16 - 1;
		break;
	default:
		break;
	}
	if (mode != BATON_MODE_PROTECTED) {
		t.paging.cr0 |= CR0_PG;
		t.paging.cr3 = l->tables;
	}
	if (bare)
		t.idt_limit = 0;
	return t;
}

int baton__boot(struct baton__vcpu *vcpu, struct baton__memory *memory, enum baton_mode mode,
		bool bare, const struct baton__placement *image, struct baton_diag *diag)
{
	struct baton__layout l = baton__boot_layout(mode, memory->size);
	struct kvm_regs regs = { .rip = image->entry, .rsp = l.stack_top + l.alias, .rflags = 2 };
	struct baton__tables tables;
	struct kvm_sregs sregs;
	int error;

	error = baton__vcpu_get_sregs(vcpu, &sregs);
	if (error)
		return baton__diag(diag, error, "KVM_GET_SREGS", "%s", strerror(-error));
	if (mode == BATON_MODE_REAL) {
		set_real(&sregs);
		bare = bare || image->first < 0x400;
	} else {
		build_gdt(memory, mode, l.fixture);
		tables = baton__boot_tables(mode, &l, bare);
		set_protected(&sregs, mode, l.fixture, &tables);
	}
	if (mode == BATON_MODE_PAGED)
		build_paged(memory, &l);
	if (mode == BATON_MODE_LONG)
		build_long(memory, &l);
	if (!bare)
		build_tripwire(memory, mode, &l);
	error = baton__vcpu_set_sregs(vcpu, &sregs);
	if (error)
		return baton__diag(diag, error, "KVM_SET_SREGS", "%s (mode %s)", strerror(-error),
				   baton_mode_name(mode));
	error = baton__vcpu_set_regs(vcpu, &regs);
	if (error)
		return baton__diag(diag, error, "KVM_SET_REGS", "%s", strerror(-error));
	return 0;
}
