/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tables_test.c - segments and gates, good ones and each way in which one is not,
 * and every field of theirs.
 */
#include "test.h"

#include "vm/tables.h"

#define PE  UINT64_C(1)
#define LMA (UINT64_C(1) << 10)

#define GDT 0x1000
#define IDT 0x2000

#define CODE32 UINT64_C(0x00CF9B000000FFFF)
#define CODE64 UINT64_C(0x00AF9B000000FFFF)
#define DATA   UINT64_C(0x00CF93000000FFFF)
#define GATE   UINT64_C(0x00008E0000083000) /* to 8:0x3000 */

#define PRESENT (UINT64_C(1) << 47)

static struct baton__tables t;

static void begin(uint64_t cr0, uint64_t efer)
{
	t = (struct baton__tables){
		.memory = &memory, .paging = { .cr0 = cr0, .efer = efer },
		.gdt = GDT, .gdt_limit = 0x1F, .idt = IDT, .idt_limit = 32 * (efer ? 16 : 8) - 1,
	};
	put(GDT + 8, efer ? CODE64 : CODE32, 8);
	put(GDT + 16, DATA, 8);
	put(IDT + 13 * (efer ? 16 : 8), GATE, 8);
}

static void segments_of_a_gdt(void **state)
{
	struct baton__segment s;

	(void)state;
	begin(PE, 0);
	s = baton__segment(&t, 8);
	assert_true(s.usable && s.code);
	assert_int_equal(s.bits, 32);
	assert_int_equal(s.base, 0);
	s = baton__segment(&t, 0x13); /* whatever ring asks */
	assert_true(s.usable && !s.code);
	put(GDT + 24, UINT64_C(0x12409A345678FFFF), 8);
	s = baton__segment(&t, 24);
	assert_true(s.usable && s.code);
	assert_int_equal(s.base, 0x12345678);
	put(GDT + 24, CODE32 & ~(UINT64_C(1) << 54), 8);
	assert_int_equal(baton__segment(&t, 24).bits, 16);
}

static void selectors_that_name_nothing(void **state)
{
	(void)state;
	begin(PE, 0);
	assert_false(baton__segment(&t, 0).usable);
	assert_false(baton__segment(&t, 3).usable);
	assert_false(baton__segment(&t, 0x20).usable); /* beyond the limit */
	assert_false(baton__segment(&t, 0x0C).usable); /* of the LDT */
	put(GDT + 24, CODE32 & ~PRESENT, 8);
	assert_false(baton__segment(&t, 24).usable);
	put(GDT + 24, UINT64_C(0x00008B0000000067), 8); /* a TSS */
	assert_false(baton__segment(&t, 24).usable);
	t.gdt = UINT64_C(0x40000000);
	assert_false(baton__segment(&t, 8).usable);
}

static void long_mode_has_64_bit_code(void **state)
{
	(void)state;
	begin(PE, LMA);
	t.paging.cr0 = PE; /* without PG, so that the test needs no page tables */
	assert_int_equal(baton__segment(&t, 8).bits, 64);
	put(GDT + 8, CODE64 | UINT64_C(0x12) << 56, 8);
	assert_int_equal(baton__segment(&t, 8).base, 0); /* whatever stands there */
	t.paging.efer = 0;
	assert_int_equal(baton__segment(&t, 8).bits, 16); /* L means nothing there */
}

static void real_mode_has_neither(void **state)
{
	struct baton__segment s;

	(void)state;
	begin(0, 0);
	s = baton__segment(&t, 0x1234);
	assert_true(s.usable && s.code);
	assert_int_equal(s.base, 0x12340);
	assert_int_equal(s.bits, 16);
	t.idt_limit = 0x3FF;
	put(IDT + 13 * 4, 0xF0001234, 4);
	assert_true(baton__gate_usable(&t, 13));
	put(IDT + 13 * 4, 0, 4);
	assert_false(baton__gate_usable(&t, 13));
	put(IDT + 13 * 4, 0xF0001234, 4);
	t.idt_limit = 13 * 4 + 2;
	assert_false(baton__gate_usable(&t, 13));
}

static void gates_of_an_idt(void **state)
{
	(void)state;
	begin(PE, 0);
	assert_true(baton__gate_usable(&t, 13));
	assert_false(baton__gate_usable(&t, 14)); /* zeroes */
	t.idt_limit = 14 * 8 - 2;
	assert_false(baton__gate_usable(&t, 13));
	t.idt_limit = 14 * 8 - 1;
	assert_true(baton__gate_usable(&t, 13));
	t.idt = UINT64_C(0x40000000);
	assert_false(baton__gate_usable(&t, 13));
}

static void gates_that_lead_nowhere(void **state)
{
	static const uint64_t bad[] = {
		GATE & ~PRESENT,
		GATE | UINT64_C(1) << 44,			  /* no system descriptor */
		(GATE & ~(UINT64_C(15) << 40)) | UINT64_C(9) << 40, /* a TSS */
		GATE & ~UINT64_C(0xFFFF0000),			  /* a null selector */
		(GATE & ~UINT64_C(0xFFFF0000)) | 0x100000,	  /* data */
		(GATE & ~UINT64_C(0xFFFF0000)) | 0x400000,	  /* beyond the GDT */
	};

	(void)state;
	begin(PE, 0);
	for (size_t i = 0; i < COUNT(bad); i++) {
		put(IDT + 13 * 8, bad[i], 8);
		if (baton__gate_usable(&t, 13))
			fail_msg("gate %zu", i);
	}
	put(IDT + 13 * 8, GATE | UINT64_C(1) << 40, 8); /* a trap gate */
	assert_true(baton__gate_usable(&t, 13));
	put(IDT + 13 * 8, (GATE & ~(UINT64_C(15) << 40)) | UINT64_C(5) << 40, 8); /* a task gate */
	assert_true(baton__gate_usable(&t, 13));
}

static void long_mode_wants_wide_gates(void **state)
{
	(void)state;
	begin(PE, LMA);
	assert_true(baton__gate_usable(&t, 13));
	assert_false(baton__gate_usable(&t, 26)); /* what stands at 26 * 8 is not its */
	put(IDT + 13 * 16, (GATE & ~(UINT64_C(15) << 40)) | UINT64_C(5) << 40, 8);
	assert_false(baton__gate_usable(&t, 13)); /* no task gates */
	put(IDT + 13 * 16, GATE, 8);
	put(GDT + 8, CODE32, 8);
	assert_false(baton__gate_usable(&t, 13)); /* no 64-bit code */
}

/* --------------------------------------------------------- field by field */

static struct baton_descriptor gate(uint16_t vector)
{
	return baton__descriptor(&t, BATON_TABLE_IDT, vector);
}

static struct baton_descriptor named(uint16_t selector)
{
	return baton__descriptor(&t, BATON_TABLE_GDT, selector);
}

static void a_segment_s_fields(void **state)
{
	struct baton_descriptor d;

	(void)state;
	begin(PE, 0);
	d = named(11);
	assert_int_equal(d.end, BATON_DESCRIPTOR_THERE);
	assert_int_equal(d.table, BATON_TABLE_GDT);
	assert_int_equal(d.index, 11); /* as it was given */
	assert_int_equal(d.at, GDT + 8);
	assert_int_equal(d.raw[0], CODE32);
	assert_int_equal(d.size, 8);
	assert_int_equal(d.kind, BATON_DESCRIPTOR_CODE);
	assert_int_equal(d.type, 11);
	assert_int_equal(d.bits, 32);
	assert_int_equal(d.base, 0);
	assert_int_equal(d.limit, 0xFFFFFFFF);
	assert_int_equal(d.dpl, 0);
	assert_true(d.present);
	put(GDT + 24, UINT64_C(0x120372345678ABCD), 8); /* data, ring 3, bytes, not present */
	d = named(24);
	assert_int_equal(d.kind, BATON_DESCRIPTOR_DATA);
	assert_int_equal(d.base, 0x12345678);
	assert_int_equal(d.limit, 0x3ABCD);
	assert_int_equal(d.dpl, 3);
	assert_int_equal(d.bits, 16);
	assert_int_equal(d.type, 2);
	assert_false(d.present);
}

static void what_is_not_there_has_no_fields(void **state)
{
	static const struct {
		enum baton_table table;
		uint16_t index;
		enum baton_descriptor_end end;
	} cases[] = {
		{ BATON_TABLE_GDT, 3, BATON_DESCRIPTOR_NULL },
		{ BATON_TABLE_GDT, 0x20, BATON_DESCRIPTOR_BEYOND },
		{ BATON_TABLE_GDT, 0xFFFB, BATON_DESCRIPTOR_BEYOND },
		{ BATON_TABLE_LDT, 0x0C, BATON_DESCRIPTOR_BEYOND },
		{ BATON_TABLE_IDT, 32, BATON_DESCRIPTOR_BEYOND },
		{ BATON_TABLE_IDT, 0xFFFF, BATON_DESCRIPTOR_BEYOND },
	};
	struct baton_descriptor d;

	(void)state;
	begin(PE, 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		d = baton__descriptor(&t, cases[i].table, cases[i].index);
		assert_int_equal(d.end, cases[i].end);
		assert_int_equal(d.size, 0);
		assert_int_equal(d.kind, BATON_DESCRIPTOR_INVALID);
		assert_false(d.present);
		assert_int_equal(d.raw[0], 0);
	}
	t.gdt = UINT64_C(0x40000000);
	assert_int_equal(named(8).end, BATON_DESCRIPTOR_UNMAPPED);
	assert_int_equal(named(8).at, 0x40000008);
	t.gdt = 2 * MIB - 12; /* half of it lies in memory */
	assert_int_equal(named(8).end, BATON_DESCRIPTOR_UNMAPPED);
	assert_int_equal(named(8).raw[0], 0);
	t.gdt_limit = 14; /* and here the last byte is missing */
	assert_int_equal(named(8).end, BATON_DESCRIPTOR_BEYOND);
	t.idt_limit = UINT16_MAX;
	assert_int_equal(gate(255).end, BATON_DESCRIPTOR_THERE);
}

static void an_ldt_has_descriptors_of_its_own(void **state)
{
	struct baton_descriptor d;

	(void)state;
	begin(PE, 0);
	t.ldt = 0x3000;
	t.ldt_limit = 15;
	put(0x3008, UINT64_C(0x12409A345678FFFF), 8);
	d = baton__descriptor(&t, BATON_TABLE_LDT, 0x0F);
	assert_int_equal(d.at, 0x3008);
	assert_int_equal(d.base, 0x12345678);
	assert_int_equal(baton__segment(&t, 0x0F).base, 0x12345678);
	assert_true(baton__segment(&t, 0x0F).usable);
	assert_int_equal(baton__descriptor(&t, BATON_TABLE_LDT, 0x04).end, BATON_DESCRIPTOR_THERE);
	assert_int_equal(baton__descriptor(&t, BATON_TABLE_LDT, 0x14).end, BATON_DESCRIPTOR_BEYOND);
	assert_int_equal(baton__table(&t, BATON_TABLE_LDT).base, 0x3000);
	assert_int_equal(baton__table(&t, BATON_TABLE_GDT).limit, 0x1F);
	assert_int_equal(baton__table(&t, BATON_TABLE_IDT).base, IDT);
}

static void a_gate_s_fields(void **state)
{
	struct baton_descriptor d;

	(void)state;
	begin(PE, 0);
	put(IDT + 3 * 8, UINT64_C(0x1234EF0000105678), 8);
	d = gate(3);
	assert_int_equal(d.kind, BATON_DESCRIPTOR_GATE);
	assert_int_equal(d.table, BATON_TABLE_IDT);
	assert_int_equal(d.at, IDT + 24);
	assert_int_equal(d.offset, 0x12345678);
	assert_int_equal(d.selector, 0x10);
	assert_int_equal(d.type, 15);
	assert_int_equal(d.bits, 32);
	assert_int_equal(d.dpl, 3);
	assert_int_equal(d.ist, 0);
	assert_int_equal(d.base, 0);
	assert_true(d.present);
	put(IDT + 3 * 8, UINT64_C(0x0000060700105678), 8); /* 16 bits; there is no IST */
	d = gate(3);
	assert_int_equal(d.bits, 16);
	assert_int_equal(d.ist, 0);
	assert_false(d.present);
	assert_int_equal(gate(4).kind, BATON_DESCRIPTOR_INVALID); /* zeroes */
	assert_int_equal(gate(4).size, 8);
}

static void long_mode_s_are_sixteen_bytes(void **state)
{
	struct baton_descriptor d;

	(void)state;
	begin(PE, LMA);
	put(IDT + 3 * 16, UINT64_C(0x80018E0500085678), 8);
	put(IDT + 3 * 16 + 8, UINT64_C(0x00000000FFFFFFFF), 8);
	d = gate(3);
	assert_int_equal(d.size, 16);
	assert_int_equal(d.offset, UINT64_C(0xFFFFFFFF80015678));
	assert_int_equal(d.raw[1], 0xFFFFFFFF);
	assert_int_equal(d.ist, 5);
	assert_int_equal(d.bits, 64);
	assert_int_equal(named(8).bits, 64);
	assert_int_equal(named(8).size, 8);
	put(GDT + 16, UINT64_C(0x80008B1234560067), 8); /* a TSS */
	put(GDT + 24, UINT64_C(0xFFFFFFFF), 8);
	d = named(16);
	assert_int_equal(d.kind, BATON_DESCRIPTOR_SYSTEM);
	assert_int_equal(d.size, 16);
	assert_int_equal(d.base, UINT64_C(0xFFFFFFFF80123456));
	assert_int_equal(d.limit, 0x67);
	t.gdt_limit = 0x1E; /* its last byte is missing */
	assert_int_equal(named(16).end, BATON_DESCRIPTOR_BEYOND);
}

/* Types of what is no segment: a bit for each that is a system segment, or a gate. */
static void types_that_there_are(void **state)
{
	(void)state;
	for (unsigned wide = 0; wide < 2; wide++) {
		unsigned system = wide ? 0x0A04 : 0x0A0E, gates = wide ? 0xD000 : 0xD0F0;

		begin(PE, wide ? LMA : 0);
		for (unsigned type = 0; type < 16; type++) {
			enum baton_descriptor_kind kind =
				system >> type & 1  ? BATON_DESCRIPTOR_SYSTEM
				: gates >> type & 1 ? BATON_DESCRIPTOR_GATE
						    : BATON_DESCRIPTOR_INVALID;

			put(GDT + 8, PRESENT | (uint64_t)type << 40, 8);
			put(GDT + 16, 0, 8);
			assert_int_equal(named(8).kind, kind);
			assert_int_equal(named(8).bits, wide ? 64 : type & 8 ? 32 : 16);
		}
	}
}

static void real_mode_has_vectors(void **state)
{
	struct baton_descriptor d;

	(void)state;
	begin(0, 0);
	put(IDT + 0x21 * 4, 0xF0001234, 4);
	t.idt_limit = 0x21 * 4 + 3;
	d = gate(0x21);
	assert_int_equal(d.kind, BATON_DESCRIPTOR_VECTOR);
	assert_int_equal(d.at, IDT + 0x84);
	assert_int_equal(d.size, 4);
	assert_int_equal(d.raw[0], 0xF0001234);
	assert_int_equal(d.offset, 0x1234);
	assert_int_equal(d.selector, 0xF000);
	assert_int_equal(gate(0x22).end, BATON_DESCRIPTOR_BEYOND);
	assert_int_equal(gate(0x22).at, IDT + 0x88);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_MEMORY(segments_of_a_gdt),
		WITH_MEMORY(selectors_that_name_nothing),
		WITH_MEMORY(long_mode_has_64_bit_code),
		WITH_MEMORY(real_mode_has_neither),
		WITH_MEMORY(gates_of_an_idt),
		WITH_MEMORY(gates_that_lead_nowhere),
		WITH_MEMORY(long_mode_wants_wide_gates),
		WITH_MEMORY(a_segment_s_fields),
		WITH_MEMORY(what_is_not_there_has_no_fields),
		WITH_MEMORY(an_ldt_has_descriptors_of_its_own),
		WITH_MEMORY(a_gate_s_fields),
		WITH_MEMORY(long_mode_s_are_sixteen_bytes),
		WITH_MEMORY(types_that_there_are),
		WITH_MEMORY(real_mode_has_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
