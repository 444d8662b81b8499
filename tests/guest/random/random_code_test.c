/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random_code_test.c - guests of random bytes, beside a neighbour that works.
 *
 * Whatever the bytes do, the run goes on, the neighbour gets its turns and its
 * memory stays as it left it; the wild guest ends dead or halted, blocked, or is
 * still running. BATON_TEST_SEED repeats a run; BATON_TEST_LONG makes it long.
 *
 * Only in a test bed: there a fault of the kernel's KVM ends an emulator, not
 * the machine under the person who runs the tests.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "baton/device.h"

#define CODE_BYTES 4096
#define SLICE_NS   UINT64_C(4000000)
#define ROUND_NS   UINT64_C(12000000)
#define ROUNDS_MAX 300

/*
 * again: incl 0x2000; jmp again (16-bit; the counter is 32 bits wide, and in another
 * page than the code, or an emulator would translate the code anew each time).
 */
static const uint8_t counting[] = { 0x66, 0xFF, 0x06, 0x00, 0x20, 0xEB, 0xF9 };
#define COUNTER_AT 0x2000

struct wild {
	struct baton_host *host;
	struct baton_vm *neighbour;
	uint64_t random;
	unsigned outcomes[BATON_DEAD + 1];
};

/* xorshift64*: good enough to be wild with. */
static uint64_t draw(struct wild *w)
{
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return w->random * UINT64_C(2685821657736338717);
}

/*
 * Bytes that do more than random ones would: privileged instructions, port I/O
 * and string I/O are strewn in, each with whatever follows as its operand.
 */
static void fill(struct wild *w, uint8_t *code)
{
	static const struct {
		uint8_t bytes[3];
		uint8_t size;
	} spice[] = {
		{ { 0x0F, 0x22 }, 2 }, { { 0x0F, 0x20 }, 2 }, { { 0x0F, 0x01 }, 2 },
		{ { 0x0F, 0x30 }, 2 }, { { 0x0F, 0x32 }, 2 }, { { 0x0F, 0x00 }, 2 },
		{ { 0xF3, 0x6C }, 2 }, { { 0xF3, 0x6E }, 2 }, { { 0xF3, 0x6D }, 2 },
		{ { 0xEE }, 1 },       { { 0xEC }, 1 },	      { { 0xE7 }, 1 },
		{ { 0xF4 }, 1 },       { { 0xFB, 0xF4 }, 2 }, { { 0xCF }, 1 },
		{ { 0x0F, 0x01, 0xC1 }, 3 }, { { 0x0F, 0x01, 0xD9 }, 3 }, { { 0x0F, 0x05 }, 2 },
		{ { 0x0F, 0x34 }, 2 }, { { 0x0F, 0x09 }, 2 }, { { 0x9D }, 1 },
	};

	for (unsigned i = 0; i < CODE_BYTES; i++)
		code[i] = (uint8_t)draw(w);
	for (unsigned i = 0; i < CODE_BYTES / 16; i++) {
		unsigned which = (unsigned)(draw(w) % (sizeof(spice) / sizeof(spice[0])));

		memcpy(code + draw(w) % (CODE_BYTES - 4), spice[which].bytes, spice[which].size);
	}
}

/* Nothing but the counter has changed in the neighbour's low memory. */
static void neighbour_is_untouched(const struct wild *w)
{
	uint8_t memory[COUNTER_AT];

	assert_int_equal(baton_vm_read(w->neighbour, 0, memory, sizeof(memory)), 0);
	assert_memory_equal(memory, counting, sizeof(counting));
	for (size_t i = sizeof(counting); i < sizeof(memory); i++)
		assert_int_equal(memory[i], 0);
}

/*
 * A QEMU that emulates SVM aborts when a guest whose TSS KVM has loaded comes back
 * from ring 3 through a 32-bit TSS ("invalid tss type"), which our IDT would make
 * it do. So the 32-bit guests here have none.
 */
static bool must_be_bare(enum baton_mode mode)
{
	return mode == BATON_MODE_PROTECTED || mode == BATON_MODE_PAGED;
}

static uint32_t counter(const struct wild *w)
{
	uint32_t value;

	assert_int_equal(baton_vm_read(w->neighbour, COUNTER_AT, &value, sizeof(value)), 0);
	return value;
}

/*
 * Runs until the neighbour has had two more turns and got on in them, or for so
 * long that it should have: on a loaded machine a slice may be over before it began.
 */
static void run(struct wild *w, uint64_t seed, uint64_t turns)
{
	uint32_t counted = counter(w);
	struct baton_vm_stats stats;

	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		if (baton_host_run(w->host, ROUND_NS, NULL))
			fail_msg("the run failed; BATON_TEST_SEED=%llu", (unsigned long long)seed);
		baton_vm_stats(w->neighbour, &stats);
		if (stats.turns >= turns + 2 && counter(w) != counted)
			return;
	}
}

static void one_round(struct wild *w, enum baton_mode mode)
{
	struct baton_vm_config config = BATON_VM_CONFIG;
	struct baton_vm_stats before, after, stats;
	struct baton_latch_config latch = { .first = 0x10, .count = 16 };
	struct baton_diag diag = { 0 };
	uint8_t code[CODE_BYTES];
	uint32_t counted = counter(w);
	struct baton_vm *vm;
	uint64_t seed = w->random;

	fill(w, code);
	config.name = "wild";
	config.mode = mode;
	config.image = code;
	config.image_size = sizeof(code);
	config.bare = (draw(w) & 1) || must_be_bare(mode);
	if (baton_vm_create(w->host, &config, &diag, &vm))
		fail_msg("%s: %s", diag.where, diag.message);
	latch.vm = vm;
	assert_int_equal(baton_device_create(w->host, &baton_latch, &latch, &diag, NULL), 0);
	baton_vm_stats(w->neighbour, &before);
	run(w, seed, before.turns);
	baton_vm_stats(vm, &stats);
	baton_vm_stats(w->neighbour, &after);
	w->outcomes[stats.outcome]++;
	if (stats.outcome == BATON_DEAD)
		assert_non_null(baton_vm_death(vm));
	if (after.turns <= before.turns || counter(w) == counted ||
	    after.outcome != BATON_RUNNING)
		fail_msg("the neighbour stood still; BATON_TEST_SEED=%llu", (unsigned long long)seed);
	neighbour_is_untouched(w);
	baton_vm_destroy(vm);
}

static int setup(void **state)
{
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_vm_config vm = BATON_VM_CONFIG;
	struct wild *w = calloc(1, sizeof(*w));
	const char *seed = getenv("BATON_TEST_SEED");
	struct baton_diag diag = { 0 };

	assert_non_null(w);
	w->random = seed ? strtoull(seed, NULL, 10) : 20261120;
	config.policy = "quantum";
	config.sched.slice_ns = SLICE_NS;
	if (baton_host_create(&config, &diag, &w->host))
		fail_msg("%s: %s", diag.where, diag.message);
	vm.name = "neighbour";
	vm.image = counting;
	vm.image_size = sizeof(counting);
	if (baton_vm_create(w->host, &vm, &diag, &w->neighbour))
		fail_msg("%s: %s", diag.where, diag.message);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct wild *w = *state;

	baton_host_destroy(w->host);
	free(w);
	return 0;
}

static void rounds(void **state, enum baton_mode mode)
{
	struct wild *w = *state;
	const char *kvm = getenv("BATON_TEST_KVM"), *long_run = getenv("BATON_TEST_LONG");
	unsigned count = long_run && *long_run ? 1000 : 60;

	if (!kvm || !strcmp(kvm, "native")) {
		print_message("# random code is let loose in a test bed only\n");
		skip();
	}
	for (unsigned i = 0; i < count; i++)
		one_round(w, mode);
	/* Random code that only ever did one thing would test little. */
	assert_true(w->outcomes[BATON_DEAD] > 0);
	assert_true(w->outcomes[BATON_DEAD] < count);
}

static void a_wild_real_mode_guest_harms_nobody(void **state)
{
	rounds(state, BATON_MODE_REAL);
}

static void a_wild_protected_mode_guest_harms_nobody(void **state)
{
	rounds(state, BATON_MODE_PROTECTED);
}

static void a_wild_paged_guest_harms_nobody(void **state)
{
	rounds(state, BATON_MODE_PAGED);
}

static void a_wild_long_mode_guest_harms_nobody(void **state)
{
	rounds(state, BATON_MODE_LONG);
}

int main(void)
{
	sigset_t kick;

	/* A test that fails leaves its host behind, timer and all: its signal must find nobody. */
	sigemptyset(&kick);
	sigaddset(&kick, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &kick, NULL);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_wild_real_mode_guest_harms_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(a_wild_protected_mode_guest_harms_nobody, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_wild_paged_guest_harms_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(a_wild_long_mode_guest_harms_nobody, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
