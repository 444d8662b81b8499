/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kvm_contract.c - what Baton relies on in KVM, pinned with bare ioctls, so that a
 * KVM that differs is found here and not by its consequences. Each test names the
 * thing that is relied on; who relies on it is said in its comment.
 */
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "raw.h"

#define KICK SIGRTMIN

static struct raw raw;
static timer_t kick, rescue;

/* The kick is blocked outside KVM_RUN and unblocked inside, as in the library. */
static sigset_t inside;

static void rescued(int signal)
{
	/* KVM_RUN did not end by itself: the test that waits for it must fail, not hang. */
	(void)signal;
	if (write(STDERR_FILENO, "# KVM_RUN had to be ended\n", 26) < 0)
		return;
}

static int begin(void **state)
{
	const struct sigaction action = { .sa_handler = rescued };
	sigset_t set;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, KICK);
	sigprocmask(SIG_BLOCK, &set, &inside);
	sigdelset(&inside, KICK);
	sigaction(SIGALRM, &action, NULL);
	kick = raw_timer(KICK);
	rescue = raw_timer(SIGALRM);
	raw_arm(rescue, UINT64_C(20000000000));
	return 0;
}

static int end(void **state)
{
	(void)state;
	timer_delete(kick);
	timer_delete(rescue);
	while (raw_consume(KICK))
		;
	raw_end(&raw);
	return 0;
}

#define PIN(function) cmocka_unit_test_setup_teardown(function, begin, end)

/* KVM_RUN until the kick, which comes after so long. */
static int run_for(uint64_t ns)
{
	int error;

	raw_arm(kick, ns);
	error = raw_run(&raw);
	assert_true(raw_consume(KICK)); /* it was the kick, and it is still there to be taken */
	return error;
}

static uint16_t counter(void)
{
	uint16_t value;

	memcpy(&value, raw.memory + RAW_COUNTER, sizeof(value));
	return value;
}

/* Lets the guest run until it has counted: on a slow machine one kick may come too soon. */
static bool it_counts(void)
{
	for (int i = 0; i < 100 && !counter(); i++)
		assert_int_equal(run_for(5000000), -EINTR);
	return counter();
}

/* ------------------------------------------------------------ signals, EINTR */

/* kick.c: a kick that comes before the entry is not lost, it ends that entry at once. */
static void a_signal_pending_before_the_entry_ends_it_with_nothing_run(void **state)
{
	(void)state;
	raw_begin(&raw, raw_counting, sizeof(raw_counting));
	raw_set_mask(&raw, &inside);
	for (int i = 0; i < 100; i++) {
		raise(KICK);
		assert_int_equal(raw_run(&raw), -EINTR);
		assert_true(raw_consume(KICK));
		assert_int_equal(counter(), 0);
	}
	assert_true(it_counts());
}

/* vcpu.c: the mask holds inside KVM_RUN only, and what ended it stays pending. */
static void the_mask_unblocks_inside_kvm_run_only(void **state)
{
	sigset_t now;

	(void)state;
	raw_begin(&raw, raw_counting, sizeof(raw_counting));
	raw_set_mask(&raw, &inside);
	raw_arm(kick, 2000000);
	assert_int_equal(raw_run(&raw), -EINTR);
	assert_true(raw_pending(KICK));
	sigprocmask(SIG_BLOCK, NULL, &now);
	assert_int_equal(sigismember(&now, KICK), 1);
	assert_true(raw_consume(KICK));
	assert_false(raw_pending(KICK));
}

static volatile sig_atomic_t handled;

static void handle(int signal)
{
	(void)signal;
	handled++;
}

/* vcpu.c: a signal that the mask blocks does not end KVM_RUN; its handler runs afterwards. */
static void what_the_mask_blocks_waits_for_the_end_of_kvm_run(void **state)
{
	const struct sigaction action = { .sa_handler = handle };
	sigset_t blocked = inside;
	timer_t user = raw_timer(SIGUSR1);

	(void)state;
	raw_begin(&raw, raw_counting, sizeof(raw_counting));
	sigaction(SIGUSR1, &action, NULL);
	sigaddset(&blocked, SIGUSR1);
	raw_set_mask(&raw, &blocked);
	handled = 0;
	raw_arm(user, 2000000);
	assert_int_equal(run_for(30000000), -EINTR); /* run_for() sees that it was the kick */
	assert_int_equal(handled, 1);
	/* And one that it does not block ends it, its handler having run. */
	raw_set_mask(&raw, &inside);
	raw_arm(user, 2000000);
	assert_int_equal(raw_run(&raw), -EINTR);
	assert_int_equal(handled, 2);
	assert_false(raw_pending(KICK));
	timer_delete(user);
}

/* loop.c: errno decides, for exit_reason is that of an earlier exit, or says INTR. */
static void after_eintr_the_exit_reason_says_nothing_new(void **state)
{
	/* out 0x10, al; then the loop */
	static const uint8_t code[] = { 0xE6, 0x10, 0xFF, 0x06, 0x00, 0x05, 0xEB, 0xFA };

	(void)state;
	raw_begin(&raw, code, sizeof(code));
	raw_set_mask(&raw, &inside);
	assert_int_equal(raw_run(&raw), 0);
	assert_int_equal(raw.run->exit_reason, KVM_EXIT_IO);
	assert_int_equal(raw_complete(&raw), -EINTR);
	assert_int_equal(raw.run->exit_reason, KVM_EXIT_IO);
	assert_true(it_counts());
	assert_true(raw.run->exit_reason == KVM_EXIT_IO || raw.run->exit_reason == KVM_EXIT_INTR);
}

/* vm.c: the registers of a turn that a kick ended ride on kvm_run as well. */
static void synced_registers_hold_after_eintr(void **state)
{
	/* inc ax; jmp to it */
	static const uint8_t code[] = { 0x40, 0xEB, 0xFD };
	uint64_t last = 0;
	int moved = 0;

	(void)state;
	raw_begin(&raw, code, sizeof(code));
	raw_set_mask(&raw, &inside);
	for (int i = 0; i < 20; i++) {
		struct kvm_regs regs;

		assert_int_equal(run_for(3000000 + (uint64_t)i * 70001), -EINTR);
		regs = raw_regs(&raw);
		assert_memory_equal(&raw.run->s.regs.regs, &regs, sizeof(regs));
		moved += regs.rax != last;
		last = regs.rax;
	}
	assert_true(moved > 10);
}

/*
 * kick.c as a whole: however short a timer is, KVM_RUN ends, and never before its
 * time.
 */
static void no_timer_signal_is_lost_over_random_short_deadlines_10000_or_30_s(void **state)
{
	uint64_t seed = 88172645463325252, begun = raw_now();
	int done = 0;

	(void)state;
	raw_begin(&raw, raw_counting, sizeof(raw_counting));
	raw_set_mask(&raw, &inside);
	while (done < 10000 && raw_now() - begun < UINT64_C(30000000000)) {
		uint64_t ns, armed;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		ns = 1 + seed % (seed & 1024 ? 200000 : 20000);
		raw_arm(rescue, UINT64_C(20000000000));
		armed = raw_now();
		raw_arm(kick, ns);
		assert_int_equal(raw_run(&raw), -EINTR);
		assert_true(raw_now() - armed >= ns);
		assert_true(raw_consume(KICK));
		done++;
	}
	print_message("# %d deadlines\n", done);
	assert_true(done >= 1000);
}

/* --------------------------------------------------------- pending accesses */

/* vm.c: what is in kvm_run at the next entry is what the guest gets. */
static void an_in_is_completed_at_the_next_entry(void **state)
{
	/* in al, 0x10; in ax, 0x11; in eax, 0x12; hlt */
	static const uint8_t code[] = { 0xE4, 0x10, 0xE5, 0x11, 0x66, 0xE5, 0x12, 0xF4 };
	static const uint8_t sizes[] = { 1, 2, 4 };
	const uint32_t value = 0xA1B2C3D4;

	(void)state;
	raw_begin(&raw, code, sizeof(code));
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(raw_run(&raw), 0);
		assert_int_equal(raw.run->exit_reason, KVM_EXIT_IO);
		assert_int_equal(raw.run->io.direction, KVM_EXIT_IO_IN);
		assert_int_equal(raw.run->io.port, 0x10 + i);
		assert_int_equal(raw.run->io.size, sizes[i]);
		assert_int_equal(raw.run->io.count, 1);
		memcpy(raw_data(&raw), &value, sizes[i]);
	}
	assert_int_equal(raw_run(&raw), 0);
	assert_int_equal(raw.run->exit_reason, KVM_EXIT_HLT);
	assert_int_equal(raw_regs(&raw).rax, value);
}

/* vcpu.c, baton__vcpu_complete(): an entry with immediate_exit finishes it and runs nothing. */
static void immediate_exit_completes_an_access_and_runs_nothing(void **state)
{
	/* out 0x10, al; in al, 0x11; the loop */
	static const uint8_t code[] = { 0xE6, 0x10, 0xE4, 0x11, 0xFF, 0x06, 0x00, 0x05, 0xEB, 0xFA };

	(void)state;
	raw_begin(&raw, code, sizeof(code));
	raw_set_mask(&raw, &inside);
	assert_int_equal(raw_run(&raw), 0);
	assert_int_equal(raw_complete(&raw), -EINTR);
	assert_int_equal(raw_regs(&raw).rip, 2);
	assert_int_equal(raw_run(&raw), 0);
	*(uint8_t *)raw_data(&raw) = 0x77;
	assert_int_equal(raw_complete(&raw), -EINTR);
	assert_int_equal(raw_regs(&raw).rip, 4);
	assert_int_equal(raw_regs(&raw).rax & 0xFF, 0x77);
	assert_int_equal(raw.run->s.regs.regs.rip, 4);
	/* Nothing is left to complete, and nothing has run. */
	assert_int_equal(raw_complete(&raw), -EINTR);
	assert_int_equal(raw_regs(&raw).rip, 4);
	assert_int_equal(counter(), 0);
}

/* vm.c: elements of a string come in order and none is missing, in as many exits as KVM likes. */
static void a_string_out_comes_complete_and_in_order(void **state)
{
	/* cld; mov si, 0x1000; mov cx, 300; mov dx, 0x10; rep outsb; hlt */
	static const uint8_t code[] = { 0xFC, 0xBE, 0x00, 0x10, 0xB9, 0x2C, 0x01, 0xBA, 0x10, 0x00,
					0xF3, 0x6E, 0xF4 };
	unsigned done = 0;

	(void)state;
	raw_begin(&raw, code, sizeof(code));
	for (unsigned i = 0; i < 300; i++)
		raw.memory[0x1000 + i] = (uint8_t)(i * 7);
	while (raw_run(&raw) == 0 && raw.run->exit_reason == KVM_EXIT_IO) {
		assert_int_equal(raw.run->io.direction, KVM_EXIT_IO_OUT);
		assert_int_equal(raw.run->io.size, 1);
		assert_true(raw.run->io.count >= 1 && done + raw.run->io.count <= 300);
		for (uint32_t k = 0; k < raw.run->io.count; k++, done++)
			assert_int_equal(((uint8_t *)raw_data(&raw))[k], (uint8_t)(done * 7));
	}
	assert_int_equal(raw.run->exit_reason, KVM_EXIT_HLT);
	assert_int_equal(done, 300);
}

static void a_string_in_takes_as_many_elements_as_were_asked_for(void **state)
{
	/* cld; mov di, 0x1000; mov cx, 300; mov dx, 0x10; rep insw; hlt */
	static const uint8_t code[] = { 0xFC, 0xBF, 0x00, 0x10, 0xB9, 0x2C, 0x01, 0xBA, 0x10, 0x00,
					0xF3, 0x6D, 0xF4 };
	uint16_t done = 0, value;

	(void)state;
	raw_begin(&raw, code, sizeof(code));
	while (raw_run(&raw) == 0 && raw.run->exit_reason == KVM_EXIT_IO) {
		assert_int_equal(raw.run->io.direction, KVM_EXIT_IO_IN);
		assert_int_equal(raw.run->io.size, 2);
		for (uint32_t k = 0; k < raw.run->io.count; k++)
			((uint16_t *)raw_data(&raw))[k] = (uint16_t)(0x4000 + done++);
	}
	assert_int_equal(raw.run->exit_reason, KVM_EXIT_HLT);
	assert_int_equal(raw_regs(&raw).rcx, 0);
	for (uint16_t i = 0; i < 300; i++) {
		memcpy(&value, raw.memory + 0x1000 + 2 * i, 2);
		assert_int_equal(value, 0x4000 + i);
	}
}

/* vm.c: an access outside the slots is an exit with address, width, direction and data. */
static void an_access_without_memory_is_an_mmio_exit(void **state)
{
	/* mov ax, 0x2000; mov ds, ax; mov byte [5], 0x5A; mov ax, [8]; hlt */
	static const uint8_t code[] = { 0xB8, 0x00, 0x20, 0x8E, 0xD8, 0xC6, 0x06, 0x05, 0x00, 0x5A,
					0xA1, 0x08, 0x00, 0xF4 };

	(void)state;
	raw_begin(&raw, code, sizeof(code));
	assert_int_equal(raw_run(&raw), 0);
	assert_int_equal(raw.run->exit_reason, KVM_EXIT_MMIO);
	assert_int_equal(raw.run->mmio.phys_addr, 0x20005);
	assert_int_equal(raw.run->mmio.len, 1);
	assert_int_equal(raw.run->mmio.is_write, 1);
	assert_int_equal(raw.run->mmio.data[0], 0x5A);
	assert_int_equal(raw_run(&raw), 0);
	assert_int_equal(raw.run->exit_reason, KVM_EXIT_MMIO);
	assert_int_equal(raw.run->mmio.phys_addr, 0x20008);
	assert_int_equal(raw.run->mmio.len, 2);
	assert_int_equal(raw.run->mmio.is_write, 0);
	memcpy(raw.run->mmio.data, "\x34\x12", 2);
	assert_int_equal(raw_run(&raw), 0);
	assert_int_equal(raw.run->exit_reason, KVM_EXIT_HLT);
	assert_int_equal(raw_regs(&raw).rax, 0x1234);
}

/* ------------------------------------------------------------------ the rest */

/* vm.c, baton__vm_tripped(): without an interrupt controller in the kernel HLT comes to us. */
static void hlt_exits_with_rip_behind_it(void **state)
{
	static const uint8_t code[] = { 0x90, 0xF4, 0x90, 0xF4 };

	(void)state;
	raw_begin(&raw, code, sizeof(code));
	assert_int_equal(raw_run(&raw), 0);
	assert_int_equal(raw.run->exit_reason, KVM_EXIT_HLT);
	assert_int_equal(raw.run->s.regs.regs.rip, 2);
	assert_int_equal(raw_run(&raw), 0); /* entered again, it goes on behind it */
	assert_int_equal(raw.run->exit_reason, KVM_EXIT_HLT);
	assert_int_equal(raw.run->s.regs.regs.rip, 4);
}

/* So an address from a guest is checked against its memory, never by KVM_TRANSLATE alone. */
static void without_paging_every_address_translates(void **state)
{
	static const uint8_t code[] = { 0xF4 };
	struct kvm_translation t = { .linear_address = 0xFFFFFFFF };

	(void)state;
	raw_begin(&raw, code, sizeof(code));
	assert_int_equal(ioctl(raw.vcpu, KVM_TRANSLATE, &t), 0);
	assert_int_equal(t.valid, 1);
	assert_int_equal(t.physical_address, 0xFFFFFFFF);
}

/* vcpu.c sets CPUID before the first entry: it is too late afterwards. */
static void cpuid_cannot_change_after_the_first_entry(void **state)
{
	static const uint8_t code[] = { 0xF4 };
	/* A table of one leaf, all zero. */
	uint64_t words[(sizeof(struct kvm_cpuid2) + sizeof(struct kvm_cpuid_entry2)) / 8 + 1] = { 1 };

	(void)state;
	raw_begin(&raw, code, sizeof(code));
	assert_int_equal(raw_run(&raw), 0);
	assert_int_equal(ioctl(raw.vcpu, KVM_SET_CPUID2, words), -1);
	assert_int_equal(errno, EINVAL);
}

/* machine.c zeroes the slot's flags: garbage in them is refused. */
static void unknown_slot_flags_are_refused(void **state)
{
	static const uint8_t code[] = { 0xF4 };
	struct kvm_userspace_memory_region region = {
		.slot = 1, .flags = 0x80000000, .guest_phys_addr = 0x100000, .memory_size = RAW_MEMORY,
	};

	(void)state;
	raw_begin(&raw, code, sizeof(code));
	region.userspace_addr = (uintptr_t)raw.memory;
	assert_int_equal(ioctl(raw.vm, KVM_SET_USER_MEMORY_REGION, &region), -1);
	assert_int_equal(errno, EINVAL);
}

/* machine.c: overlapping slots are refused, so Baton's own slot stays what it is. */
static void overlapping_slots_are_refused(void **state)
{
	static const uint8_t code[] = { 0xF4 };
	struct kvm_userspace_memory_region region = {
		.slot = 1, .guest_phys_addr = 0x8000, .memory_size = RAW_MEMORY,
	};

	(void)state;
	raw_begin(&raw, code, sizeof(code));
	region.userspace_addr = (uintptr_t)raw.memory;
	assert_int_equal(ioctl(raw.vm, KVM_SET_USER_MEMORY_REGION, &region), -1);
	assert_int_equal(errno, EEXIST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PIN(a_signal_pending_before_the_entry_ends_it_with_nothing_run),
		PIN(the_mask_unblocks_inside_kvm_run_only),
		PIN(what_the_mask_blocks_waits_for_the_end_of_kvm_run),
		PIN(after_eintr_the_exit_reason_says_nothing_new),
		PIN(synced_registers_hold_after_eintr),
		PIN(no_timer_signal_is_lost_over_random_short_deadlines_10000_or_30_s),
		PIN(an_in_is_completed_at_the_next_entry),
		PIN(immediate_exit_completes_an_access_and_runs_nothing),
		PIN(a_string_out_comes_complete_and_in_order),
		PIN(a_string_in_takes_as_many_elements_as_were_asked_for),
		PIN(an_access_without_memory_is_an_mmio_exit),
		PIN(hlt_exits_with_rip_behind_it),
		PIN(without_paging_every_address_translates),
		PIN(cpuid_cannot_change_after_the_first_entry),
		PIN(unknown_slot_flags_are_refused),
		PIN(overlapping_slots_are_refused),
	};

	return cmocka_run_group_tests_name("kvm_contract", tests, NULL, NULL);
}
