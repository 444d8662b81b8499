/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_test.c - lengths and operands of instructions of every shape, as an
 * assembler made them.
 */
#include "test.h"

#include "vm/decode.h"

struct sample {
	const char *text; /* for people */
	const char *bytes;
	unsigned bits, length;
};

#define SAMPLE(bits, length, bytes, text) { text, bytes, bits, length }

static const struct sample samples[] = {
	SAMPLE(16, 1, "\x90", "nop"),
	SAMPLE(16, 3, "\xb8\x34\x12", "mov ax, imm16"),
	SAMPLE(16, 6, "\x66\xb8\x78\x56\x34\x12", "mov eax, imm32"),
	SAMPLE(32, 5, "\xb8\x78\x56\x34\x12", "mov eax, imm32"),
	SAMPLE(32, 4, "\x66\xb8\x34\x12", "mov ax, imm16"),
	SAMPLE(64, 10, "\x48\xb8\x01\x02\x03\x04\x05\x06\x07\x08", "mov rax, imm64"),
	SAMPLE(64, 7, "\x48\xc7\xc0\x01\x02\x03\x04", "mov rax, simm32"),
	SAMPLE(16, 2, "\x8b\x07", "mov ax, [bx]"),
	SAMPLE(16, 4, "\x8b\x06\x34\x12", "mov ax, [0x1234]"),
	SAMPLE(16, 4, "\x8b\x87\x34\x12", "mov ax, [bx + 0x1234]"),
	SAMPLE(32, 6, "\x8b\x05\x78\x56\x34\x12", "mov eax, [0x12345678]"),
	SAMPLE(32, 7, "\x8b\x84\x8b\x78\x56\x34\x12", "mov eax, [ebx + ecx * 4 + 0x12345678]"),
	SAMPLE(32, 7, "\x8b\x04\x8d\x78\x56\x34\x12", "mov eax, [ecx * 4 + 0x12345678]"),
	SAMPLE(32, 4, "\x8b\x44\x24\x08", "mov eax, [esp + 8]"),
	SAMPLE(64, 7, "\x48\x8b\x05\x78\x56\x34\x12", "mov rax, [rip + 0x12345678]"),
	SAMPLE(32, 5, "\xa1\x78\x56\x34\x12", "mov eax, moffs"),
	SAMPLE(64, 9, "\xa1\x01\x02\x03\x04\x05\x06\x07\x08", "mov eax, moffs"),
	SAMPLE(32, 7, "\xea\x78\x56\x34\x12\x08\x00", "jmp 8:0x12345678"),
	SAMPLE(16, 5, "\xea\x34\x12\x08\x00", "jmp 8:0x1234"),
	SAMPLE(32, 4, "\xc8\x10\x00\x00", "enter 16, 0"),
	SAMPLE(32, 2, "\xf7\xf1", "div ecx"),
	SAMPLE(32, 6, "\xf7\xc1\x78\x56\x34\x12", "test ecx, imm32"),
	SAMPLE(32, 3, "\xf6\xc1\x01", "test cl, imm8"),
	SAMPLE(32, 6, "\x81\xc1\x78\x56\x34\x12", "add ecx, imm32"),
	SAMPLE(32, 3, "\x83\xc1\x01", "add ecx, simm8"),
	SAMPLE(32, 5, "\xe8\xfb\xff\xff\xff", "call itself"),
	SAMPLE(64, 6, "\x66\xe8\xfb\xff\xff\xff", "call, where a 66 prefix changes nothing"),
	SAMPLE(32, 4, "\x66\xe8\xfc\xff", "call rel16"),
	SAMPLE(32, 2, "\x0f\x0b", "ud2"),
	SAMPLE(32, 3, "\x0f\x22\xd8", "mov cr3, eax"),
	SAMPLE(64, 4, "\x41\x0f\x22\xd9", "mov cr3, r9"),
	SAMPLE(32, 7, "\x0f\x01\x1d\x78\x56\x34\x12", "lidt [0x12345678]"),
	SAMPLE(64, 8, "\x0f\x01\x1c\x25\x78\x56\x34\x12", "lidt [0x12345678]"),
	SAMPLE(32, 6, "\x0f\x84\x78\x56\x34\x12", "jz rel32"),
	SAMPLE(32, 3, "\x0f\x10\xc1", "movups xmm0, xmm1"),
	SAMPLE(32, 5, "\x66\x0f\x70\xc1\x1b", "pshufd xmm0, xmm1, 0x1b"),
	SAMPLE(32, 5, "\x66\x0f\x38\x00\xc1", "pshufb xmm0, xmm1"),
	SAMPLE(32, 6, "\x66\x0f\x3a\x0f\xc1\x08", "palignr xmm0, xmm1, 8"),
	SAMPLE(32, 2, "\xf3\xaa", "rep stosb"),
	SAMPLE(64, 9, "\xf0\x48\x83\x84\x8b\x00\x01\x00\x00\x05", "not all of it"),
};

static void lengths_are_those_of_an_assembler(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples) - 1; i++) {
		const struct sample *s = &samples[i];
		uint8_t bytes[16];

		memset(bytes, 0x90, sizeof(bytes));
		memcpy(bytes, s->bytes, s->length);
		if (baton__decode(bytes, sizeof(bytes), s->bits).length != s->length)
			fail_msg("%s: %u bytes", s->text,
				 baton__decode(bytes, sizeof(bytes), s->bits).length);
	}
}

static void an_instruction_that_is_cut_off_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++)
		for (unsigned n = 0; n < samples[i].length; n++)
			assert_int_equal(baton__decode((const uint8_t *)samples[i].bytes, n,
						       samples[i].bits).length, 0);
}

static void prefixes_without_an_end_are_no_instruction(void **state)
{
	uint8_t bytes[64];

	(void)state;
	memset(bytes, 0x66, sizeof(bytes));
	assert_int_equal(baton__decode(bytes, sizeof(bytes), 32).length, 0);
	bytes[BATON__INSN_MAX] = 0x90; /* one byte too many */
	assert_int_equal(baton__decode(bytes, sizeof(bytes), 32).length, 0);
	bytes[BATON__INSN_MAX - 1] = 0x90;
	assert_int_equal(baton__decode(bytes, sizeof(bytes), 32).length, BATON__INSN_MAX);
}

static uint64_t offset_of(unsigned bits, const char *bytes, size_t size)
{
	static const struct baton_regs regs = {
		.rax = 0x10, .rbx = 0xFFFFFFFF00012000, .rcx = 3, .rsp = 0x8000, .rsi = 0xFFFF,
		.r9 = 0x900, .r12 = 0x1200,
	};
	struct baton__insn in = baton__decode((const uint8_t *)bytes, size, bits);

	assert_int_equal(in.length, size);
	assert_true(in.memory);
	return baton__insn_offset(&in, &regs, 0x400000);
}

static void addresses_of_operands(void **state)
{
	(void)state;
	assert_int_equal(offset_of(64, "\x8b\x03", 2), UINT64_C(0xFFFFFFFF00012000));
	assert_int_equal(offset_of(32, "\x8b\x03", 2), 0x12000);
	assert_int_equal(offset_of(16, "\x8b\x00", 2), 0x1FFF); /* [bx + si], wrapped */
	assert_int_equal(offset_of(32, "\x8b\x44\x8b\xfc", 4), 0x12000 + 12 - 4);
	assert_int_equal(offset_of(32, "\x8b\x44\x24\x08", 4), 0x8008);
	assert_int_equal(offset_of(64, "\x41\x8b\x01", 3), 0x900); /* r9 */
	assert_int_equal(offset_of(64, "\x43\x8b\x04\x4c", 4), 0x1200 + 0x900 * 2); /* r12, r9 */
	assert_int_equal(offset_of(64, "\x8b\x05\x10\x00\x00\x00", 6), 0x400016);
	assert_int_equal(offset_of(32, "\xa1\x78\x56\x34\x12", 5), 0x12345678);
}

static void segments_of_operands(void **state)
{
	static const struct {
		const char *bytes;
		uint8_t segment;
	} cases[] = {
		{ "\x8b\x03\x90\x90", BATON__DS }, { "\x8b\x04\x24\x90", BATON__SS },
		{ "\x8b\x45\x00\x90", BATON__SS }, { "\x64\x8b\x03\x90", BATON__FS },
		{ "\x26\x8b\x45\x00", BATON__ES },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(baton__decode((const uint8_t *)cases[i].bytes, 4, 32).segment,
				 cases[i].segment);
}

static void registers_by_number(void **state)
{
	struct baton_regs r = { .rax = 10, .rcx = 11, .rdx = 12, .rbx = 13, .rsp = 14, .rbp = 15,
				.rsi = 16, .rdi = 17, .r8 = 18, .r15 = 25 };

	(void)state;
	for (unsigned i = 0; i <= 8; i++)
		assert_int_equal(baton__reg(&r, i), 10 + i);
	assert_int_equal(baton__reg(&r, 15), 25);
	baton__reg_set(&r, 3, 99);
	assert_int_equal(r.rbx, 99);
}

/* Whatever the bytes are: a length within bounds, and no read beyond the end. */
static void any_bytes_are_decoded_within_bounds(void **state)
{
	static const unsigned modes[] = { 16, 32, 64 };
	uint64_t x = 88172645463325252;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint8_t bytes[16], *exact;
		size_t size;

		for (size_t k = 0; k < sizeof(bytes); k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			bytes[k] = (uint8_t)(x >> 24);
		}
		size = x % 17;
		exact = malloc(size ? size : 1); /* so that a sanitizer sees a read beyond */
		memcpy(exact, bytes, size);
		assert_true(baton__decode(exact, size, modes[(x >> 40) % 3]).length <= size);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_are_those_of_an_assembler),
		cmocka_unit_test(an_instruction_that_is_cut_off_is_none),
		cmocka_unit_test(prefixes_without_an_end_are_no_instruction),
		cmocka_unit_test(addresses_of_operands),
		cmocka_unit_test(segments_of_operands),
		cmocka_unit_test(registers_by_number),
		cmocka_unit_test(any_bytes_are_decoded_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
