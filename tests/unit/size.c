/* SPDX-License-Identifier: Apache-2.0 */
/*
 * size.c - memory of the library's own: per VM, beside guest memory and KVM's.
 */
#include "rig.h"

#define PORT 0x10
#define GPA  UINT64_C(0x100000000)

#define BYTES_PER_VM   (8 << 10)
#define BYTES_PER_KIND (4224 + 16) /* a histogram, on first use, as the allocator gives it */

static enum baton_verdict accept(void *state, struct baton_access *a)
{
	(void)state, (void)a;
	return BATON_RESUME;
}

/* Exits of six kinds: IN, OUT, load, store, HLT with interrupts on, and an unserved one. */
static struct fake_exit six_kinds(struct fake_vcpu *vcpu)
{
	vcpu->regs.rflags = 0x202;
	switch (vcpu->exits) {
	case 0: return fake_in(10, PORT, 1);
	case 1: return fake_out(10, PORT, 1, 0);
	case 2: return fake_load(10, GPA, 8);
	case 3: return fake_store(10, GPA, 8, 0);
	case 4: return fake_hlt(10);
	default: return fake_other(10, KVM_EXIT_HYPERCALL, 0);
	}
}

static void run_all(struct rig *rig)
{
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	for (unsigned i = 0; i < rig->count; i++)
		baton_vcpu_interrupt(baton_vm_vcpu(rig->vms[i]), 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
}

static int kinds_used(const struct rig *rig, int vm)
{
	struct baton_vm_stats s = rig_vm_stats(rig, vm);
	int used = 0;

	for (int i = 0; i < BATON_EXIT_KINDS; i++)
		used += s.by_kind[i].count > 0;
	return used;
}

static void a_vm_takes_at_most_8_kib_and_a_histogram_for_each_kind_of_exit(void **state)
{
	struct baton_host_config c = BATON_HOST_CONFIG;
	struct rig *rig;
	int64_t empty, share, total;

	(void)state;
	c.max_vms = 50;
	rig = rig_begin_with(&c);
	empty = fake.live.heap_bytes;
	for (int i = 0; i < 50; i++) {
		rig_vm(rig, 1, six_kinds, NULL);
		rig_port(rig, i, PORT, 1, accept, NULL);
		rig_mmio(rig, i, GPA, 8, accept, NULL);
	}
	run_all(rig);
	assert_int_equal(kinds_used(rig, 49), 6);
	/* All that grew, and the VM's part of what the host allocates for max_vms at once. */
	share = empty / 50;
	total = (fake.live.heap_bytes - empty) / 50 + share;
	print_message("# own memory per VM: %d bytes, of which %d in the host's tables\n", (int)total,
		      (int)share);
	print_message("# %d without the histograms\n", (int)total - 6 * BYTES_PER_KIND);
	assert_true(total <= BYTES_PER_VM + 6 * BYTES_PER_KIND);
	rig_end(rig);
}

static struct fake_exit out_for_ever(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_out(10 * US, PORT, 1, 0);
}

static void running_allocates_nothing_once_each_kind_was_seen(void **state)
{
	struct rig *rig = rig_begin("share", 1 * MS);
	uint64_t before;

	(void)state;
	for (int i = 0; i < 3; i++) {
		rig_vm(rig, 1, out_for_ever, NULL);
		rig_port(rig, i, PORT, 1, accept, NULL);
	}
	rig_run(rig, 10 * MS);
	before = fake.calls[FAKE_CALLOC] + fake.calls[FAKE_MALLOC] + fake.calls[FAKE_REALLOC];
	rig_run(rig, 1 * S);
	assert_int_equal(fake.calls[FAKE_CALLOC] + fake.calls[FAKE_MALLOC] +
				 fake.calls[FAKE_REALLOC], before);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_vm_takes_at_most_8_kib_and_a_histogram_for_each_kind_of_exit),
		TEST(running_allocates_nothing_once_each_kind_was_seen),
	};

	return cmocka_run_group_tests_name("size", tests, NULL, NULL);
}
