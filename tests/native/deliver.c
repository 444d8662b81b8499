/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver.c - baton_vcpu_deliver(), and what is executed in KVM's place, against the processor: of two
 * VMs that are the same, one takes an interrupt by KVM, and runs; the other one takes it from us, and
 * is single-stepped. They are the same afterwards, too, each byte of memory with the frame
 * that was on the stack.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baton/abi.h"
#include "baton/control.h"

#define LINE   3 /* that of guest/apps/alarm.c */
#define MEMORY (UINT64_C(1) << 20)

/* The guest's timer is never set: the test is the one that interrupts it. */
static enum baton_gate_verdict keep_timer(void *context, const char *device, struct baton_access *a)
{
	return a->addr == BATON_CALL_TIMER ? BATON_GATE_DONE : BATON_GATE_PASS;
}

static unsigned returned; /* IRETs that the VM which is stepped has made */

static enum baton_gate_verdict step(void *context, struct baton_vm *vm)
{
	struct baton_vcpu *vcpu = baton_vm_vcpu(vm);
	uint8_t code[15] = { 0 };
	unsigned bits;

	assert_true(baton_vcpu_code(vcpu, code, sizeof(code), &bits) > 0);
	if (code[0] == 0xF4) /* HLT is not stepped */
		return BATON_GATE_DONE;
	returned += code[0] == 0xCF || (code[0] == 0x48 && code[1] == 0xCF);
	return BATON_GATE_PASS;
}

static const struct baton_gate plain = { .access = keep_timer };
static const struct baton_gate stepping = { .access = keep_timer, .step = step };

static const char *guests; /* the folder of their images */

/* What there is of a VM when its end has come. */
struct result {
	struct baton_vm_stats stats;
	struct baton_regs regs;
	uint8_t memory[MEMORY];
};

static void must(int error, const struct baton_diag *diag)
{
	if (error)
		fail_msg("%s: %s", diag->where, diag->message);
}

static enum baton_run_end run(struct baton_host *host)
{
	enum baton_run_end end;

	assert_int_equal(baton_host_run(host, UINT64_C(20000000000), &end), 0);
	return end;
}

static struct baton_host *begin(struct baton_vm_config *config, enum baton_mode mode, bool by_kvm,
				struct baton_vm **vm)
{
	struct baton_host_config host_config = BATON_HOST_CONFIG;
	struct baton_diag diag = { .message = "" };
	struct baton_host *host;

	config->mode = mode;
	config->memory = MEMORY;
	host_config.gate = by_kvm ? &plain : &stepping;
	returned = 0;
	must(baton_host_create(&host_config, &diag, &host), &diag);
	must(baton_vm_create(host, config, &diag, vm), &diag);
	return host;
}

/* Runs it to its end. */
static void finish(struct baton_host *host, struct baton_vm *vm, struct result *result)
{
	assert_int_equal(run(host), BATON_RUN_DONE);
	baton_vm_stats(vm, &result->stats);
	result->regs = *baton_vm_regs(vm);
	assert_int_equal(baton_vm_read(vm, 0, result->memory, MEMORY), 0);
	baton_host_destroy(host);
}

static void take(const char *image, enum baton_mode mode, bool by_kvm, struct result *result)
{
	struct baton_vm_config config = BATON_VM_CONFIG;
	struct baton_host *host;
	struct baton_vm *vm;
	char path[400];

	snprintf(path, sizeof(path), "%s/%s", guests, image);
	config.image_path = path;
	host = begin(&config, mode, by_kvm, &vm);
	assert_int_equal(run(host), BATON_RUN_STUCK);
	baton_vm_stats(vm, &result->stats);
	assert_int_equal(result->stats.waits_in, BATON_EXIT_HLT);
	if (by_kvm) {
		baton_vcpu_interrupt(baton_vm_vcpu(vm), LINE);
	} else {
		assert_int_equal(baton_vcpu_deliver(baton_vm_vcpu(vm), BATON_IRQ_VECTOR + LINE), 0);
		baton_vcpu_wake(baton_vm_vcpu(vm));
	}
	finish(host, vm, result);
}

static void are_the_same(const char *image, const struct result *theirs, const struct result *ours)
{
	assert_int_equal(theirs->stats.outcome, BATON_HALTED);
	assert_int_equal(ours->stats.outcome, BATON_HALTED);
	assert_int_equal(ours->stats.status, 0);
	assert_memory_equal(&ours->regs, &theirs->regs, sizeof(ours->regs));
	for (size_t i = 0; i < MEMORY; i++)
		if (ours->memory[i] != theirs->memory[i])
			fail_msg("%s: at %#zx there is %#x, and %#x if KVM does it", image, i, ours->memory[i],
				 theirs->memory[i]);
}

/*
 * With flags of all kinds, and operands of each size: nop; pushf; cmp %al,%al; data16 pushf; sti;
 * nop; pushf; std; pushf; cli; popf; pop %bx; pushf; data16 popf; pushf; cli; hlt. A gate is not asked
 * for the first instruction, nor for that behind STI, as some KVMs step over both at once.
 */
static void flags(enum baton_mode mode)
{
	static const uint8_t code[] = { 0x90, 0x9C, 0x38, 0xC0, 0x66, 0x9C, 0xFB, 0x90, 0x9C, 0xFD, 0x9C, 0xFA, 0x9D,
					0x5B, 0x9C, 0x66, 0x9D, 0x9C, 0xFA, 0xF4 };
	struct result *theirs = calloc(1, sizeof(*theirs)), *ours = calloc(1, sizeof(*ours));

	for (int by_kvm = 0; by_kvm < 2; by_kvm++) {
		struct baton_vm_config config = BATON_VM_CONFIG;
		struct baton_host *host;
		struct baton_vm *vm;

		config.image = code;
		config.image_size = sizeof(code);
		host = begin(&config, mode, by_kvm, &vm);
		finish(host, vm, by_kvm ? theirs : ours);
	}
	are_the_same("flags", theirs, ours);
	free(theirs);
	free(ours);
}

/* In 32 bits the guests' library goes back without IRET. */
static void compare(const char *image, enum baton_mode mode)
{
	struct result *theirs = calloc(1, sizeof(*theirs)), *ours = calloc(1, sizeof(*ours));

	take(image, mode, true, theirs);
	take(image, mode, false, ours);
	assert_int_equal(returned, mode == BATON_MODE_REAL || mode == BATON_MODE_LONG);
	are_the_same(image, theirs, ours);
	free(theirs);
	free(ours);
	flags(mode);
}

static void in_real_mode(void **state)
{
	compare("alarm.bin", BATON_MODE_REAL);
}

static void in_protected_mode(void **state)
{
	compare("alarm-protected.elf", BATON_MODE_PROTECTED);
}

static void in_paged_mode(void **state)
{
	compare("alarm-paged.elf", BATON_MODE_PAGED);
}

static void in_long_mode(void **state)
{
	compare("alarm-long.elf", BATON_MODE_LONG);
}

int main(int argc, char **argv)
{
	/* The last one is of a mode that not every KVM has. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_real_mode),
		cmocka_unit_test(in_protected_mode),
		cmocka_unit_test(in_long_mode),
		cmocka_unit_test(in_paged_mode),
	};
	struct baton_kvm_info info = { .paging32 = true };

	if (argc != 2)
		return 2;
	guests = argv[1];
	baton_kvm_inspect("/dev/kvm", NULL, &info);
	return _cmocka_run_group_tests("deliver", tests, info.paging32 ? 4 : 3, NULL, NULL);
}
