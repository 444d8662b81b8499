/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tables_test.c - segments and gates, good ones and each way in which one is not.
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
