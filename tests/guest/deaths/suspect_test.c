/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suspect_test.c - pieces of code, and which instruction of each is suspected
 * when all that is left of a guest is its memory and its last exit.
 */
#include "test.h"

#include "vm/suspect.h"

#define PE (UINT64_C(1))
#define PG (UINT64_C(1) << 31)

#define CODE 0x10000
#define GDT  0x1000
#define IDT  0x2000
#define PAGE_TABLES 0x4000

/* A GDT with code at 8 and data at 0x10, and an IDT with 32 gates. */
static struct baton__witness witness_of(const char *code, size_t size)
{
	struct baton__witness w = {
		.tables = { .memory = &memory, .paging = { .cr0 = PE },
			    .gdt = GDT, .gdt_limit = 0x17, .idt = IDT, .idt_limit = 32 * 8 - 1 },
		.regs = { .rip = CODE, .rsp = 0x9000 },
		.bits = 32,
		.regs_known = true,
		.paging32 = 1,
	};

	put(GDT + 8, UINT64_C(0x00CF9B000000FFFF), 8);
	put(GDT + 16, UINT64_C(0x00CF93000000FFFF), 8);
	for (unsigned v = 0; v < 32; v++)
		put(IDT + v * 8, UINT64_C(0x00008E0000080000) | 0x3000, 8);
	assert_int_equal(baton__memory_write(&memory, CODE, code, size), 0);
	return w;
}

#define WITNESS(code) witness_of(code, sizeof(code) - 1)

static void expect(const struct baton__witness *w, enum baton_cause cause, uint64_t at,
		   bool certain)
{
	struct baton__suspect s = baton__suspect(w);

	if (s.cause != cause)
		fail_msg("%s at 0x%" PRIx64, baton_cause_name(s.cause), s.at);
	if (cause == BATON_CAUSE_UNKNOWN)
		return;
	assert_int_equal(s.at, at);
	assert_int_equal(s.certain, certain);
}

/* mov $value, %eax; mov %eax, %cr3; nop */
#define LOAD_CR3 "\xb8\x00\x60\x00\x00\x0f\x22\xd8\x90\xf4"

/* 32-bit paging: identity for the first 4 MiB. */
static void page(struct baton__witness *w)
{
	put(PAGE_TABLES, 0x83, 4);
	w->tables.paging =
		(struct baton__paging){ .cr0 = PE | PG, .cr3 = PAGE_TABLES, .cr4 = 0x10 };
}

static void cr3_with_tables_that_do_not_map_the_code(void **state)
{
	struct baton__witness w = WITNESS(LOAD_CR3);
	struct baton__suspect s;

	(void)state;
	page(&w);
	expect(&w, BATON_CAUSE_BAD_CR3, CODE + 5, true);
	s = baton__suspect(&w);
	assert_true(s.has_value);
	assert_int_equal(s.value, 0x6000);
}

static void cr3_with_good_tables_is_innocent(void **state)
{
	struct baton__witness w = WITNESS(LOAD_CR3);

	(void)state;
	page(&w);
	put(0x6000, 0x83, 4);
	expect(&w, BATON_CAUSE_UNKNOWN, 0, false);
}

static void cr3_with_an_unknown_value_is_a_guess(void **state)
{
	/* in $0x10, %eax; mov %eax, %cr3; hlt */
	struct baton__witness w = WITNESS("\xe5\x10\x0f\x22\xd8\xf4");

	(void)state;
	page(&w);
	expect(&w, BATON_CAUSE_BAD_CR3, CODE + 2, false);
}

/* mov %cr0, %eax; or $0x80000000, %eax; mov %eax, %cr0; hlt */
#define PAGING "\x0f\x20\xc0\x0d\x00\x00\x00\x80\x0f\x22\xc0\xf4"

static void paging_where_the_kvm_lacks_it(void **state)
{
	struct baton__witness w = WITNESS(PAGING);

	(void)state;
	put(PAGE_TABLES, 0x83, 4);
	w.tables.paging.cr3 = PAGE_TABLES;
	w.tables.paging.cr4 = 0x10;
	w.paging32 = 0;
	expect(&w, BATON_CAUSE_NO_PAGING32, CODE + 8, true);
	w.paging32 = -1;
	assert_true(baton__suspect(&w).asks_paging32);
	w.paging32 = 1;
	expect(&w, BATON_CAUSE_UNKNOWN, 0, false);
	assert_false(baton__suspect(&w).asks_paging32);
}

static void paging_with_tables_that_map_nothing(void **state)
{
	struct baton__witness w = WITNESS(PAGING);

	(void)state;
	w.tables.paging.cr3 = 0x6000;
	expect(&w, BATON_CAUSE_BAD_CR3, CODE + 8, true);
}

static void an_empty_idt_and_then_a_trap(void **state)
{
	/* lidt 0x7000; int3 */
	struct baton__witness w = WITNESS("\x0f\x01\x1d\x00\x70\x00\x00\xcc");

	(void)state;
	expect(&w, BATON_CAUSE_NO_IDT, CODE + 7, true);
	put(0x7000, 32 * 8 - 1, 2); /* a good one */
	put(0x7002, IDT, 4);
	expect(&w, BATON_CAUSE_UNKNOWN, 0, false);
}

static void an_empty_idt_alone_is_a_guess(void **state)
{
	/* lidt 0x7000; hlt; and then zeroes */
	struct baton__witness w = WITNESS("\x0f\x01\x1d\x00\x70\x00\x00\xf4");

	(void)state;
	expect(&w, BATON_CAUSE_BAD_IDT, CODE, false);
}

static void without_an_idt_the_first_exception_is_the_end(void **state)
{
	static const struct {
		const char *code;
		size_t size, at;
	} cases[] = {
		{ "\x90\x0f\x0b", 3, 1 },			 /* nop; ud2 */
		{ "\x31\xc9\xf7\xf1", 4, 2 },			 /* xor %ecx, %ecx; div %ecx */
		{ "\xeb\x02\x0f\x0b\xcd\x80", 6, 4 },		 /* jmp over a ud2; int $0x80 */
		{ "\xe8\x01\x00\x00\x00\xcc\xc3", 7, 5 },	 /* call a ret; int3 */
		{ "\x74\x01\x90\xf1", 4, 3 },			 /* jz; nop; int1 */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct baton__witness w = witness_of(cases[i].code, cases[i].size);

		w.tables.idt_limit = 0;
		expect(&w, BATON_CAUSE_NO_IDT, CODE + cases[i].at, true);
	}
}

static void an_opcode_that_64_bit_code_has_no_more(void **state)
{
	/* A far jump in 32-bit code. */
	struct baton__witness w = WITNESS("\x90\xea\x00\x00\x01\x00\x08\x00");

	(void)state;
	w.tables.idt_limit = 0;
	w.bits = 64;
	expect(&w, BATON_CAUSE_NO_IDT, CODE + 1, true);
}

static void with_an_idt_an_exception_kills_nobody(void **state)
{
	struct baton__witness w = WITNESS("\x0f\x0b");

	(void)state;
	expect(&w, BATON_CAUSE_UNKNOWN, 0, false);
}

static void an_access_to_an_unmapped_page(void **state)
{
	/* mov $0x60000000, %ebx; lea (%ebx), %eax; mov (%ebx), %eax */
	struct baton__witness w = WITNESS("\xbb\x00\x00\x00\x60\x8d\x03\x8b\x03");

	(void)state;
	page(&w);
	w.tables.idt_limit = 0;
	expect(&w, BATON_CAUSE_NO_IDT, CODE + 7, true);
}

static void a_register_that_a_loop_changed_is_not_known(void **state)
{
	/* xor %ecx, %ecx; jmp 2f; 1: mov $5, %ecx; 2: test; jnz 1b; div %ecx; ud2 */
	struct baton__witness w = WITNESS("\x31\xc9\xeb\x05\xb9\x05\x00\x00\x00"
					  "\x85\xc0\x75\xf7\xf7\xf1\x0f\x0b");

	(void)state;
	w.tables.idt_limit = 0;
	expect(&w, BATON_CAUSE_NO_IDT, CODE + 15, true);
}

static void an_empty_gdt(void **state)
{
	/* lgdt 0x7000; ud2 */
	struct baton__witness w = WITNESS("\x0f\x01\x15\x00\x70\x00\x00\x0f\x0b");

	(void)state;
	expect(&w, BATON_CAUSE_BAD_GDT, CODE, true);
}

static void a_far_jump_to_nowhere(void **state)
{
	/* ljmp $0x40, $0x10000 */
	struct baton__witness w = WITNESS("\xea\x00\x00\x01\x00\x40\x00");

	(void)state;
	w.tables.idt_limit = 0;
	expect(&w, BATON_CAUSE_BAD_SELECTOR, CODE, true);
	assert_int_equal(baton__suspect(&w).value, 0x40);
}

static void a_far_jump_is_followed_into_other_code(void **state)
{
	/* 16 bits: mov %cr0, %eax; or $1, %al; mov %eax, %cr0; ljmp $8, $0x1000c; 32 bits: ud2 */
	struct baton__witness w = WITNESS("\x0f\x20\xc0\x66\x83\xc8\x01\x0f\x22\xc0"
					  "\x66\xea\x12\x00\x01\x00\x08\x00"
					  "\xb8\x0f\x0b\x0f\x0b\xcc");

	(void)state;
	w.bits = 16;
	w.tables.paging.cr0 = 0x10;
	w.tables.idt_limit = 0;
	/* In 16-bit code the UD2 would stand two bytes earlier, inside MOV's immediate. */
	expect(&w, BATON_CAUSE_NO_IDT, CODE + 0x17, true);
}

static void recursion_without_an_end(void **state)
{
	/* 1: call 2f; hlt; 2: call 1b */
	struct baton__witness w = WITNESS("\xe8\x01\x00\x00\x00\xf4\xe8\xf5\xff\xff\xff");

	(void)state;
	expect(&w, BATON_CAUSE_STACK_OVERFLOW, CODE, true);
}

static void an_endless_loop_is_no_death(void **state)
{
	struct baton__witness w = WITNESS("\xeb\xfe");

	(void)state;
	w.tables.idt_limit = 0;
	expect(&w, BATON_CAUSE_UNKNOWN, 0, false);
}

static void a_jump_that_cannot_be_followed_is_a_guess(void **state)
{
	/* in $0x10, %eax; jmp *%eax */
	struct baton__witness w = WITNESS("\xe5\x10\xff\xe0");

	(void)state;
	w.tables.idt_limit = 0;
	expect(&w, BATON_CAUSE_JUMP_INTO_VOID, CODE + 2, false);
}

static void of_two_guesses_the_first_stays(void **state)
{
	/* in $0x10, %eax; mov %eax, %cr3; lidt 0x7000; in $0x10, %eax; jmp *%eax */
	struct baton__witness w = WITNESS("\xe5\x10\x0f\x22\xd8\x0f\x01\x1d\x00\x70\x00\x00"
					  "\xe5\x10\xff\xe0");

	(void)state;
	expect(&w, BATON_CAUSE_BAD_CR3, CODE + 2, false);
	assert_false(baton__suspect(&w).has_value); /* of CR3; the IDT's address is not its */
}

/* Random code, random tables: an answer within the time of a test, and no access beyond memory. */
static void any_code_has_an_end(void **state)
{
	uint64_t x = 88172645463325252;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct baton__witness w = WITNESS("");

		for (uint64_t at = CODE; at < CODE + 256; at += 8) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			put(at, x, 8);
		}
		if (x & 1)
			page(&w);
		w.bits = x & 2 ? 16 : 32;
		w.tables.idt_limit = x & 4 ? 0 : 0xFF;
		baton__suspect(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_MEMORY(cr3_with_tables_that_do_not_map_the_code),
		WITH_MEMORY(cr3_with_good_tables_is_innocent),
		WITH_MEMORY(cr3_with_an_unknown_value_is_a_guess),
		WITH_MEMORY(paging_where_the_kvm_lacks_it),
		WITH_MEMORY(paging_with_tables_that_map_nothing),
		WITH_MEMORY(an_empty_idt_and_then_a_trap),
		WITH_MEMORY(an_empty_idt_alone_is_a_guess),
		WITH_MEMORY(without_an_idt_the_first_exception_is_the_end),
		WITH_MEMORY(an_opcode_that_64_bit_code_has_no_more),
		WITH_MEMORY(with_an_idt_an_exception_kills_nobody),
		WITH_MEMORY(an_access_to_an_unmapped_page),
		WITH_MEMORY(a_register_that_a_loop_changed_is_not_known),
		WITH_MEMORY(an_empty_gdt),
		WITH_MEMORY(a_far_jump_to_nowhere),
		WITH_MEMORY(a_far_jump_is_followed_into_other_code),
		WITH_MEMORY(recursion_without_an_end),
		WITH_MEMORY(an_endless_loop_is_no_death),
		WITH_MEMORY(a_jump_that_cannot_be_followed_is_a_guess),
		WITH_MEMORY(of_two_guesses_the_first_stays),
		WITH_MEMORY(any_code_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
