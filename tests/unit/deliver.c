/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver.c - an interrupt that a VM takes between two runs: the frame, byte by byte, and where
 * it goes on; and what is executed without KVM. That processors do the same: tests/native/deliver.c.
 */
#include "rig.h"

#include "baton/control.h"
#include "vm/deliver.h"

#define VECTOR 0x25
#define IDT    0x8000 /* what the tests' own is at */
#define STACK  0xE000

#define TF UINT64_C(0x100)
#define IF UINT64_C(0x200)
#define NT UINT64_C(0x4000)
#define RF UINT64_C(0x10000)
#define VM UINT64_C(0x20000)
#define AC UINT64_C(0x40000)

struct scene {
	struct rig *rig;
	struct fake_vcpu *fake;
	struct baton_vm *vm;
};

/* A VM in that mode, with an IDT of zeroes. */
static struct scene begin(enum baton_mode mode)
{
	struct scene s = { .rig = rig_begin("quantum", 0) };
	struct baton_vm_config config = rig_vm_config("vm");
	static const uint8_t zeroes[16 * 256];
	int i;

	config.mode = mode;
	config.load = mode == BATON_MODE_REAL ? 0 : 0x1000;
	i = rig_add(s.rig, &config, NULL, NULL);
	s.vm = s.rig->vms[i];
	s.fake = s.rig->vcpus[i];
	s.fake->sregs.idt.base = IDT;
	s.fake->sregs.idt.limit = sizeof(zeroes) - 1;
	assert_int_equal(baton_vm_write(s.vm, IDT, zeroes, sizeof(zeroes)), 0);
	s.fake->regs.rsp = STACK;
	s.fake->regs.rip = 0x1234;
	s.fake->regs.rflags = 2 | IF;
	return s;
}

static void end(struct scene *s)
{
	rig_end(s->rig);
}

static bool executes(struct scene *s, unsigned bits, size_t size, const uint8_t *bytes)
{
	struct baton__code code = { .known = true, .size = (int)size, .bits = bits };

	memcpy(code.bytes, bytes, size);
	return baton__execute(baton_vm_vcpu(s->vm), &code);
}

static unsigned bits_of(const struct scene *s)
{
	return s->fake->sregs.cs.l ? 64 : s->fake->sregs.cs.db ? 32 : 16;
}

/* By the IRET of operands of so many bytes. */
static bool goes_back(struct scene *s, unsigned size)
{
	static const uint8_t plain[] = { 0xCF }, other[] = { 0x66, 0xCF }, wide[] = { 0x48, 0xCF };
	unsigned bits = bits_of(s);

	if (size == 8)
		return executes(s, 64, sizeof(wide), wide);
	if (bits == 16 ? size == 2 : size == 4)
		return executes(s, bits, sizeof(plain), plain);
	return executes(s, bits, sizeof(other), other);
}

static int deliver(struct scene *s)
{
	return baton_vcpu_deliver(baton_vm_vcpu(s->vm), VECTOR);
}

/* A gate of a mode with 32 bits, or the first half of a long one. */
static void set_gate(struct scene *s, unsigned type, uint16_t selector, uint64_t offset, unsigned ist)
{
	bool wide = s->fake->sregs.efer >> 10 & 1;
	uint64_t gate[2] = {
		(offset & 0xFFFF) | (uint64_t)selector << 16 | (uint64_t)ist << 32 |
			(uint64_t)(0x80 | type) << 40 | (offset >> 16 & 0xFFFF) << 48,
		offset >> 32,
	};

	baton_vm_write(s->vm, IDT + VECTOR * (wide ? 16 : 8), gate, wide ? 16 : 8);
}

static uint64_t word(const struct scene *s, uint64_t at, size_t size)
{
	uint64_t value = 0;

	assert_int_equal(baton_vm_read(s->vm, at, &value, size), 0);
	return value;
}

static void real_mode_pushes_three_words_and_loads_a_segment(void **state)
{
	struct scene s = begin(BATON_MODE_REAL);
	const uint16_t vector[] = { 0x4567, 0x0321 };

	baton_vm_write(s.vm, IDT + VECTOR * 4, vector, sizeof(vector));
	s.fake->sregs.cs.selector = 0x77;
	s.fake->sregs.ss.base = 0x1000;
	s.fake->regs.rsp = 0xABCD0000 | 0x8002;
	s.fake->regs.rflags = 2 | IF | TF | AC;
	assert_int_equal(deliver(&s), 0);
	assert_int_equal(s.fake->regs.rsp, 0xABCD0000 | 0x7FFC);
	assert_int_equal(word(&s, 0x8FFC, 2), 0x1234);
	assert_int_equal(word(&s, 0x8FFE, 2), 0x77);
	assert_int_equal(word(&s, 0x9000, 2), 2 | IF | TF);
	assert_int_equal(s.fake->regs.rip, 0x4567);
	assert_int_equal(s.fake->sregs.cs.selector, 0x0321);
	assert_int_equal(s.fake->sregs.cs.base, 0x3210);
	assert_int_equal(s.fake->regs.rflags, 2);
	assert_int_equal(baton_vm_regs(s.vm)->rip, 0x4567);
	end(&s);
}

static void a_gate_of_32_bits_pushes_three_longs(void **state)
{
	struct scene s = begin(BATON_MODE_PROTECTED);
	uint16_t cs = s.fake->sregs.cs.selector;

	set_gate(&s, 0xE, cs, 0xA1B2C3D4, 0);
	s.fake->regs.rip = 0x89ABCDEF;
	s.fake->regs.rflags = 2 | IF | NT | RF | TF;
	assert_int_equal(deliver(&s), 0);
	assert_int_equal(s.fake->regs.rsp, STACK - 12);
	assert_int_equal(word(&s, STACK - 12, 4), 0x89ABCDEF);
	assert_int_equal(word(&s, STACK - 8, 4), cs);
	assert_int_equal(word(&s, STACK - 4, 4), 2 | IF | NT | RF | TF);
	assert_int_equal(s.fake->regs.rip, 0xA1B2C3D4);
	assert_int_equal(s.fake->regs.rflags, 2);
	end(&s);
}

static void a_trap_gate_leaves_interrupts_on(void **state)
{
	struct scene s = begin(BATON_MODE_PROTECTED);

	set_gate(&s, 0xF, s.fake->sregs.cs.selector, 0x5000, 0);
	s.fake->regs.rflags = 2 | IF | NT;
	assert_int_equal(deliver(&s), 0);
	assert_int_equal(s.fake->regs.rflags, 2 | IF);
	end(&s);
}

static void a_gate_of_16_bits_pushes_three_words(void **state)
{
	struct scene s = begin(BATON_MODE_PROTECTED);

	set_gate(&s, 0x6, s.fake->sregs.cs.selector, 0xA1B2C3D4, 0);
	assert_int_equal(deliver(&s), 0);
	assert_int_equal(s.fake->regs.rsp, STACK - 6);
	assert_int_equal(word(&s, STACK - 6, 2), 0x1234);
	assert_int_equal(s.fake->regs.rip, 0xC3D4);
	end(&s);
}

/* The base of SS counts, and so does how wide its pointer is. */
static void a_stack_of_16_bits_has_a_pointer_of_16_bits(void **state)
{
	struct scene s = begin(BATON_MODE_PROTECTED);

	set_gate(&s, 0xE, s.fake->sregs.cs.selector, 0x5000, 0);
	s.fake->sregs.ss.db = 0;
	s.fake->sregs.ss.base = 0x400;
	s.fake->regs.rsp = 0x55550000 | 0x9000;
	assert_int_equal(deliver(&s), 0);
	assert_int_equal(s.fake->regs.rsp, 0x55550000 | 0x8FF4);
	assert_int_equal(word(&s, 0x93F4, 4), 0x1234);
	end(&s);
}

static void long_mode_pushes_five_quads_at_a_multiple_of_16(void **state)
{
	struct scene s = begin(BATON_MODE_LONG);
	uint16_t cs = s.fake->sregs.cs.selector;

	set_gate(&s, 0xE, cs, UINT64_C(0xFFFFFFFF81234567), 0);
	s.fake->regs.rip = UINT64_C(0xFFFFFFFF80001234);
	s.fake->regs.rsp = UINT64_C(0xFFFFFFFF80000000) + STACK + 9; /* the other copy of memory */
	assert_int_equal(deliver(&s), 0);
	assert_true(s.fake->regs.rsp == UINT64_C(0xFFFFFFFF80000000) + STACK - 40);
	assert_true(word(&s, STACK - 40, 8) == UINT64_C(0xFFFFFFFF80001234));
	assert_int_equal(word(&s, STACK - 32, 8), cs);
	assert_int_equal(word(&s, STACK - 24, 8), 2 | IF);
	assert_true(word(&s, STACK - 16, 8) == UINT64_C(0xFFFFFFFF80000000) + STACK + 9);
	assert_int_equal(word(&s, STACK - 8, 8), s.fake->sregs.ss.selector);
	assert_true(s.fake->regs.rip == UINT64_C(0xFFFFFFFF81234567));
	assert_int_equal(s.fake->regs.rflags, 2);
	end(&s);
}

/* ------------------------------------------------------------------ the way back */

/* What an interrupt changes, IRET puts back. */
static void the_way_back_leads_where_it_was(void **state)
{
	static const struct {
		enum baton_mode mode;
		unsigned type, size;
	} ways[] = {
		{ BATON_MODE_REAL, 0, 2 },
		{ BATON_MODE_PROTECTED, 0xE, 4 },
		{ BATON_MODE_PROTECTED, 0xF, 4 },
		{ BATON_MODE_PROTECTED, 0x6, 2 },
		{ BATON_MODE_LONG, 0xE, 8 },
	};

	for (size_t i = 0; i < COUNT(ways); i++) {
		struct scene s = begin(ways[i].mode);
		const uint16_t vector[] = { 0x4567, 0x0321 };
		struct kvm_regs regs;
		struct kvm_sregs sregs;

		s.fake->regs.rsp = STACK + 8;
		s.fake->regs.rflags = 2 | IF | 0xCD5; /* all that a program computes with */
		s.fake->sregs.cs.selector = ways[i].mode == BATON_MODE_REAL ? 0x100 : s.fake->sregs.cs.selector;
		if (ways[i].mode == BATON_MODE_REAL) {
			s.fake->sregs.cs.base = 0x1000;
			baton_vm_write(s.vm, IDT + VECTOR * 4, vector, sizeof(vector));
		} else {
			set_gate(&s, ways[i].type, s.fake->sregs.cs.selector, 0x5000, 0);
		}
		regs = s.fake->regs;
		sregs = s.fake->sregs;
		assert_int_equal(deliver(&s), 0);
		assert_true(goes_back(&s, ways[i].size));
		assert_memory_equal(&s.fake->regs, &regs, sizeof(regs));
		assert_memory_equal(&s.fake->sregs, &sregs, sizeof(sregs));
		assert_int_equal(baton_vm_regs(s.vm)->rip, regs.rip);
		end(&s);
	}
}

/* A frame of a guest's own making lies on the stack. */
static struct scene framed(enum baton_mode mode, size_t size, uint64_t ip, uint64_t cs, uint64_t flags)
{
	struct scene s = begin(mode);
	const uint64_t words[] = { ip, cs ? cs : s.fake->sregs.cs.selector, flags, 0x7000,
				   s.fake->sregs.ss.selector };

	for (unsigned i = 0; i < 5; i++)
		baton_vm_write(s.vm, STACK + i * size, &words[i], size);
	return s;
}

static void stepping_does_not_come_back_with_the_flags(void **state)
{
	struct scene s = framed(BATON_MODE_PROTECTED, 4, 0x1111, 0, 2 | TF | NT | RF | AC);

	s.fake->regs.rflags |= TF;
	assert_true(goes_back(&s, 4));
	assert_int_equal(s.fake->regs.rflags, 2 | NT | RF | AC);
	assert_int_equal(s.fake->regs.rsp, STACK + 12);
	end(&s);
	s = framed(BATON_MODE_LONG, 8, 0x1111, 0, 2 | IF);
	s.fake->regs.rflags = 2;
	assert_true(goes_back(&s, 8));
	assert_int_equal(s.fake->regs.rflags, 2 | IF);
	assert_int_equal(s.fake->regs.rsp, 0x7000);
	end(&s);
}

static void sixteen_bits_of_flags_are_no_more_than_that(void **state)
{
	struct scene s = framed(BATON_MODE_REAL, 2, 0x1111, 0x2222, 0x8D5);

	s.fake->regs.rsp |= 0xABCD0000;
	s.fake->regs.rflags = 2 | AC | IF;
	assert_true(goes_back(&s, 2));
	assert_int_equal(s.fake->regs.rflags, 2 | AC | 0x8D5);
	assert_int_equal(s.fake->regs.rsp, 0xABCD0000 | (STACK + 6));
	assert_int_equal(s.fake->regs.rip, 0x1111);
	assert_int_equal(s.fake->sregs.cs.base, 0x22220);
	end(&s);
}

static void check_no_way_back(struct scene *s, unsigned size)
{
	struct kvm_regs before = s->fake->regs;

	assert_false(goes_back(s, size));
	assert_memory_equal(&before, &s->fake->regs, sizeof(before));
	end(s);
}

static void trap(struct scene *s, baton_gpa_t at);
static void check_not_executed(struct scene *s, size_t size, const uint8_t *code);

static void a_way_back_that_leads_elsewhere_is_left_to_kvm(void **state)
{
	struct scene s = framed(BATON_MODE_PROTECTED, 4, 0x1111, 0x33, 2);

	check_no_way_back(&s, 4); /* another segment */
	s = framed(BATON_MODE_PROTECTED, 4, 0x1111, 0, 2 | VM);
	check_no_way_back(&s, 4); /* virtual 8086 mode */
	s = framed(BATON_MODE_PROTECTED, 4, 0x1111, 0, 2);
	s.fake->regs.rflags |= NT;
	check_no_way_back(&s, 4); /* another task */
	s = framed(BATON_MODE_PROTECTED, 4, 0x1111, 0, 2);
	check_no_way_back(&s, 8);
	s = framed(BATON_MODE_LONG, 8, 0x1111, 0, 2);
	check_no_way_back(&s, 4);
	s = framed(BATON_MODE_LONG, 8, 0x1111, 0, 2);
	baton_vm_write(s.vm, STACK + 32, "\x33", 1);
	check_no_way_back(&s, 8); /* another stack segment */
	s = framed(BATON_MODE_PROTECTED, 4, 0x1111, 0, 2);
	s.fake->regs.rsp = 0x10000;
	check_no_way_back(&s, 4);
	s = framed(BATON_MODE_PROTECTED, 4, 0x1111, 0, 2);
	trap(&s, 0x4000);
	s.fake->regs.rsp = 0x4FF8;
	check_no_way_back(&s, 4);
}

/* --------------------------------------------------------------------- PUSHF */

static void pushf_stores_flags_without_that_of_stepping(void **state)
{
	static const struct {
		enum baton_mode mode;
		uint8_t code[4];
		size_t size, pushed;
	} ways[] = {
		{ BATON_MODE_REAL, { 0x9C }, 1, 2 },
		{ BATON_MODE_REAL, { 0x66, 0x9C }, 2, 4 },
		{ BATON_MODE_PROTECTED, { 0x9C }, 1, 4 },
		{ BATON_MODE_PROTECTED, { 0x66, 0x9C }, 2, 2 },
		{ BATON_MODE_LONG, { 0x9C }, 1, 8 },
		{ BATON_MODE_LONG, { 0x48, 0x9C }, 2, 8 },
		{ BATON_MODE_LONG, { 0x66, 0x9C }, 2, 2 },
	};

	for (size_t i = 0; i < COUNT(ways); i++) {
		struct scene s = begin(ways[i].mode);
		const uint64_t flags = 2 | IF | AC | 0xCD5;
		uint8_t expected[32], stack[32];
		struct kvm_regs before;

		memset(expected, 0xEE, sizeof(expected));
		baton_vm_write(s.vm, STACK - 16, expected, sizeof(expected));
		memcpy(expected + 16 - ways[i].pushed, &flags, ways[i].pushed);
		s.fake->regs.rflags = flags | TF | RF;
		before = s.fake->regs;
		assert_true(executes(&s, bits_of(&s), ways[i].size, ways[i].code));
		baton_vm_read(s.vm, STACK - 16, stack, sizeof(stack));
		assert_memory_equal(stack, expected, sizeof(stack));
		before.rip += ways[i].size;
		before.rsp -= ways[i].pushed;
		before.rflags &= ~RF;
		assert_memory_equal(&s.fake->regs, &before, sizeof(before));
		assert_int_equal(baton_vm_regs(s.vm)->rip, before.rip);
		end(&s);
	}
}

static void sixteen_bits_of_pointers_go_round(void **state)
{
	static const uint8_t pushf[] = { 0x9C };
	struct scene s = begin(BATON_MODE_REAL);
	uint16_t flags;

	s.fake->regs.rip = 0xFFFF;
	s.fake->regs.rsp = 0xABCD0000;
	s.fake->regs.rflags = 2 | IF;
	assert_true(executes(&s, 16, 1, pushf));
	assert_int_equal(s.fake->regs.rip, 0);
	assert_int_equal(s.fake->regs.rsp, 0xABCDFFFE);
	baton_vm_read(s.vm, 0xFFFE, &flags, sizeof(flags));
	assert_int_equal(flags, 2 | IF);
	end(&s);
}

/* The page tables' way to the stack, with flags set and others taken away in its last entry. */
static struct baton_walk stack_way(struct scene *s, uint8_t set, uint8_t clear)
{
	struct baton_walk walk;
	uint8_t flags;

	assert_int_equal(baton_vcpu_walk(baton_vm_vcpu(s->vm), STACK - 8, &walk), 0);
	assert_int_equal(walk.end, BATON_WALK_MAPPED);
	flags = (uint8_t)((walk.entries[walk.count - 1].value | set) & ~clear);
	baton_vm_write(s->vm, walk.entries[walk.count - 1].at, &flags, 1);
	assert_int_equal(baton_vcpu_walk(baton_vm_vcpu(s->vm), STACK - 8, &walk), 0);
	return walk;
}

/* Let the page's own entry decide. */
static void open_upper_entries(struct scene *s)
{
	const uint8_t writable = 2, user = 4;
	struct baton_walk walk;

	assert_int_equal(baton_vcpu_walk(baton_vm_vcpu(s->vm), STACK - 8, &walk), 0);
	for (uint32_t i = 0; i + 1 < walk.count; i++) {
		uint8_t flags = (uint8_t)(walk.entries[i].value | writable | user);

		baton_vm_write(s->vm, walk.entries[i].at, &flags, 1);
	}
}

/* That of SS, the first of five words, lies in the page of the stack's top; that of RIP below it. */
static void a_frame_in_two_pages_is_noted_for_both(void **state)
{
	const uint8_t dirty = 0x40;
	struct scene s = begin(BATON_MODE_LONG);
	const uint64_t pages[] = { STACK - 0x1000, STACK };

	set_gate(&s, 0xE, s.fake->sregs.cs.selector, 0x5000, 0);
	for (int written = 0; written < 2; written++) {
		for (int i = 0; i < 2; i++) {
			struct baton_walk walk;
			uint8_t flags;

			assert_int_equal(baton_vcpu_walk(baton_vm_vcpu(s.vm), pages[i], &walk), 0);
			if (written)
				assert_true(walk.entries[walk.count - 1].dirty);
			flags = (uint8_t)(walk.entries[walk.count - 1].value & ~dirty);
			baton_vm_write(s.vm, walk.entries[walk.count - 1].at, &flags, 1);
		}
		s.fake->regs.rsp = STACK + 16;
		assert_int_equal(deliver(&s), 0);
	}
	end(&s);
}

static void a_write_to_the_stack_is_noted_in_the_page_tables(void **state)
{
	static const uint8_t pushf[] = { 0x9C };
	const uint8_t accessed = 0x20, dirty = 0x40;
	struct scene s = begin(BATON_MODE_LONG);
	struct baton_walk before = stack_way(&s, 0, accessed | dirty), after;

	assert_true(before.count >= 3);
	assert_true(executes(&s, 64, 1, pushf));
	after = stack_way(&s, 0, 0);
	for (uint32_t i = 0; i < after.count; i++) {
		bool leaf = i + 1 == after.count;

		assert_true(after.entries[i].accessed);
		assert_int_equal(after.entries[i].dirty, leaf);
		assert_int_equal(after.entries[i].value,
				 before.entries[i].value | accessed | (leaf ? dirty : 0));
	}
	end(&s);
}

static void a_page_that_may_not_be_written_is_no_stack(void **state)
{
	static const uint8_t pushf[] = { 0x9C };
	const uint64_t protect = 1 << 16 /* CR0.WP */, smap = 1 << 21;
	static const struct {
		const char *text;
		uint8_t set, clear; /* flags of the page */
		unsigned ring;
		bool protect, smap;
		uint64_t rflags;
		bool may;
	} ways[] = {
		{ "ring 0, to read only", 0, 2, 0, false, false, 0, true },
		{ "ring 0, to read only, CR0.WP", 0, 2, 0, true, false, 0, false },
		{ "ring 0, to write, CR0.WP", 2, 4, 0, true, true, 0, true },
		{ "ring 0, to a user's", 4, 0, 0, true, false, 0, true },
		{ "ring 0, to a user's, SMAP", 4, 0, 0, true, true, 0, false },
		{ "ring 0, to a user's, SMAP, AC", 4, 0, 0, true, true, AC, true },
		{ "ring 3, to the system's", 0, 4, 3, true, false, 0, false },
		{ "ring 3, to a user's", 6, 0, 3, true, true, 0, true },
		{ "ring 3, to read only", 4, 2, 3, false, false, 0, false },
	};

	for (size_t i = 0; i < COUNT(ways); i++) {
		for (int delivers = 0; delivers < 2; delivers++) {
			struct scene s = begin(BATON_MODE_LONG);

			set_gate(&s, 0xE, s.fake->sregs.cs.selector, 0x5000, 0);
			s.fake->regs.rflags |= ways[i].rflags;
			s.fake->sregs.ss.dpl = (uint8_t)ways[i].ring;
			if (ways[i].protect)
				s.fake->sregs.cr0 |= protect;
			else
				s.fake->sregs.cr0 &= ~protect;
			if (ways[i].smap)
				s.fake->sregs.cr4 |= smap;
			open_upper_entries(&s);
			stack_way(&s, ways[i].set, ways[i].clear);
			if (delivers ? deliver(&s) != (ways[i].may ? 0 : -EFAULT) :
				       executes(&s, 64, 1, pushf) != ways[i].may)
				fail_msg("%s: expected %d", ways[i].text, ways[i].may);
			end(&s);
		}
	}
}

static void check_not_executed(struct scene *s, size_t size, const uint8_t *code)
{
	struct kvm_regs before = s->fake->regs;

	assert_false(executes(s, bits_of(s), size, code));
	assert_memory_equal(&before, &s->fake->regs, sizeof(before));
	end(s);
}

static void what_is_not_spoilt_or_not_plain_is_left_to_kvm(void **state)
{
	static const uint8_t ret[] = { 0xC3 }, popf[] = { 0x9D }, locked_iret[] = { 0xF0, 0xCF };
	static const uint8_t locked[] = { 0xF0, 0x9C }, group[] = { 0x0F, 0x9C, 0xC0 }, pushf[] = { 0x9C };
	struct scene s = begin(BATON_MODE_PROTECTED);

	check_not_executed(&s, 1, ret);
	s = begin(BATON_MODE_PROTECTED);
	check_not_executed(&s, 1, popf);
	s = begin(BATON_MODE_PROTECTED);
	check_not_executed(&s, 2, locked);
	s = framed(BATON_MODE_PROTECTED, 4, 0x1111, 0, 2);
	check_not_executed(&s, 2, locked_iret);
	s = begin(BATON_MODE_PROTECTED);
	check_not_executed(&s, 3, group); /* SETL */
	s = begin(BATON_MODE_PROTECTED);
	check_not_executed(&s, 0, pushf);
	s = begin(BATON_MODE_PROTECTED);
	s.fake->regs.rflags |= VM;
	check_not_executed(&s, 1, pushf);
	s = begin(BATON_MODE_PROTECTED);
	s.fake->regs.rsp = 0x10000000; /* no memory */
	check_not_executed(&s, 1, pushf);
	s = begin(BATON_MODE_PROTECTED);
	trap(&s, 0x4000);
	s.fake->regs.rsp = 0x4010;
	check_not_executed(&s, 1, pushf);
	s = begin(BATON_MODE_PROTECTED);
	fake_fail(FAKE_GET_SREGS, 1, EIO);
	check_not_executed(&s, 1, pushf);
}

/* ------------------------------------------------------------------ refusals */

static void check_refusal(struct scene *s, int error)
{
	struct kvm_regs before = s->fake->regs;
	struct kvm_sregs sregs = s->fake->sregs;
	static uint8_t was[64 << 10], is[64 << 10];

	baton_vm_read(s->vm, 0, was, sizeof(was));
	assert_int_equal(deliver(s), error);
	assert_memory_equal(&before, &s->fake->regs, sizeof(before));
	assert_memory_equal(&sregs, &s->fake->sregs, sizeof(sregs));
	baton_vm_read(s->vm, 0, is, sizeof(is));
	assert_memory_equal(was, is, sizeof(is));
	end(s);
}

static struct scene gated(unsigned type, unsigned ist)
{
	struct scene s = begin(ist ? BATON_MODE_LONG : BATON_MODE_PROTECTED);

	set_gate(&s, type, s.fake->sregs.cs.selector, 0x5000, ist);
	return s;
}

static void what_leads_nowhere_is_refused(void **state)
{
	struct scene s = begin(BATON_MODE_PROTECTED);

	check_refusal(&s, -EFAULT); /* zeroes are no gate */
	s = gated(0xE, 0);
	s.fake->sregs.idt.limit = VECTOR * 8 + 6;
	check_refusal(&s, -EFAULT);
	s = gated(0xE, 0);
	baton_vm_write(s.vm, IDT + VECTOR * 8 + 5, "\x0E", 1);
	check_refusal(&s, -EFAULT); /* not present */
	s = begin(BATON_MODE_REAL);
	s.fake->sregs.idt.limit = VECTOR * 4 + 2;
	check_refusal(&s, -EFAULT);
	s = gated(0xE, 0);
	s.fake->regs.rsp = 0x10004; /* its first two words are there */
	check_refusal(&s, -EFAULT);
	s = gated(0xE, 0);
	s.fake->regs.rsp = 0;
	check_refusal(&s, -EFAULT);
}

/* A page there is trapped. */
static void trap(struct scene *s, baton_gpa_t at)
{
	struct baton_region *region;

	assert_int_equal(baton_region_create(s->rig->host, 4096, NULL, &region), 0);
	assert_int_equal(baton_region_trap(region, s->vm, at, NULL), 0);
}

static void what_leads_elsewhere_is_refused(void **state)
{
	struct scene s = begin(BATON_MODE_PROTECTED);

	set_gate(&s, 0xE, s.fake->sregs.cs.selector + 8, 0x5000, 0);
	check_refusal(&s, -ENOTSUP);
	s = gated(0x5, 0); /* a task */
	check_refusal(&s, -ENOTSUP);
	s = gated(0xE, 1); /* a stack of its own */
	check_refusal(&s, -ENOTSUP);
	s = begin(BATON_MODE_LONG);
	set_gate(&s, 0xE, s.fake->sregs.cs.selector, 0x5000, 0);
	s.fake->sregs.cs.l = 0;
	check_refusal(&s, -ENOTSUP);
	s = gated(0xE, 0);
	s.fake->regs.rflags |= VM;
	check_refusal(&s, -ENOTSUP);
	s = gated(0xE, 0);
	trap(&s, 0x4000);
	s.fake->regs.rsp = 0x4004; /* its last word is in a trapped region */
	check_refusal(&s, -ENOTSUP);
	s = gated(0xE, 0);
	trap(&s, 0x4000);
	s.fake->regs.rsp = 0x5008; /* its first word is */
	check_refusal(&s, -ENOTSUP);
	s = begin(BATON_MODE_REAL);
	s.fake->regs.rsp = 3; /* it goes round in the midst of a word */
	check_refusal(&s, -ENOTSUP);
}

static void a_kvm_that_fails_is_told(void **state)
{
	static const enum fake_op ops[] = { FAKE_GET_SREGS, FAKE_GET_REGS, FAKE_SET_SREGS, FAKE_SET_REGS };

	for (size_t i = 0; i < COUNT(ops); i++) {
		struct scene s = begin(BATON_MODE_REAL);

		fake_fail(ops[i], 1, EIO);
		assert_int_equal(deliver(&s), -EIO);
		end(&s);
	}
}

static enum baton_verdict deliver_now(void *state, struct baton_access *a)
{
	*(int *)state = baton_vcpu_deliver(a->vcpu, VECTOR);
	return BATON_RESUME;
}

static struct fake_exit out_once(struct fake_vcpu *vcpu)
{
	return vcpu->exits ? fake_hlt(0) : fake_out(0, 0x10, 1, 1);
}

static void not_from_a_handler(void **state)
{
	struct scene s = { .rig = rig_begin("quantum", 0) };
	int result = 0, vm = rig_vm(s.rig, 1, out_once, NULL);

	rig_port(s.rig, vm, 0x10, 1, deliver_now, &result);
	rig_run(s.rig, UINT64_MAX);
	assert_int_equal(result, -EBUSY);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(real_mode_pushes_three_words_and_loads_a_segment),
		TEST(a_gate_of_32_bits_pushes_three_longs),
		TEST(a_trap_gate_leaves_interrupts_on),
		TEST(a_gate_of_16_bits_pushes_three_words),
		TEST(a_stack_of_16_bits_has_a_pointer_of_16_bits),
		TEST(long_mode_pushes_five_quads_at_a_multiple_of_16),
		TEST(the_way_back_leads_where_it_was),
		TEST(stepping_does_not_come_back_with_the_flags),
		TEST(sixteen_bits_of_flags_are_no_more_than_that),
		TEST(a_way_back_that_leads_elsewhere_is_left_to_kvm),
		TEST(pushf_stores_flags_without_that_of_stepping),
		TEST(sixteen_bits_of_pointers_go_round),
		TEST(a_frame_in_two_pages_is_noted_for_both),
		TEST(a_write_to_the_stack_is_noted_in_the_page_tables),
		TEST(a_page_that_may_not_be_written_is_no_stack),
		TEST(what_is_not_spoilt_or_not_plain_is_left_to_kvm),
		TEST(what_leads_nowhere_is_refused),
		TEST(what_leads_elsewhere_is_refused),
		TEST(a_kvm_that_fails_is_told),
		TEST(not_from_a_handler),
	};

	return cmocka_run_group_tests_name("deliver", tests, NULL, NULL);
}
