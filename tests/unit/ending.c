/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ending.c - how VMs end, what the others notice of it, and what KVM_RUN's own
 * errors do. The judgement on a death is tested elsewhere; here only that each
 * kind of end is told apart, once, and concerns nobody else.
 */
#include "rig.h"

#define PORT 0x10

/* --------------------------------------------------------- one-step guests */

static struct fake_exit once(struct fake_vcpu *vcpu)
{
	const struct fake_exit *e = vcpu->state;

	vcpu->regs.rax = UINT64_C(0xAAAAAAAA0000002A);
	vcpu->regs.rip = 0x777; /* the fake steps on to 0x778 */
	return *e;
}

static struct fake_exit spin(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_spin();
}

static int add_bare(struct rig *rig, struct fake_exit *e)
{
	return rig_vm(rig, 1, once, e);
}

/* ------------------------------------------------------------------ halting */

static void hlt_ends_a_guest_with_eax_as_its_status(void **state)
{
	struct fake_exit e = fake_hlt(500);
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_vm_stats s;

	(void)state;
	add_bare(rig, &e);
	rig_vm(rig, 1, spin, NULL);
	assert_int_equal(rig_run(rig, 30 * MS), BATON_RUN_BUDGET);
	s = rig_vm_stats(rig, 0);
	assert_int_equal(s.outcome, BATON_HALTED);
	assert_int_equal(s.status, 42);
	assert_int_equal(s.lifetime_ns, 500); /* it does not grow any more */
	assert_null(baton_vm_death(rig->vms[0]));
	assert_int_equal(rig->vcpus[0]->entries, 1);
	assert_int_equal(baton_vm_regs(rig->vms[0])->rip, 0x778);
	rig_end(rig);
}

static struct fake_exit idle(struct fake_vcpu *vcpu)
{
	vcpu->regs.rflags = vcpu->exits ? 2 : 0x202;
	return fake_hlt(100);
}

static void hlt_with_interrupts_on_waits(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	rig_vm(rig, 1, idle, NULL);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_BLOCKED);
	assert_int_equal(rig->turns[0].why, BATON_WHY_BLOCK);
	baton_vcpu_wake(baton_vm_vcpu(rig->vms[0])); /* only an interrupt ends a HLT */
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	baton_vcpu_interrupt(baton_vm_vcpu(rig->vms[0]), 3);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_HALTED);
	assert_int_equal(rig_vm_stats(rig, 0).by_kind[BATON_EXIT_HLT].count, 2);
	rig_end(rig);
}

/* ------------------------------------------------------------------- dying */

static const struct {
	struct fake_exit exit;
	enum baton_death_kind kind;
} deaths[] = {
	{ { .reason = KVM_EXIT_SHUTDOWN }, BATON_DEATH_SHUTDOWN },
	{ { .reason = KVM_EXIT_FAIL_ENTRY, .data = 0x80000021 }, BATON_DEATH_FAIL_ENTRY },
	{ { .reason = KVM_EXIT_INTERNAL_ERROR, .data = 1 }, BATON_DEATH_INTERNAL_ERROR },
	{ { .reason = KVM_EXIT_IO, .addr = 0x99, .size = 1, .count = 1, .out = true },
	  BATON_DEATH_PORT },
	{ { .reason = KVM_EXIT_IO, .addr = 0x99, .size = 4, .count = 7 }, BATON_DEATH_PORT },
	{ { .reason = KVM_EXIT_MMIO, .addr = 1 << 30, .size = 4, .count = 1 }, BATON_DEATH_MMIO },
	{ { .reason = KVM_EXIT_MMIO, .addr = 1 << 30, .size = 8, .count = 1, .out = true },
	  BATON_DEATH_MMIO },
	{ { .reason = KVM_EXIT_UNKNOWN }, BATON_DEATH_EXIT },
	{ { .reason = KVM_EXIT_EXCEPTION }, BATON_DEATH_EXIT },
	{ { .reason = KVM_EXIT_HYPERCALL }, BATON_DEATH_EXIT },
	{ { .reason = KVM_EXIT_DEBUG }, BATON_DEATH_EXIT },
	{ { .reason = KVM_EXIT_SYSTEM_EVENT }, BATON_DEATH_EXIT },
	{ { .reason = KVM_EXIT_X86_RDMSR }, BATON_DEATH_EXIT },
	{ { .reason = KVM_EXIT_X86_WRMSR }, BATON_DEATH_EXIT },
	{ { .reason = KVM_EXIT_SET_TPR }, BATON_DEATH_EXIT },
	{ { .reason = 12345 }, BATON_DEATH_EXIT },
	{ { .reason = UINT32_MAX }, BATON_DEATH_EXIT },
};

static void every_death_is_told_apart_and_the_neighbour_goes_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(deaths); i++) {
		struct fake_exit e = deaths[i].exit;
		const struct baton_death *death;
		struct rig *rig;

		fake_reset();
		rig = rig_begin("quantum", 10 * MS);
		rig_vm(rig, 1, spin, NULL);
		e.ns = 3 * MS;
		add_bare(rig, &e);
		assert_int_equal(rig_run(rig, 40 * MS), BATON_RUN_BUDGET);
		assert_int_equal(rig_vm_stats(rig, 1).outcome, BATON_DEAD);
		assert_int_equal(rig_vm_stats(rig, 1).exits, 1);
		assert_int_equal(rig->vcpus[1]->entries, 1);
		death = baton_vm_death(rig->vms[1]);
		assert_non_null(death);
		assert_int_equal(death->kind, deaths[i].kind);
		assert_int_equal(death->at_ns, 13 * MS);
		assert_true(strlen(baton_death_name(death->kind)) > 0);
		assert_int_equal(rig->turns[1].why, BATON_WHY_END);
		assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_RUNNING);
		assert_int_equal(rig_vm_stats(rig, 0).run_ns, 37 * MS);
		assert_null(baton_vm_death(rig->vms[0]));
		rig_end(rig);
	}
}

static struct fake_exit out_then_shutdown(struct fake_vcpu *vcpu)
{
	vcpu->regs.rip = vcpu->exits ? 0xFFF0 : 0x500; /* SHUTDOWN: KVM has reset the vCPU */
	vcpu->regs.rbx = vcpu->exits ? 0 : 0x1111;
	return vcpu->exits ? fake_other(0, KVM_EXIT_SHUTDOWN, 0) : fake_out(0, PORT, 1, 5);
}

static enum baton_verdict accept(void *state, struct baton_access *a)
{
	(void)state, (void)a;
	return BATON_RESUME;
}

static void after_a_triple_fault_the_registers_are_those_of_the_exit_before(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	rig_vm(rig, 1, out_then_shutdown, NULL);
	rig_port(rig, 0, PORT, 1, accept, NULL);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(baton_vm_regs(rig->vms[0])->rip, 0x501);
	assert_int_equal(baton_vm_regs(rig->vms[0])->rbx, 0x1111);
	rig_end(rig);
}

static enum baton_verdict refuse(void *state, struct baton_access *a)
{
	(void)state;
	a->why = "it is Sunday";
	return BATON_FAULT;
}

static void a_device_that_refuses_kills_its_guest_only(void **state)
{
	struct fake_exit e = fake_out(0, PORT, 1, 0);
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	add_bare(rig, &e);
	rig_vm(rig, 1, spin, NULL);
	rig_port(rig, 0, PORT, 1, refuse, NULL);
	assert_int_equal(rig_run(rig, 20 * MS), BATON_RUN_BUDGET);
	assert_int_equal(baton_vm_death(rig->vms[0])->kind, BATON_DEATH_FAULT);
	assert_int_equal(rig_vm_stats(rig, 1).outcome, BATON_RUNNING);
	rig_end(rig);
}

static enum baton_verdict talk_nonsense(void *state, struct baton_access *a)
{
	return (enum baton_verdict)77;
}

static void a_device_without_a_verdict_is_blamed_itself(void **state)
{
	struct fake_exit e = fake_out(0, PORT, 1, 0);
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	add_bare(rig, &e);
	rig_port(rig, 0, PORT, 1, talk_nonsense, NULL);
	assert_int_equal(rig_run(rig, 20 * MS), BATON_RUN_DONE);
	assert_int_equal(baton_vm_death(rig->vms[0])->kind, BATON_DEATH_FAULT);
	assert_non_null(strstr(baton_vm_death(rig->vms[0])->sentence, "gave no verdict"));
	rig_end(rig);
}

static struct fake_exit trip(struct fake_vcpu *vcpu)
{
	vcpu->regs.rip = *(uint64_t *)vcpu->state;
	return fake_hlt(0);
}

static void a_hlt_in_a_stub_of_the_tripwire_is_a_death(void **state)
{
	(void)state;
	for (int mode = 0; mode < BATON_MODES; mode++)
		for (int bare = 0; bare < 2; bare++) {
			struct baton_vm_config c = rig_vm_config("fault");
			struct baton__layout l;
			uint64_t stub, rip;
			struct rig *rig;

			fake_reset();
			rig = rig_begin("quantum", 0);
			c.mode = (enum baton_mode)mode;
			c.memory = 128 << 10;
			c.load = 0x1000;
			c.bare = bare;
			l = baton__boot_layout(c.mode, c.memory);
			for (stub = l.fixture; baton__boot_tripwire(l.fixture, stub) != 13; stub++)
				;
			rip = stub;
			rig_add(rig, &c, trip, &rip);
			/* In real mode CS leads to the fixture. */
			if (mode == BATON_MODE_REAL) {
				rig->vcpus[0]->sregs.cs.base = l.fixture;
				rip = stub - l.fixture;
			}
			assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
			if (bare) {
				assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_HALTED);
			} else {
				assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_DEAD);
				assert_int_equal(baton_vm_death(rig->vms[0])->kind,
						 BATON_DEATH_TRIPWIRE);
			}
			rig_end(rig);
		}
}

static void a_death_without_memory_for_its_report_is_still_a_death(void **state)
{
	(void)state;
	for (uint64_t n = 1; n < 20; n++) {
		struct fake_exit e = fake_other(0, KVM_EXIT_SHUTDOWN, 0);
		enum fake_op op = FAKE_OPS;
		struct rig *rig;
		bool failed;

		fake_reset();
		rig = rig_begin("quantum", 0);
		add_bare(rig, &e);
		fake_fail_any(n);
		baton_host_run(rig->host, S, NULL);
		failed = fake_failed(&op);
		fake_fail_any(0);
		/* That one is before the death: it is an error of the run. */
		if (op != FAKE_VCPU_MASK)
			assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_DEAD);
		rig_end(rig);
		if (!failed)
			return;
	}
	fail_msg("a death makes more than 20 calls");
}

/* ------------------------------------------------------------ telling devices */

static unsigned ended_calls[RIG_VMS];

static int ended_init(struct baton_device *device, void *state, const void *config,
		      struct baton_diag *diag)
{
	(void)device, (void)diag;
	*(struct rig **)state = *(struct rig *const *)config;
	return 0;
}

static void ended(void *state, struct baton_vm *vm)
{
	struct rig *rig = *(struct rig **)state;

	for (unsigned i = 0; i < rig->count; i++)
		if (rig->vms[i] == vm)
			ended_calls[i]++;
}

static const struct baton_device_ops ended_ops = {
	.name = "ended", .size = sizeof(struct rig *), .init = ended_init, .ended = ended,
};

static void devices_hear_once_of_each_end(void **state)
{
	struct fake_exit halts = fake_hlt(0), dies = fake_other(0, KVM_EXIT_SHUTDOWN, 0);
	struct rig *rig = rig_begin("quantum", 10 * MS);

	(void)state;
	memset(ended_calls, 0, sizeof(ended_calls));
	assert_int_equal(baton_device_create(rig->host, &ended_ops, &rig, NULL, NULL), 0);
	add_bare(rig, &halts);
	add_bare(rig, &dies);
	rig_vm(rig, 1, spin, NULL); /* destroyed while it could go on */
	rig_vm(rig, 1, spin, NULL);
	rig_run(rig, 30 * MS);
	assert_int_equal(ended_calls[0], 1);
	assert_int_equal(ended_calls[1], 1);
	assert_int_equal(ended_calls[2], 0);
	baton_vm_destroy(rig->vms[0]);
	rig->vms[0] = NULL;
	baton_vm_destroy(rig->vms[2]);
	rig->vms[2] = NULL;
	rig->one_destroyed = true;
	rig_run(rig, 30 * MS);
	assert_int_equal(ended_calls[0], 1);
	assert_int_equal(ended_calls[1], 1);
	assert_int_equal(ended_calls[2], 1); /* a VM that is destroyed has ended too */
	assert_int_equal(ended_calls[3], 0);
	rig_end(rig);
}

/* ------------------------------------------------------- KVM_RUN's own errors */

static void an_error_of_kvm_run_is_returned_and_the_books_balance(void **state)
{
	static const int errors[] = { EFAULT, ENOMEM, EAGAIN, EINVAL, ENOEXEC, EBADF, EIO };

	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct fake_exit e = fake_error(3 * MS, -errors[i]);
		enum baton_run_end end = (enum baton_run_end)99;
		struct rig *rig;

		fake_reset();
		rig = rig_begin("quantum", 10 * MS);
		rig_vm(rig, 1, spin, NULL);
		add_bare(rig, &e);
		assert_int_equal(baton_host_run(rig->host, S, &end), -errors[i]);
		assert_int_equal(end, 99);
		rig_balance(rig);
		assert_int_equal(rig->turn_count, 1);
		assert_int_equal(rig_stats(rig).run_ns, 13 * MS);
		assert_int_equal(rig_vm_stats(rig, 1).exits, 0);
		assert_int_equal(rig_vm_stats(rig, 1).outcome, BATON_RUNNING);
		/* Again, and without the culprit the other goes on. */
		assert_int_equal(baton_host_run(rig->host, S, &end), -errors[i]);
		rig_destroy_vm(rig, 1);
		assert_int_equal(rig_run(rig, 40 * MS), BATON_RUN_BUDGET);
		assert_int_equal(rig_vm_stats(rig, 0).run_ns, 50 * MS);
		rig_end(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hlt_ends_a_guest_with_eax_as_its_status),
		TEST(hlt_with_interrupts_on_waits),
		TEST(every_death_is_told_apart_and_the_neighbour_goes_on),
		TEST(after_a_triple_fault_the_registers_are_those_of_the_exit_before),
		TEST(a_device_that_refuses_kills_its_guest_only),
		TEST(a_device_without_a_verdict_is_blamed_itself),
		TEST(a_hlt_in_a_stub_of_the_tripwire_is_a_death),
		TEST(a_death_without_memory_for_its_report_is_still_a_death),
		TEST(devices_hear_once_of_each_end),
		TEST(an_error_of_kvm_run_is_returned_and_the_books_balance),
	};

	return cmocka_run_group_tests_name("ending", tests, NULL, NULL);
}
