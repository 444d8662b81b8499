/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit.c - decoding struct kvm_run: every reason that KVM has, and those it does not.
 */
#include "test.h"

#include "kvm/exit.h"

#define AREA 8192

static struct kvm_run *run;

static int begin(void **state)
{
	test_begin(state);
	run = malloc(AREA);
	return run ? 0 : -1;
}

static int end(void **state)
{
	free(run);
	return test_end(state);
}

#define DECODES(function) cmocka_unit_test_setup_teardown(function, begin, end)

/* Everything that a test does not set is garbage, as in a kvm_run that was used before. */
static void garbage(uint64_t seed)
{
	for (size_t i = 0; i < AREA / 8; i++)
		((uint64_t *)run)[i] = fake_random(&seed);
}

/* The reasons with a kind of their own; all others are `unknown`. */
static enum baton_exit_kind kind_of(uint32_t reason)
{
	switch (reason) {
	case KVM_EXIT_HLT: return BATON_EXIT_HLT;
	case KVM_EXIT_IRQ_WINDOW_OPEN: return BATON_EXIT_IRQ_WINDOW;
	case KVM_EXIT_SHUTDOWN: return BATON_EXIT_SHUTDOWN;
	case KVM_EXIT_FAIL_ENTRY: return BATON_EXIT_FAIL_ENTRY;
	case KVM_EXIT_INTERNAL_ERROR: return BATON_EXIT_INTERNAL_ERROR;
	case KVM_EXIT_DEBUG: return BATON_EXIT_DEBUG;
	case KVM_EXIT_EXCEPTION: return BATON_EXIT_EXCEPTION;
	case KVM_EXIT_HYPERCALL: return BATON_EXIT_HYPERCALL;
	case KVM_EXIT_X86_RDMSR: return BATON_EXIT_RDMSR;
	case KVM_EXIT_X86_WRMSR: return BATON_EXIT_WRMSR;
	case KVM_EXIT_SYSTEM_EVENT: return BATON_EXIT_SYSTEM_EVENT;
	default: return BATON_EXIT_UNKNOWN;
	}
}

static void every_reason_has_its_kind_and_keeps_its_number(void **state)
{
	static const uint32_t odd[] = { 100, 255, 256, 65535, 0x7FFFFFFF, 0x80000000, UINT32_MAX };
	struct baton_exit e;

	(void)state;
	for (uint32_t i = 0; i < 64 + COUNT(odd); i++) {
		uint32_t reason = i < 64 ? i : odd[i - 64];

		if (reason == KVM_EXIT_IO || reason == KVM_EXIT_MMIO)
			continue;
		garbage(reason + 1);
		run->exit_reason = reason;
		run->s.regs.regs.rip = 0x1234;
		baton__exit_decode(run, 77, &e);
		assert_int_equal(e.kind, kind_of(reason));
		assert_int_equal(e.reason, reason);
		assert_int_equal(e.rip, 0x1234);
		assert_int_equal(e.at_ns, 77);
		assert_int_equal(e.count, 0);
		assert_int_equal(e.size, 0);
	}
}

static void details_of_a_reason_are_kept(void **state)
{
	struct baton_exit e;

	(void)state;
	garbage(1);
	run->exit_reason = KVM_EXIT_FAIL_ENTRY;
	run->fail_entry.hardware_entry_failure_reason = 0x80000021;
	baton__exit_decode(run, 0, &e);
	assert_int_equal(e.data, 0x80000021);

	run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	run->internal.suberror = KVM_INTERNAL_ERROR_EMULATION;
	baton__exit_decode(run, 0, &e);
	assert_int_equal(e.data, KVM_INTERNAL_ERROR_EMULATION);

	run->exit_reason = KVM_EXIT_UNKNOWN;
	run->hw.hardware_exit_reason = 0x42;
	baton__exit_decode(run, 0, &e);
	assert_int_equal(e.data, 0x42);

	run->exit_reason = KVM_EXIT_X86_WRMSR;
	run->msr.index = 0xC0000080;
	run->msr.data = UINT64_C(0x1122334455667788);
	baton__exit_decode(run, 0, &e);
	assert_int_equal(e.addr, 0xC0000080);
	assert_true(e.data == UINT64_C(0x1122334455667788));

	run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	run->system_event.type = KVM_SYSTEM_EVENT_RESET;
	baton__exit_decode(run, 0, &e);
	assert_int_equal(e.data, KVM_SYSTEM_EVENT_RESET);

	run->exit_reason = KVM_EXIT_DEBUG;
	run->debug.arch.dr6 = 0x4000;
	baton__exit_decode(run, 0, &e);
	assert_int_equal(e.data, 0x4000);

	run->exit_reason = KVM_EXIT_EXCEPTION;
	run->ex.exception = 13;
	baton__exit_decode(run, 0, &e);
	assert_int_equal(e.data, 13);

	run->exit_reason = KVM_EXIT_HYPERCALL;
	run->hypercall.nr = 12;
	baton__exit_decode(run, 0, &e);
	assert_int_equal(e.data, 12);
}

static void port_accesses_are_split_by_direction_and_cut_to_their_width(void **state)
{
	static const uint8_t sizes[] = { 1, 2, 4 };
	struct baton_exit e;

	(void)state;
	for (int out = 0; out < 2; out++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			uint64_t data = UINT64_C(0x8877665544332211);
			uint64_t mask = (UINT64_C(1) << sizes[i] * 8) - 1;

			garbage(7);
			run->exit_reason = KVM_EXIT_IO;
			run->io.direction = out ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
			run->io.size = sizes[i];
			run->io.port = 0xFFFF;
			run->io.count = 1000;
			run->io.data_offset = 4096;
			memcpy((char *)run + 4096, &data, sizeof(data));
			baton__exit_decode(run, 5, &e);
			assert_int_equal(e.kind, out ? BATON_EXIT_IO_OUT : BATON_EXIT_IO_IN);
			assert_int_equal(e.addr, 0xFFFF);
			assert_int_equal(e.size, sizes[i]);
			assert_int_equal(e.count, 1000);
			assert_int_equal(e.reason, KVM_EXIT_IO);
			/* What the guest is to get is not known yet. */
			assert_true(e.data == (out ? data & mask : 0));
		}
	}
	assert_ptr_equal(baton__exit_port_data(run), (char *)run + 4096);
}

static void mmio_accesses_are_split_by_direction_and_cut_to_their_width(void **state)
{
	static const uint8_t sizes[] = { 1, 2, 4, 8 };
	struct baton_exit e;

	(void)state;
	for (int write = 0; write < 2; write++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			uint64_t data = UINT64_C(0x8877665544332211);
			uint64_t mask = UINT64_MAX >> (64 - sizes[i] * 8);

			garbage(8);
			run->exit_reason = KVM_EXIT_MMIO;
			run->mmio.phys_addr = UINT64_C(0xFFFFFFFFFF000);
			run->mmio.len = sizes[i];
			run->mmio.is_write = (uint8_t)write;
			memcpy(run->mmio.data, &data, sizeof(data));
			baton__exit_decode(run, 5, &e);
			assert_int_equal(e.kind, write ? BATON_EXIT_MMIO_WRITE : BATON_EXIT_MMIO_READ);
			assert_true(e.addr == UINT64_C(0xFFFFFFFFFF000));
			assert_int_equal(e.size, sizes[i]);
			assert_int_equal(e.count, 1);
			assert_true(e.data == (write ? data & mask : 0));
		}
	}
}

static void names_are_distinct_and_total(void **state)
{
	(void)state;
	for (int i = 0; i < BATON_EXIT_KINDS; i++) {
		assert_true(*baton_exit_name((enum baton_exit_kind)i));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(baton_exit_name((enum baton_exit_kind)i),
						baton_exit_name((enum baton_exit_kind)k));
	}
	assert_string_equal(baton_exit_name(BATON_EXIT_KINDS), "unknown");
	assert_string_equal(baton_exit_name((enum baton_exit_kind)-1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DECODES(every_reason_has_its_kind_and_keeps_its_number),
		DECODES(details_of_a_reason_are_kept),
		DECODES(port_accesses_are_split_by_direction_and_cut_to_their_width),
		DECODES(mmio_accesses_are_split_by_direction_and_cut_to_their_width),
		DECODES(names_are_distinct_and_total),
	};

	return cmocka_run_group_tests_name("exit", tests, NULL, NULL);
}
