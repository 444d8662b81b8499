/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_test.c - deaths made by hand, and what is shown of each: which walks,
 * which descriptors and why, how much of the code before.
 */
#include "test.h"

#include "vm/scene.h"

#define PE UINT64_C(1)
#define PG (UINT64_C(1) << 31)

#define GDT	  0x1000
#define IDT	  0x2000
#define LDT	  0x3000
#define DIRECTORY 0x4000
#define CODE	  0x10000

#define CODE32 UINT64_C(0x00CF9B000000FFFF)
#define DATA   UINT64_C(0x00CF93000000FFFF)
#define GATE   UINT64_C(0x00008E0000083000) /* to 8:0x3000 */

static struct baton_vm vm;
static struct baton_death d;
static struct baton__scene s;

/* A protected-mode guest with good tables of all kinds; it died at CODE. */
static void begin(enum baton_death_kind kind, int vector)
{
	memset(&vm, 0, sizeof(vm));
	vm.memory = memory;
	vm.mode = BATON_MODE_PROTECTED;
	d = (struct baton_death){
		.kind = kind, .vector = vector, .has_sregs = true, .cs = 8, .cr0 = PE,
		.address = CODE, .regs.rip = CODE, .code_size = 16, .code_bits = 32,
	};
	s = (struct baton__scene){ .vm = &vm, .d = &d };
	s.f.cs_usable = true;
	s.f.tables = (struct baton__tables){
		.memory = &vm.memory, .paging.cr0 = PE,
		.gdt = GDT, .gdt_limit = 0x1F, .idt = IDT, .idt_limit = 32 * 8 - 1,
		.ldt = LDT, .ldt_limit = 15,
	};
	put(GDT + 8, CODE32, 8);
	put(GDT + 16, DATA, 8);
	put(LDT + 8, DATA, 8);
	for (unsigned i = 0; i < 32; i++)
		put(IDT + i * 8, GATE, 8);
}

/* The i-th descriptor of the report. */
static void shows(uint32_t i, enum baton_descriptor_role role, enum baton_table table,
		  uint16_t index)
{
	assert_true(i < d.descriptor_count);
	assert_int_equal(d.descriptors[i].role, role);
	assert_int_equal(d.descriptors[i].table, table);
	assert_int_equal(d.descriptors[i].index, index);
}

static void an_exception_shows_its_gate(void **state)
{
	(void)state;
	begin(BATON_DEATH_TRIPWIRE, 6);
	baton__scene_evidence(&s);
	assert_int_equal(d.descriptor_count, 1);
	shows(0, BATON_ROLE_EXCEPTION, BATON_TABLE_IDT, 6);
	assert_int_equal(d.descriptors[0].offset, 0x3000);
	assert_int_equal(d.tables[BATON_TABLE_GDT].base, GDT);
	assert_int_equal(d.tables[BATON_TABLE_IDT].limit, 32 * 8 - 1);
	assert_int_equal(d.tables[BATON_TABLE_LDT].base, LDT);
}

static void a_shutdown_shows_the_gate_of_last_resort(void **state)
{
	(void)state;
	begin(BATON_DEATH_SHUTDOWN, -1);
	s.f.tables.idt_limit = 0;
	baton__scene_evidence(&s);
	assert_int_equal(d.descriptor_count, 1);
	shows(0, BATON_ROLE_EXCEPTION, BATON_TABLE_IDT, 8);
	assert_int_equal(d.descriptors[0].end, BATON_DESCRIPTOR_BEYOND);
}

static void other_deaths_show_none(void **state)
{
	(void)state;
	for (int kind = 0; kind < BATON_DEATH_KINDS; kind++) {
		if (kind == BATON_DEATH_SHUTDOWN)
			continue;
		begin((enum baton_death_kind)kind, -1);
		d.error_code = 0x1230; /* which is nobody's */
		baton__scene_evidence(&s);
		assert_int_equal(d.descriptor_count, 0);
		assert_int_equal(d.walk_count, 1);
	}
}

static void a_gate_that_leads_nowhere_shows_where(void **state)
{
	(void)state;
	begin(BATON_DEATH_SHUTDOWN, -1);
	s.f.tables.gdt_limit = 0;
	s.f.cs_usable = false; /* the same descriptor, which is shown once */
	baton__scene_evidence(&s);
	assert_int_equal(d.descriptor_count, 2);
	shows(1, BATON_ROLE_HANDLER, BATON_TABLE_GDT, 8);
	assert_int_equal(d.descriptors[1].end, BATON_DESCRIPTOR_BEYOND);
	begin(BATON_DEATH_SHUTDOWN, -1);
	put(IDT + 8 * 8, 0, 8); /* no gate at all: it names nothing */
	baton__scene_evidence(&s);
	assert_int_equal(d.descriptor_count, 1);
}

static void error_codes_name_descriptors(void **state)
{
	static const struct {
		int vector;
		uint32_t error_code;
		enum baton_table table;
		uint16_t index;
	} cases[] = {
		{ 10, 0x18, BATON_TABLE_GDT, 0x18 },
		{ 11, 0x19, BATON_TABLE_GDT, 0x18 }, /* EXT */
		{ 12, 0x10, BATON_TABLE_GDT, 0x10 },
		{ 13, 0x1230, BATON_TABLE_GDT, 0x1230 },
		{ 13, 0x0C, BATON_TABLE_LDT, 0x0C },
		{ 13, 5 * 8 + 2, BATON_TABLE_IDT, 5 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		begin(BATON_DEATH_TRIPWIRE, cases[i].vector);
		d.error_code = cases[i].error_code;
		baton__scene_evidence(&s);
		assert_int_equal(d.descriptor_count, 2);
		shows(1, BATON_ROLE_ERROR_CODE, cases[i].table, cases[i].index);
	}
}

static void other_error_codes_name_none(void **state)
{
	static const struct {
		int vector;
		uint32_t error_code;
	} cases[] = { { 13, 0 }, { 13, 1 }, { 14, 0x10 }, { 8, 0x10 }, { 17, 0x10 }, { 9, 0x10 } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		begin(BATON_DEATH_TRIPWIRE, cases[i].vector);
		d.error_code = cases[i].error_code;
		baton__scene_evidence(&s);
		assert_int_equal(d.descriptor_count, 1);
	}
}

/* What the instruction says is surer than what the error code says. */
static void an_int_shows_the_gate_it_wants(void **state)
{
	(void)state;
	begin(BATON_DEATH_TRIPWIRE, 13);
	d.error_code = 0x42 * 8 + 2;
	s.f.has_number = true;
	s.f.number = 0x21;
	baton__scene_evidence(&s);
	assert_int_equal(d.descriptor_count, 2);
	shows(1, BATON_ROLE_INT, BATON_TABLE_IDT, 0x21);
	assert_int_equal(d.descriptors[1].end, BATON_DESCRIPTOR_BEYOND);
	begin(BATON_DEATH_TRIPWIRE, 3);
	s.f.has_number = true;
	s.f.number = 3;
	baton__scene_evidence(&s);
	assert_int_equal(d.descriptor_count, 1);
}

static void cs_is_shown_when_it_is_in_question(void **state)
{
	(void)state;
	begin(BATON_DEATH_INTERNAL_ERROR, -1);
	s.f.cs_usable = false;
	d.cs = 0x13;
	baton__scene_evidence(&s);
	assert_int_equal(d.descriptor_count, 1);
	shows(0, BATON_ROLE_CS, BATON_TABLE_GDT, 0x13);
	assert_int_equal(d.descriptors[0].kind, BATON_DESCRIPTOR_DATA);
	begin(BATON_DEATH_INTERNAL_ERROR, -1);
	s.f.cs_usable = false;
	s.f.tables.paging.cr0 = d.cr0 = 0; /* real mode asks no table */
	baton__scene_evidence(&s);
	assert_int_equal(d.descriptor_count, 0);
}

/* Two tables at one place have different descriptors all the same. */
static void tables_may_overlap(void **state)
{
	(void)state;
	begin(BATON_DEATH_TRIPWIRE, 13);
	s.f.tables.gdt = s.f.tables.idt;
	s.f.tables.gdt_limit = s.f.tables.idt_limit;
	d.error_code = 13 * 8;
	baton__scene_evidence(&s);
	assert_int_equal(d.descriptor_count, 3);
	shows(1, BATON_ROLE_HANDLER, BATON_TABLE_GDT, 8); /* a gate stands there now */
	shows(2, BATON_ROLE_ERROR_CODE, BATON_TABLE_GDT, 13 * 8);
	assert_int_equal(d.descriptors[0].at, d.descriptors[2].at);
}

static void every_role_at_once_fits(void **state)
{
	(void)state;
	begin(BATON_DEATH_TRIPWIRE, 13);
	put(IDT + 13 * 8, (GATE & ~UINT64_C(0xFFFF0000)) | 0x100000, 8);
	d.error_code = 0x18;
	s.f.has_number = true;
	s.f.number = 0x80;
	s.f.cs_usable = false;
	baton__scene_evidence(&s);
	assert_int_equal(d.descriptor_count, BATON_ROLES);
	for (uint32_t i = 0; i < BATON_ROLES; i++)
		assert_int_equal(d.descriptors[i].role, i);
}

static void a_page_fault_shows_both_ways(void **state)
{
	(void)state;
	begin(BATON_DEATH_TRIPWIRE, 14);
	d.cr0 = s.f.tables.paging.cr0 = PE | PG;
	s.f.tables.paging.cr3 = DIRECTORY;
	s.f.tables.paging.cr4 = 0x10;
	put(DIRECTORY, 0x83, 4);
	d.cr2 = 0x60000000;
	baton__scene_evidence(&s);
	assert_int_equal(d.walk_count, 2);
	assert_int_equal(d.walks[0].linear, CODE);
	assert_int_equal(d.walks[0].end, BATON_WALK_MAPPED);
	assert_true(d.walks[0].entries[0].large);
	assert_int_equal(d.walks[1].linear, 0x60000000);
	assert_int_equal(d.walks[1].end, BATON_WALK_NOT_PRESENT);
	assert_int_equal(d.walks[1].entries[0].at, DIRECTORY + 0x180 * 4);
	begin(BATON_DEATH_TRIPWIRE, 14);
	d.cr2 = d.address; /* it was the fetch */
	baton__scene_evidence(&s);
	assert_int_equal(d.walk_count, 1);
	assert_int_equal(d.walks[0].levels, 0);
	begin(BATON_DEATH_TRIPWIRE, 13);
	d.cr2 = 0x60000000; /* from long ago */
	baton__scene_evidence(&s);
	assert_int_equal(d.walk_count, 1);
}

/* Of a state that is lost only the code is shown: memory is still there. */
static void nothing_is_shown_of_a_state_that_is_lost(void **state)
{
	(void)state;
	begin(BATON_DEATH_SHUTDOWN, -1);
	d.has_sregs = false;
	s.f.lost = true;
	baton__scene_evidence(&s);
	assert_int_equal(d.walk_count, 0);
	assert_int_equal(d.descriptor_count, 0);
	assert_int_equal(d.tables[BATON_TABLE_IDT].limit, 0);
	assert_int_equal(d.before_size, BATON_CODE_BEFORE);
}

static void code_before_goes_back_to_the_gap(void **state)
{
	static const struct {
		uint64_t base, rip;
		uint32_t size;
	} cases[] = {
		{ 0, CODE, 256 },
		{ 0, CODE + 100, 256 },
		{ 0, 100, 100 },	   /* address 0 */
		{ CODE, 3, 3 },		   /* the segment begins there */
		{ 0, 0x400000 + 7, 7 },	   /* the page before is not mapped */
		{ 0, 0x400000 + 256, 256 },
		{ 0, 0x400000, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		begin(BATON_DEATH_WATCHDOG, -1);
		d.cr0 = s.f.tables.paging.cr0 = PE | PG;
		s.f.tables.paging.cr3 = DIRECTORY;
		s.f.tables.paging.cr4 = 0x10;
		put(DIRECTORY, 0x83, 4);
		put(DIRECTORY + 4, 0x5003, 4);
		put(0x5000, 0x10003, 4);
		d.cs_base = cases[i].base;
		d.regs.rip = cases[i].rip;
		d.address = cases[i].base + cases[i].rip;
		put(d.address >= 0x400000 ? d.address - 0x400000 + 0x10000 - 1 : d.address - 1,
		    0xA5, 1);
		/* What is mapped below 4 MiB ends with memory, at 2 MiB. */
		baton__scene_evidence(&s);
		assert_int_equal(d.before_size, cases[i].size);
		if (cases[i].size)
			assert_int_equal(d.before[cases[i].size - 1], 0xA5);
	}
	begin(BATON_DEATH_TRIPWIRE, 14);
	d.code_size = 0; /* a jump into the void: what is before it says nothing */
	baton__scene_evidence(&s);
	assert_int_equal(d.before_size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_MEMORY(an_exception_shows_its_gate),
		WITH_MEMORY(a_shutdown_shows_the_gate_of_last_resort),
		WITH_MEMORY(other_deaths_show_none),
		WITH_MEMORY(a_gate_that_leads_nowhere_shows_where),
		WITH_MEMORY(error_codes_name_descriptors),
		WITH_MEMORY(other_error_codes_name_none),
		WITH_MEMORY(an_int_shows_the_gate_it_wants),
		WITH_MEMORY(cs_is_shown_when_it_is_in_question),
		WITH_MEMORY(tables_may_overlap),
		WITH_MEMORY(every_role_at_once_fits),
		WITH_MEMORY(a_page_fault_shows_both_ways),
		WITH_MEMORY(nothing_is_shown_of_a_state_that_is_lost),
		WITH_MEMORY(code_before_goes_back_to_the_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
