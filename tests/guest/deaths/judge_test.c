/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge_test.c - facts made by hand, and the verdict and words that follow from
 * them. Every cause has at least one case here.
 */
#include <linux/kvm.h>

#include "test.h"

#include "vm/judge.h"
#include "vm/phrase.h"

#define AT   UINT64_C(0x10020)
#define HIGH UINT64_C(0xFFFFFFFF80010020)

static struct baton__facts f;
static struct baton_death d;

/* ------------------------------------------------------------ making facts */

/* A protected-mode guest of 1 MiB that died at AT of this; nothing else is wrong. */
static void died(enum baton_death_kind kind, enum baton_exit_kind exit)
{
	f = (struct baton__facts){
		.mode = BATON_MODE_PROTECTED,
		.layout = baton__boot_layout(BATON_MODE_PROTECTED, 1 << 20),
		.memory = 1 << 20, .paging32 = -1, .idt_usable = true, .cs_usable = true,
	};
	d = (struct baton_death){
		.kind = kind, .vector = -1, .address = AT, .at_death = true, .code_bits = 32,
		.regs = { .rip = AT, .rsp = 0xF0000 }, .cr0 = 1,
		.last = { { .kind = BATON_EXIT_IO_OUT, .addr = 0x10, .rip = 0x10000 },
			  { .kind = exit, .rip = AT } },
		.last_count = 2,
	};
}

static void code(const char *bytes, size_t size)
{
	memcpy(d.code, bytes, size);
	d.code_size = (uint32_t)size;
	f.insn = baton__decode(d.code, size, d.code_bits);
	assert_int_equal(f.insn.length, size);
}

#define CODE(bytes) code(bytes, sizeof(bytes) - 1)

static void tripped(int vector, uint32_t error)
{
	died(BATON_DEATH_TRIPWIRE, BATON_EXIT_HLT);
	d.vector = vector;
	d.error_code = error;
}

static void in_long_mode(void)
{
	f.mode = BATON_MODE_LONG;
	f.layout = baton__boot_layout(BATON_MODE_LONG, 1 << 20);
	d.code_bits = 64;
	d.address = d.regs.rip = HIGH;
	d.cr0 = 0x80000001;
	d.cr3 = 0x9000;
	d.efer = 0x500;
}

/* ------------------------------------------------------------ asking for more */

static void verdict(enum baton_cause cause, const char *words)
{
	char copy[256], *word, *rest = copy;

	baton__judge(&f, &d);
	if (d.cause != cause)
		fail_msg("%s, expected %s: %s", baton_cause_name(d.cause), baton_cause_name(cause),
			 d.sentence);
	snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strsep(&rest, "|")))
		if (!strstr(d.sentence, word))
			fail_msg("no \"%s\" in: %s", word, d.sentence);
	if (strpbrk(d.sentence, "?[]{}") || strpbrk(d.advice, "?[]{}"))
		fail_msg("%s %s", d.sentence, d.advice);
	assert_true(d.advice[0]);
}

/* --------------------------------------------------------- ports and memory */

static struct baton_exit *exit_of_death(void)
{
	return &d.last[d.last_count - 1];
}

static void access_to(enum baton_death_kind kind, enum baton_exit_kind exit, uint64_t addr)
{
	died(kind, exit);
	exit_of_death()->addr = d.detail = addr;
	exit_of_death()->size = 1;
	exit_of_death()->count = 1;
}

static void a_port_that_nobody_answers(void **state)
{
	static const struct baton__claim below = { .first = 0xE9, .last = 0xE9, .name = "console" };
	static const struct baton__claim above = { .first = 0xBA00, .last = 0xBA02,
						   .name = "calls" };

	(void)state;
	access_to(BATON_DEATH_PORT, BATON_EXIT_IO_OUT, 0x3F8);
	verdict(BATON_CAUSE_UNHANDLED_PORT,
		"wrote to port 0x3f8|8 bits|at 0x10020|no device answers it.");
	f.below = &below;
	verdict(BATON_CAUSE_UNHANDLED_PORT, "nearest that are answered: 0xe9 (console).");
	f.above = &above;
	verdict(BATON_CAUSE_UNHANDLED_PORT, "0xe9 (console) and 0xba00 to 0xba02 (calls).");
	access_to(BATON_DEATH_PORT, BATON_EXIT_IO_IN, 0x60);
	verdict(BATON_CAUSE_UNHANDLED_PORT, "read from port 0x60");
}

static void memory_that_is_not_there(void **state)
{
	(void)state;
	access_to(BATON_DEATH_MMIO, BATON_EXIT_MMIO_READ, 0x60000000);
	CODE("\x8b\x03");
	verdict(BATON_CAUSE_UNHANDLED_MMIO,
		"at 0x10020 (8b 03) read from GPA 0x60000000, 0x5ff00000 past the end of memory "
		"at 0x100000");
	access_to(BATON_DEATH_MMIO, BATON_EXIT_MMIO_WRITE, 0x100000);
	d.at_death = false; /* the instruction behind which KVM stopped was not found */
	verdict(BATON_CAUSE_UNHANDLED_MMIO, "The instruction wrote to GPA 0x100000, 0x0 past");
}

static void a_stack_where_there_is_no_memory(void **state)
{
	(void)state;
	access_to(BATON_DEATH_MMIO, BATON_EXIT_MMIO_WRITE, 0xFFFFFFFC);
	d.regs.rsp = 0xFFFFFFFC;
	CODE("\x50");
	verdict(BATON_CAUSE_BAD_STACK, "at 0x10020 (50)|stack pointer is 0xfffffffc");
	d.regs.rsp = 0x80000000;
	verdict(BATON_CAUSE_UNHANDLED_MMIO, "0xfffffffc");
}

static void a_device_that_refused(void **state)
{
	(void)state;
	access_to(BATON_DEATH_FAULT, BATON_EXIT_IO_OUT, 0xBA01);
	f.device = "hypercalls";
	f.why = "count above capacity";
	verdict(BATON_CAUSE_REFUSED,
		"`hypercalls`|wrote to port 0xba01 at 0x10020: count above capacity.");
	f.why = NULL;
	verdict(BATON_CAUSE_REFUSED, "at 0x10020.");
	access_to(BATON_DEATH_FAULT, BATON_EXIT_MMIO_READ, 0x100000);
	f.device = "window";
	verdict(BATON_CAUSE_REFUSED, "`window`|read from GPA 0x100000");
}

/* ---------------------------------------------------------- lost execution */

static void a_jump_into_the_void(void **state)
{
	(void)state;
	died(BATON_DEATH_INTERNAL_ERROR, BATON_EXIT_INTERNAL_ERROR);
	d.detail = KVM_INTERNAL_ERROR_EMULATION;
	d.address = 0x60000000;
	f.fetch = BATON_WALK_UNBACKED;
	verdict(BATON_CAUSE_JUMP_INTO_VOID, "Execution went to 0x60000000");
	f.holder = "EAX";
	verdict(BATON_CAUSE_JUMP_INTO_VOID, "EAX holds that address.");
	f.caller = 0x10007;
	verdict(BATON_CAUSE_JUMP_INTO_VOID, "the call at 0x10007 led there.");
	assert_null(strstr(d.sentence, "EAX"));

	tripped(14, 0);
	in_long_mode();
	f.fetch = BATON_WALK_NOT_PRESENT;
	f.cr2 = d.address;
	verdict(BATON_CAUSE_JUMP_INTO_VOID, "0xffffffff80010020");
}

static void an_address_that_is_not_canonical(void **state)
{
	(void)state;
	/* Some processors fault in front of the branch … */
	tripped(13, 0);
	in_long_mode();
	CODE("\xff\xe0");
	f.branches = true;
	f.target = UINT64_C(0x800000000000);
	verdict(BATON_CAUSE_NON_CANONICAL_RIP,
		"sent to 0x800000000000|by the branch at 0xffffffff80010020");
	f.target = 0x1000;
	verdict(BATON_CAUSE_GENERAL_PROTECTION, "ff e0");

	/* … others behind it. */
	tripped(13, 0);
	in_long_mode();
	d.address = UINT64_C(0x800000000000);
	f.fetch = BATON_WALK_NON_CANONICAL;
	f.holder = "RAX";
	verdict(BATON_CAUSE_NON_CANONICAL_RIP, "sent to 0x800000000000|RAX holds");

	/* Not where it goes, but what it reads. */
	tripped(13, 0);
	in_long_mode();
	CODE("\x48\x8b\x03");
	f.has_operand = true;
	f.operand = UINT64_C(0x1234567890ABCDEF);
	f.operand_end = BATON_WALK_NON_CANONICAL;
	verdict(BATON_CAUSE_NON_CANONICAL, "(48 8b 03)|0x1234567890abcdef");
}

static void memory_that_nobody_wrote(void **state)
{
	(void)state;
	access_to(BATON_DEATH_MMIO, BATON_EXIT_MMIO_READ, 0xFFFFFFFF);
	f.zeroes = true;
	f.caller = 0x10007;
	verdict(BATON_CAUSE_RAN_INTO_ZEROES, "0x10020|zeroes|the call at 0x10007");
	/* A store is over when it is reported; the zeroes behind it were not reached. */
	access_to(BATON_DEATH_MMIO, BATON_EXIT_MMIO_WRITE, 0x100000);
	d.at_death = false;
	f.zeroes = true;
	verdict(BATON_CAUSE_UNHANDLED_MMIO, "The instruction wrote to GPA 0x100000");
}

static void a_stack_that_ran_into_its_guard(void **state)
{
	(void)state;
	tripped(14, 2);
	in_long_mode();
	f.cr2 = f.layout.stack_end - 8 + f.layout.alias;
	f.cr2_end = BATON_WALK_NOT_PRESENT;
	d.regs.rsp = f.layout.stack_end + f.layout.alias;
	verdict(BATON_CAUSE_STACK_OVERFLOW, "overflowed at 0xffffffff80010020|0xffffffff800");
	f.cr2 = f.layout.stack_end - 8; /* the other copy of memory */
	verdict(BATON_CAUSE_STACK_OVERFLOW, "overflowed");
	f.cr2 = f.layout.limit - 8; /* below the guard: some other stray access */
	verdict(BATON_CAUSE_NOT_MAPPED, "do not map");
	f.cr2 = f.layout.stack_end - 8;
	d.vector = 8; /* as a double fault, where the frame could not be pushed */
	verdict(BATON_CAUSE_STACK_OVERFLOW, "overflowed");
}

static void code_that_ran_on_is_no_stack_overflow(void **state)
{
	(void)state;
	tripped(14, 2);
	in_long_mode();
	f.cr2 = d.address = f.layout.limit + f.layout.alias;
	f.cr2_end = f.fetch = BATON_WALK_NOT_PRESENT;
	verdict(BATON_CAUSE_RAN_PAST_END, "behind all code");
	d.address = f.layout.fixture + BATON__PAGE - 1;
	verdict(BATON_CAUSE_RAN_PAST_END, "behind all code");
	d.address = f.layout.limit - 1;
	verdict(BATON_CAUSE_STACK_OVERFLOW, "overflowed");
	d.address = f.layout.limit;
	d.at_death = false; /* seen there at some time */
	verdict(BATON_CAUSE_STACK_OVERFLOW, "overflowed");
}

static void an_old_cr2_is_no_stack_overflow(void **state)
{
	(void)state;
	died(BATON_DEATH_WATCHDOG, BATON_EXIT_IO_OUT);
	in_long_mode();
	f.cr2 = f.layout.stack_end - 8;
	f.cr2_end = BATON_WALK_NOT_PRESENT;
	verdict(BATON_CAUSE_ENDLESS_LOOP, "without an exit");
}

static void a_stack_that_nothing_stopped(void **state)
{
	(void)state;
	died(BATON_DEATH_WATCHDOG, BATON_EXIT_IO_OUT);
	f.guard_touched = true;
	d.regs.rsp = f.layout.limit - 0x4000;
	verdict(BATON_CAUSE_STACK_OVERFLOW, "overflowed");
	d.regs.rsp = f.layout.stack_top - 16; /* it went back, or was somebody else's write */
	verdict(BATON_CAUSE_ENDLESS_LOOP, "without an exit");
	d.regs.rsp = f.layout.limit - 0x4000;
	d.kind = BATON_DEATH_MMIO;
	d.at_death = false;
	verdict(BATON_CAUSE_STACK_OVERFLOW, "The stack overflowed: it has grown from");
	d.kind = BATON_DEATH_WATCHDOG; /* a stack of the guest's own */
	f.guard_touched = false;
	verdict(BATON_CAUSE_ENDLESS_LOOP, "without an exit");
}

/* -------------------------------------------------------------------- time */

static void a_jump_to_itself(void **state)
{
	(void)state;
	died(BATON_DEATH_WATCHDOG, BATON_EXIT_IO_OUT);
	CODE("\xeb\xfe");
	f.branches = true;
	f.target = AT;
	f.quiet_ns = 1500000000;
	verdict(BATON_CAUSE_JUMP_TO_SELF, "1500 ms|the jump at 0x10020 leads to itself");
}

static void a_loop(void **state)
{
	(void)state;
	died(BATON_DEATH_WATCHDOG, BATON_EXIT_IO_OUT);
	CODE("\x40");
	f.quiet_ns = 200000000;
	f.kicks = 8;
	f.low = 0x1001C;
	f.high = 0x10024;
	f.moved = true;
	verdict(BATON_CAUSE_ENDLESS_LOOP, "200 ms|from 0x1001c to 0x10024|last seen at 0x10020");
	f.low = f.high = AT;
	verdict(BATON_CAUSE_ENDLESS_LOOP, "200 ms without an exit; last seen at 0x10020");
}

static void an_instruction_that_does_not_get_on(void **state)
{
	(void)state;
	died(BATON_DEATH_WATCHDOG, BATON_EXIT_IO_OUT);
	CODE("\xcd\x80");
	f.has_number = true;
	f.number = 0x80;
	f.kicks = 8;
	verdict(BATON_CAUSE_STUCK, "at 0x10020 (cd 80) did not complete");
	f.moved = true;
	verdict(BATON_CAUSE_ENDLESS_LOOP, "without an exit");
	f.moved = false;
	f.kicks = 1; /* one look tells nothing */
	verdict(BATON_CAUSE_ENDLESS_LOOP, "without an exit");
	/* Waiting for memory to change looks the same, but does not fault. */
	f.kicks = 8;
	f.has_number = false;
	CODE("\x39\x03");
	f.has_operand = true;
	verdict(BATON_CAUSE_ENDLESS_LOOP, "without an exit");
	f.operand_end = BATON_WALK_NOT_PRESENT;
	verdict(BATON_CAUSE_STUCK, "did not complete");
}

/* ------------------------------------------------------ the processor's state */

static void page_tables_that_do_not_map(void **state)
{
	(void)state;
	died(BATON_DEATH_SHUTDOWN, BATON_EXIT_SHUTDOWN);
	in_long_mode();
	d.cr3 = 0x8000;
	f.fetch = BATON_WALK_NOT_PRESENT;
	f.cr3_writer = HIGH;
	verdict(BATON_CAUSE_BAD_CR3,
		"page tables at 0x8000|the write of CR3 at 0xffffffff80010020|do not map");
	d.cr3 = 0x7FFFF000;
	f.fetch = BATON_WALK_NO_TABLE;
	f.cr3_writer = 0;
	verdict(BATON_CAUSE_BAD_CR3, "page tables at 0x7ffff000 lie where there is no memory");
	d.kind = BATON_DEATH_WATCHDOG; /* a KVM that tries for ever */
	verdict(BATON_CAUSE_BAD_CR3, "lie where there is no memory");
	f.fetch = BATON_WALK_NOT_PRESENT; /* nobody wrote CR3: the jump was wrong */
	verdict(BATON_CAUSE_JUMP_INTO_VOID, "Execution went");
}

static void paging_that_this_kvm_lacks(void **state)
{
	(void)state;
	tripped(13, 0);
	CODE("\x0f\x22\xc0");
	d.regs.rax = 0x80000011;
	f.paging32 = 0;
	verdict(BATON_CAUSE_NO_PAGING32, "write of CR0 at 0x10020|32-bit paging");
	f.paging32 = 1;
	verdict(BATON_CAUSE_BAD_CONTROL, "write of CR0 at 0x10020|0x80000011");
	f.paging32 = 0;
	d.regs.rax = 0x11; /* without PG */
	verdict(BATON_CAUSE_BAD_CONTROL, "CR0");
	d.regs.rax = 0x80000011;
	d.efer = 0x100; /* on the way to long mode */
	verdict(BATON_CAUSE_BAD_CONTROL, "CR0");
	/* A store that is over: the write of CR0 behind it was not reached. */
	access_to(BATON_DEATH_MMIO, BATON_EXIT_MMIO_WRITE, 0x100000);
	d.at_death = false;
	d.regs.rax = 0x80000011;
	f.paging32 = 0;
	CODE("\x0f\x22\xc0");
	verdict(BATON_CAUSE_UNHANDLED_MMIO, "The instruction wrote to GPA 0x100000");
}

static void model_specific_registers(void **state)
{
	(void)state;
	tripped(13, 0);
	CODE("\x0f\x30");
	d.regs.rcx = 0xC0000080;
	d.regs.rax = 0x502;
	verdict(BATON_CAUSE_BAD_EFER, "WRMSR at 0x10020 wrote 0x502|reserved bits 0x2");
	d.regs.rdx = 1;
	verdict(BATON_CAUSE_BAD_EFER, "wrote 0x100000502|0x100000002");
	d.regs.rdx = 0;
	d.regs.rax = 0x100;
	d.cr0 |= UINT64_C(1) << 31;
	verdict(BATON_CAUSE_BAD_EFER, "changes LME while paging is on");
	d.efer = 0x100;
	d.regs.rax = 0x1100;
	verdict(BATON_CAUSE_BAD_EFER, "does not offer");
	d.regs.rcx = 0xDEADBEEF;
	verdict(BATON_CAUSE_BAD_MSR, "WRMSR at 0x10020 named MSR 0xdeadbeef");
	CODE("\x0f\x32");
	verdict(BATON_CAUSE_BAD_MSR, "RDMSR");
	d.regs.rcx = 0xC0000080;
	verdict(BATON_CAUSE_BAD_MSR, "RDMSR");
}

static void no_idt(void **state)
{
	(void)state;
	died(BATON_DEATH_SHUTDOWN, BATON_EXIT_SHUTDOWN);
	CODE("\x0f\x0b");
	f.idt_usable = false;
	f.tables.idt = 0xFF100;
	verdict(BATON_CAUSE_NO_IDT, "at 0x10020 (0f 0b)|no IDT|base 0xff100, limit 0x0");
	f.cs_usable = false;
	f.tables.gdt = 0x7000;
	verdict(BATON_CAUSE_BAD_GDT, "GDT at 0x7000|code segment|at 0x10020");
	f.cs_usable = f.idt_usable = true;
	verdict(BATON_CAUSE_TRIPLE_FAULT, "nor the double fault that followed, at 0x10020.");
}

/* -------------------------------------------------------------- exceptions */

static void exceptions_by_vector(void **state)
{
	static const struct {
		int vector;
		enum baton_cause cause;
		const char *words;
	} cases[] = {
		{ 0, BATON_CAUSE_DIVIDE_ERROR, "division at 0x10020|#DE" },
		{ 1, BATON_CAUSE_DEBUG_TRAP, "#DB" },
		{ 2, BATON_CAUSE_EXCEPTION, "exception 2 (NMI)" },
		{ 3, BATON_CAUSE_BREAKPOINT, "INT3|#BP" },
		{ 4, BATON_CAUSE_EXCEPTION, "exception 4 (#OF)" },
		{ 6, BATON_CAUSE_INVALID_OPCODE, "#UD" },
		{ 7, BATON_CAUSE_FPU_OFF, "#NM" },
		{ 8, BATON_CAUSE_DOUBLE_FAULT, "#DF" },
		{ 10, BATON_CAUSE_BAD_TSS, "#TS" },
		{ 11, BATON_CAUSE_NOT_PRESENT, "#NP" },
		{ 12, BATON_CAUSE_STACK_SEGMENT, "#SS|stack pointer is 0xf0000" },
		{ 13, BATON_CAUSE_GENERAL_PROTECTION, "#GP, error code 0x0" },
		{ 16, BATON_CAUSE_EXCEPTION, "exception 16 (#MF)" },
		{ 19, BATON_CAUSE_EXCEPTION, "exception 19 (#XM)" },
		{ 22, BATON_CAUSE_EXCEPTION, "exception 22," },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		tripped(cases[i].vector, 0);
		CODE("\x90");
		verdict(cases[i].cause, cases[i].words);
		assert_non_null(strstr(d.sentence, "0x10020"));
	}
}

static void page_faults(void **state)
{
	(void)state;
	tripped(14, 2);
	CODE("\x89\x03");
	d.cr3 = 0x9000;
	f.cr2 = 0x60000000;
	f.cr2_end = BATON_WALK_NOT_PRESENT;
	verdict(BATON_CAUSE_NOT_MAPPED,
		"(89 03) wrote to address 0x60000000|page tables at 0x9000");
	d.error_code = 0;
	verdict(BATON_CAUSE_NOT_MAPPED, "read from address 0x60000000");
	f.cr2 = 0x18;
	verdict(BATON_CAUSE_NULL_POINTER, "read from address 0x18: a null pointer");
	d.error_code = 3;
	verdict(BATON_CAUSE_NOT_ALLOWED, "wrote to address 0x18|error code 0x3");
	d.error_code = 0x11;
	verdict(BATON_CAUSE_NOT_ALLOWED, "fetched from");
	d.error_code = 9;
	verdict(BATON_CAUSE_BAD_PAGE_ENTRY, "0x18 has reserved bits set");
}

static void selectors(void **state)
{
	(void)state;
	tripped(13, 0x1230);
	CODE("\x8e\xd8");
	verdict(BATON_CAUSE_BAD_SELECTOR, "selector 0x1230");
	tripped(13, 0);
	CODE("\x8e\xd0"); /* mov %eax, %ss with a null selector */
	d.regs.rax = 3;
	verdict(BATON_CAUSE_BAD_SELECTOR, "(#GP, selector 0x3).");
	CODE("\x8e\x13"); /* the same from memory, whose word is not looked up */
	verdict(BATON_CAUSE_BAD_SELECTOR, "at 0x10020 (8e 13)|(#GP).");
	tripped(13, 0);
	CODE("\xea\x00\x00\x01\x00\x08\x00");
	verdict(BATON_CAUSE_BAD_SELECTOR, "selector 0x8");
	tripped(11, 0x18);
	CODE("\x8e\xd8");
	verdict(BATON_CAUSE_NOT_PRESENT, "#NP, selector 0x18");
	tripped(10, 0x28);
	CODE("\x0f\x00\xd8");
	verdict(BATON_CAUSE_BAD_TSS, "#TS, selector 0x28");
}

static void interrupts_from_outside(void **state)
{
	(void)state;
	tripped(13, 0x112);
	CODE("\x90");
	verdict(BATON_CAUSE_NO_IRQ_HANDLER, "on line 2 before the instruction at 0x10020");
	d.error_code = 0x113; /* with the bit that says that it came from outside */
	verdict(BATON_CAUSE_NO_IRQ_HANDLER, "on line 2");
	d.error_code = 0x102;
	verdict(BATON_CAUSE_NO_IRQ_HANDLER, "on line 0");
	d.error_code = 0x17A;
	verdict(BATON_CAUSE_NO_IRQ_HANDLER, "on line 15");
	d.error_code = 0x182; /* there is no such line */
	verdict(BATON_CAUSE_BAD_SELECTOR, "selector 0x180");
	d.error_code = 0xFA;
	verdict(BATON_CAUSE_BAD_SELECTOR, "selector 0xf8");
	d.error_code = 0x110; /* about the GDT */
	verdict(BATON_CAUSE_BAD_SELECTOR, "selector 0x110");
	d.error_code = 0x222;
	d.code_bits = 64;
	verdict(BATON_CAUSE_NO_IRQ_HANDLER, "on line 2");
	d.cr0 = 0; /* real mode: one stub for all */
	d.code_bits = 16;
	d.vector = BATON__ANY_VECTOR;
	d.error_code = 0;
	verdict(BATON_CAUSE_NO_IRQ_HANDLER, "An interrupt came before the instruction at 0x10020");
}

static void software_interrupts(void **state)
{
	(void)state;
	tripped(13, 0x402);
	CODE("\xcd\x80");
	f.has_number = true;
	f.number = 0x80;
	verdict(BATON_CAUSE_NO_GATE, "INT 0x80 at 0x10020");
	d.vector = 0x80; /* real mode, where every vector leads somewhere */
	d.error_code = 0;
	verdict(BATON_CAUSE_NO_GATE, "INT 0x80 at 0x10020");
	d.cr0 = 0;
	d.vector = f.number = 0x10;
	verdict(BATON_CAUSE_NO_BIOS, "INT 0x10 at 0x10020|BIOS");
	d.cr0 = 1; /* the same in protected mode is no call of the BIOS */
	verdict(BATON_CAUSE_NO_GATE, "INT 0x10");
	f.has_number = false; /* the exception itself */
	verdict(BATON_CAUSE_EXCEPTION, "exception 16");
}

static void sse_that_is_off(void **state)
{
	(void)state;
	tripped(6, 0);
	CODE("\x0f\x10\xc1");
	verdict(BATON_CAUSE_SSE_OFF, "(0f 10 c1) uses SSE");
	d.cr4 = 0x200;
	verdict(BATON_CAUSE_INVALID_OPCODE, "0f 10 c1");
	d.cr4 = 0;
	CODE("\x66\x0f\x6f\xc1"); /* movdqa */
	verdict(BATON_CAUSE_SSE_OFF, "66 0f 6f c1");
	CODE("\x0f\x6f\xc1"); /* MMX needs no OSFXSR */
	verdict(BATON_CAUSE_INVALID_OPCODE, "0f 6f c1");
	CODE("\x0f\x0b");
	verdict(BATON_CAUSE_INVALID_OPCODE, "0f 0b");
	memcpy(d.code, "\xc5\xf8\x28\xc1", 4); /* vmovaps, which is not decoded further */
	d.code_size = 4;
	f.insn = baton__decode(d.code, 4, 64);
	verdict(BATON_CAUSE_SSE_OFF, "c5 f8 28 c1");
}

/* -------------------------------------------------------------- KVM's limits */

static void kvm_gave_up(void **state)
{
	(void)state;
	died(BATON_DEATH_INTERNAL_ERROR, BATON_EXIT_INTERNAL_ERROR);
	CODE("\xcc");
	d.detail = KVM_INTERNAL_ERROR_EMULATION;
	verdict(BATON_CAUSE_NOT_EMULATED, "at 0x10020 (cc)");
	d.detail = KVM_INTERNAL_ERROR_DELIVERY_EV;
	verdict(BATON_CAUSE_NOT_DELIVERED, "at 0x10020");
	d.detail = KVM_INTERNAL_ERROR_SIMUL_EX;
	verdict(BATON_CAUSE_KVM_ERROR, "number 0x2");
	died(BATON_DEATH_FAIL_ENTRY, BATON_EXIT_FAIL_ENTRY);
	d.detail = 0x80000021;
	verdict(BATON_CAUSE_FAIL_ENTRY, "at 0x10020 (hardware reason 0x80000021)");
	died(BATON_DEATH_EXIT, BATON_EXIT_DEBUG);
	d.detail = 4;
	verdict(BATON_CAUSE_UNSERVED_EXIT, "reason 0x4 (debug)");
}

static void nothing_that_tells(void **state)
{
	(void)state;
	died(BATON_DEATH_TRIPWIRE, BATON_EXIT_HLT);
	verdict(BATON_CAUSE_UNKNOWN, "0x10020");
}

/* ------------------------------------------------------------------- guesses */

static void lost(enum baton_cause cause, const char *bytes, size_t size)
{
	died(BATON_DEATH_SHUTDOWN, BATON_EXIT_SHUTDOWN);
	d.address = 0x10000;
	d.at_death = false;
	f.lost = true;
	f.fetch = BATON_WALK_MAPPED;
	f.suspect = (struct baton__suspect){ .cause = cause, .at = AT };
	memcpy(f.suspect.code, bytes, size);
	f.suspect.insn = baton__decode(f.suspect.code, size, 32);
}

#define LOST(cause, bytes) lost(cause, bytes, sizeof(bytes) - 1)

static void what_was_guessed_says_so(void **state)
{
	static const char words[] =
		"Most likely (this KVM lost the registers|last seen at 0x10000|0x10020";

	(void)state;
	LOST(BATON_CAUSE_BAD_CR3, "\x0f\x22\xd8");
	verdict(BATON_CAUSE_BAD_CR3, words);
	f.suspect.has_value = true;
	f.suspect.value = 0x8000;
	verdict(BATON_CAUSE_BAD_CR3, "page tables at 0x8000|write of CR3 at 0x10020|do not map");
	f.suspect.value = 0x7FFFF000;
	verdict(BATON_CAUSE_BAD_CR3, "lie where there is no memory");
	LOST(BATON_CAUSE_NO_IDT, "\xcc");
	verdict(BATON_CAUSE_NO_IDT, words);
	verdict(BATON_CAUSE_NO_IDT, "(cc)");
	LOST(BATON_CAUSE_BAD_IDT, "\x0f\x01\x1d\x00\x70\x00\x00");
	verdict(BATON_CAUSE_BAD_IDT, words);
	LOST(BATON_CAUSE_BAD_GDT, "\x0f\x01\x15\x00\x70\x00\x00");
	verdict(BATON_CAUSE_BAD_GDT, words);
	LOST(BATON_CAUSE_NO_PAGING32, "\x0f\x22\xc0");
	verdict(BATON_CAUSE_NO_PAGING32, words);
	LOST(BATON_CAUSE_BAD_CONTROL, "\x0f\x22\xc0");
	verdict(BATON_CAUSE_BAD_CONTROL, words);
	LOST(BATON_CAUSE_JUMP_INTO_VOID, "\xff\xe0");
	verdict(BATON_CAUSE_JUMP_INTO_VOID, words);
	LOST(BATON_CAUSE_STACK_OVERFLOW, "\xe8\xfb\xff\xff\xff");
	verdict(BATON_CAUSE_STACK_OVERFLOW, words);
	LOST(BATON_CAUSE_BAD_SELECTOR, "\xea\x00\x00\x01\x00\x40\x00");
	f.suspect.has_value = true;
	f.suspect.value = 0x40;
	verdict(BATON_CAUSE_BAD_SELECTOR, words);
	verdict(BATON_CAUSE_BAD_SELECTOR, "selector 0x40");
}

static void without_a_suspect_nobody_is_blamed(void **state)
{
	(void)state;
	LOST(BATON_CAUSE_UNKNOWN, "");
	verdict(BATON_CAUSE_TRIPLE_FAULT, "somewhere after 0x10000|this KVM lost the registers");
	assert_null(strstr(d.sentence, "ost likely"));
}

/* -------------------------------------------------------------------- words */

static const struct {
	const char *name, *sentence, *advice;
} texts[] = {
#define BATON_CAUSE(id, name, sentence, advice) { name, sentence, advice },
#include "baton/causes.def"
#undef BATON_CAUSE
};

static void check_names(const char *text)
{
	int brackets = 0;

	for (const char *c = text; *c; c++) {
		if (*c == '[')
			assert_int_equal(++brackets, 1); /* none within another */
		if (*c == ']')
			assert_int_equal(--brackets, 0);
		if (*c == '{' && !baton__phrase_knows(c + 1, strcspn(c + 1, "}")))
			fail_msg("unknown name: %s", c);
	}
	assert_int_equal(brackets, 0);
}

static void texts_name_only_facts_that_exist(void **state)
{
	(void)state;
	assert_int_equal(COUNT(texts), BATON_CAUSES);
	for (size_t i = 0; i < COUNT(texts); i++) {
		check_names(texts[i].sentence);
		check_names(texts[i].advice);
		assert_string_equal(baton_cause_name((enum baton_cause)i), texts[i].name);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(texts[i].name, texts[k].name);
	}
	assert_string_equal(baton_cause_name(BATON_CAUSES), "unknown");
	assert_string_equal(baton_cause_name((enum baton_cause)(BATON_CAUSES + 1)), "unknown");
}

static void sentences_follow_their_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *s = texts[i].sentence, *a = texts[i].advice;

		assert_true((s[0] >= 'a' && s[0] <= 'z') || !strncmp(s, "KVM", 3));
		assert_true(s[strlen(s) - 1] != '.');
		assert_true(a[0] >= 'A' && a[0] <= 'Z' && a[strlen(a) - 1] == '.');
	}
}

/* docs/deaths.md says of every cause how it is found. */
static void the_manual_knows_every_cause(void **state)
{
	const char *root = getenv("BATON_SOURCE_ROOT");
	char path[512], name[64];
	static char text[65536];
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/docs/deaths.md", root ? root : ".");
	file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	for (size_t i = 0; i < COUNT(texts); i++) {
		snprintf(name, sizeof(name), "| `%s` |", texts[i].name);
		if (!strstr(text, name))
			fail_msg("%s is not there", texts[i].name);
	}
}

/* With every fact known and as long as it gets, nothing is cut off. */
static void the_longest_sentences_fit(void **state)
{
	static const struct baton__claim claim = { .first = 0xFFF0, .last = 0xFFFF,
						   .name = "a-device-type-with-a-name" };
	char text[1024];

	(void)state;
	access_to(BATON_DEATH_FAULT, BATON_EXIT_MMIO_WRITE, UINT64_MAX);
	in_long_mode();
	memset(d.code, 0xEE, sizeof(d.code));
	d.code_size = 16;
	f.below = f.above = &claim;
	f.device = claim.name;
	f.why = "a clause of some length that tells what the device did not like about it";
	f.caller = f.cr3_writer = f.cr2 = f.operand = f.low = HIGH;
	f.high = UINT64_MAX;
	f.kicks = 8;
	f.quiet_ns = UINT64_MAX;
	f.has_operand = f.has_number = true;
	for (size_t i = 0; i < COUNT(texts); i++) {
		baton__phrase(texts[i].sentence, &f, &d, text, sizeof(text));
		if (strlen(text) + 2 > sizeof(d.sentence))
			fail_msg("%zu bytes: %s", strlen(text), text);
		baton__phrase(texts[i].advice, &f, &d, text, sizeof(text));
		assert_true(strlen(text) < sizeof(d.advice));
	}
	for (size_t i = 0; i < COUNT(texts); i++) {
		LOST((enum baton_cause)i, "\x0f\x22\xd8\x90\x90\x90\x90\x90");
		d.address = f.suspect.at = f.suspect.value = HIGH;
		f.suspect.has_value = true;
		baton__judge(&f, &d);
		assert_int_equal(d.sentence[strlen(d.sentence) - 1], '.');
		assert_true(strlen(d.sentence) + 1 < sizeof(d.sentence));
	}
}

static void a_text_is_cut_to_its_place(void **state)
{
	char small[8];

	(void)state;
	died(BATON_DEATH_SHUTDOWN, BATON_EXIT_SHUTDOWN);
	baton__phrase("{at} and more", &f, &d, small, sizeof(small));
	assert_string_equal(small, "0x10020");
	baton__phrase("[{caller}]a[ {at}][{caller} {at}]b{caller}{nonsense}", &f, &d, small, 4);
	assert_string_equal(small, "a 0");
	baton__phrase("[{caller}]a[{caller} {at}]b{caller}", &f, &d, small, sizeof(small));
	assert_string_equal(small, "ab?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_that_nobody_answers),
		cmocka_unit_test(memory_that_is_not_there),
		cmocka_unit_test(a_stack_where_there_is_no_memory),
		cmocka_unit_test(a_device_that_refused),
		cmocka_unit_test(a_jump_into_the_void),
		cmocka_unit_test(an_address_that_is_not_canonical),
		cmocka_unit_test(memory_that_nobody_wrote),
		cmocka_unit_test(a_stack_that_ran_into_its_guard),
		cmocka_unit_test(code_that_ran_on_is_no_stack_overflow),
		cmocka_unit_test(an_old_cr2_is_no_stack_overflow),
		cmocka_unit_test(a_stack_that_nothing_stopped),
		cmocka_unit_test(a_jump_to_itself),
		cmocka_unit_test(a_loop),
		cmocka_unit_test(an_instruction_that_does_not_get_on),
		cmocka_unit_test(page_tables_that_do_not_map),
		cmocka_unit_test(paging_that_this_kvm_lacks),
		cmocka_unit_test(model_specific_registers),
		cmocka_unit_test(no_idt),
		cmocka_unit_test(exceptions_by_vector),
		cmocka_unit_test(page_faults),
		cmocka_unit_test(selectors),
		cmocka_unit_test(interrupts_from_outside),
		cmocka_unit_test(software_interrupts),
		cmocka_unit_test(sse_that_is_off),
		cmocka_unit_test(kvm_gave_up),
		cmocka_unit_test(nothing_that_tells),
		cmocka_unit_test(what_was_guessed_says_so),
		cmocka_unit_test(without_a_suspect_nobody_is_blamed),
		cmocka_unit_test(texts_name_only_facts_that_exist),
		cmocka_unit_test(sentences_follow_their_rule),
		cmocka_unit_test(the_manual_knows_every_cause),
		cmocka_unit_test(the_longest_sentences_fit),
		cmocka_unit_test(a_text_is_cut_to_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
