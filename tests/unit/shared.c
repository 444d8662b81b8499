/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared.c - what VMs share: regions of memory, and bells.
 */
#include "rig.h"

#include "baton/abi.h"

struct script {
	struct fake_exit steps[16];
	unsigned at, count;
	uint64_t done_ns[16]; /* when each was asked for: the one before is over */
};

static struct fake_exit play(struct fake_vcpu *vcpu)
{
	struct script *s = vcpu->state;

	s->done_ns[s->at] = fake.now_ns;
	return s->at < s->count ? s->steps[s->at++] : fake_hlt(0);
}

static void step(struct script *s, struct fake_exit exit)
{
	s->steps[s->count++] = exit;
}

/* ------------------------------------------------------------------ regions */

static void add_with_memory(struct rig *rig, const char *name, uint64_t memory, uint64_t reserve)
{
	struct baton_vm_config c = rig_vm_config(name);

	c.memory = memory;
	c.reserve = reserve;
	c.mode = BATON_MODE_PROTECTED;
	c.load = 0x3000;
	rig_add(rig, &c, play, NULL);
}

static void what_one_vm_has_there_the_others_have(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct baton_region *region;
	char text[8];

	for (int i = 0; i < 3; i++)
		add_with_memory(rig, i == 0 ? "a" : i == 1 ? "b" : "c", 1 << 20, 0);
	assert_int_equal(baton_region_create(rig->host, 8192, NULL, &region), 0);
	baton_vm_write(rig->vms[0], 0x4FFF, "before", 6);
	assert_int_equal(baton_region_share(region, rig->vms[0], 0x5000, NULL), 0);
	assert_int_equal(baton_region_share(region, rig->vms[1], 0x10000, NULL), 0);
	baton_vm_read(rig->vms[0], 0x4FFF, text, 2);
	assert_true(text[0] == 'b' && text[1] == 0); /* it begins empty, just there */
	baton_vm_write(rig->vms[0], 0x5FFD, "shared", 7);
	baton_vm_read(rig->vms[1], 0x10FFD, text, 7);
	assert_string_equal(text, "shared");
	baton_vm_read(rig->vms[2], 0x5FFD, text, 7);
	assert_string_equal(text, "");
	baton_vm_write(rig->vms[1], 0x11FFF, "!?", 2); /* its last byte, and one behind it */
	baton_vm_read(rig->vms[0], 0x6FFF, text, 2);
	assert_true(text[0] == '!' && text[1] == 0);
	/* It stays with those who have it, whoever goes. */
	rig_destroy_vm(rig, 0);
	baton_vm_read(rig->vms[1], 0x10FFD, text, 7);
	assert_string_equal(text, "shared");
	rig_end(rig);
}

static void a_region_lies_where_an_image_might_and_none_does(void **state)
{
	static const struct {
		uint64_t at;
		int error;
	} places[] = {
		{ 0x5001, -EINVAL },	     { 0xF8000 - 4096, -EINVAL }, { UINT64_MAX - 4095, -EINVAL },
		{ UINT64_C(1) << 20, -EINVAL }, { 0x3000, -EEXIST },	  { 0x2000, -EEXIST },
		{ 0x1000, 0 },		     { 0x4000, 0 },
	};
	struct rig *rig = rig_begin("quantum", 0), *other;
	struct baton_region *region;
	struct baton_diag diag;
	uint64_t reserved, size;

	add_with_memory(rig, "a", 1 << 20, 8192);
	assert_int_equal(baton_region_create(rig->host, 8192, NULL, &region), 0);
	for (size_t i = 0; i < COUNT(places); i++)
		if (baton_region_share(region, rig->vms[0], places[i].at, &diag) != places[i].error)
			fail_msg("0x%llx: %s", (unsigned long long)places[i].at, diag.message);
	reserved = baton_vm_reserved(rig->vms[0], &size);
	assert_int_equal(baton_region_share(region, rig->vms[0], reserved - 8192, &diag), 0);
	assert_int_equal(baton_region_share(region, rig->vms[0], reserved - 4096, &diag), -EINVAL);
	other = rig_begin("quantum", 0);
	add_with_memory(other, "b", 1 << 20, 0);
	assert_int_equal(baton_region_share(region, other->vms[0], 0x5000, &diag), -EINVAL);
	assert_non_null(strstr(diag.message, "another host"));
	rig_close(other);
	rig_end(rig);
}

static void sizes_that_make_no_sense_are_refused(void **state)
{
	static const uint64_t sizes[] = { 0, 1, 4095, 4097, (UINT64_C(1) << 30) + 4096, UINT64_MAX };
	struct rig *rig = rig_begin("quantum", 0);
	struct baton_region *region;
	struct baton_diag diag;

	for (size_t i = 0; i < COUNT(sizes); i++)
		assert_int_equal(baton_region_create(rig->host, sizes[i], &diag, &region), -EINVAL);
	rig_end(rig);
}

static void each_failure_of_making_a_region_leaves_nothing(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct baton_region *region = NULL;
	struct baton_diag diag;
	int failures = 0;

	for (;; failures++) {
		fake_fail_any((uint64_t)failures + 1);
		if (!baton_region_create(rig->host, 4096, &diag, &region))
			break;
		assert_true(fake_failed(NULL));
		assert_string_not_equal(diag.message, "");
	}
	fake_fail_any(0);
	assert_int_equal(failures, 3); /* its block, memfd_create, ftruncate */
	add_with_memory(rig, "a", 1 << 20, 0);
	fake_fail(FAKE_MMAP, 1, ENOMEM);
	assert_int_equal(baton_region_share(region, rig->vms[0], 0x5000, &diag), -ENOMEM);
	rig_end(rig);
}

/* ------------------------------------------------------------------ trapped */

static void has_slots(unsigned count, const uint64_t (*slots)[2])
{
	for (unsigned i = 0; i < 16; i++) {
		assert_int_equal(fake.slots[i].size, i < count ? slots[i][1] : 0);
		if (i < count && slots[i][1])
			assert_int_equal(fake.slots[i].gpa, slots[i][0]);
	}
}

static void a_trapped_region_is_a_hole_for_kvm_and_memory_for_all_others(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct script a = { .count = 0 }, b = { .count = 0 };
	struct baton_region *region;
	uint64_t word = 0;
	char text[4];

	step(&a, fake_store(0, 0x8010, 8, UINT64_C(0x1122334455667788)));
	step(&a, fake_store(0, 0x8FFF, 1, 'z'));
	step(&b, fake_load(1 * MS, 0x5012, 2));
	rig_vm(rig, 1, play, &a);
	rig_vm(rig, 1, play, &b);
	assert_int_equal(baton_region_create(rig->host, 4096, NULL, &region), 0);
	assert_int_equal(baton_region_trap(region, rig->vms[0], 0x8000, NULL), 0);
	has_slots(2, (const uint64_t[][2]){ { 0, 0x8000 }, { 0x9000, (64 << 10) - 0x9000 } });
	assert_int_equal(baton_region_trap(region, rig->vms[1], 0x5000, NULL), 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(rig_vm_stats(rig, 0).by_kind[BATON_EXIT_MMIO_WRITE].count, 2);
	assert_int_equal(rig_vm_stats(rig, 1).by_kind[BATON_EXIT_MMIO_READ].count, 1);
	assert_int_equal(baton_vm_vcpu(rig->vms[1])->last[0].data, 0x5566);
	baton_vm_read(rig->vms[1], 0x5010, &word, sizeof(word));
	assert_true(word == UINT64_C(0x1122334455667788));
	baton_vm_read(rig->vms[0], 0x8FFF, text, 1);
	assert_int_equal(text[0], 'z');
	rig_end(rig);
}

static void holes_lie_in_any_order_and_do_not_meet(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct script none = { .count = 0 };
	struct baton_region *region;
	struct baton_diag diag;

	rig_vm(rig, 1, play, &none);
	assert_int_equal(baton_region_create(rig->host, 4096, NULL, &region), 0);
	assert_int_equal(baton_region_trap(region, rig->vms[0], 0x8000, &diag), 0);
	assert_int_equal(baton_region_trap(region, rig->vms[0], 0x2000, &diag), 0);
	assert_int_equal(baton_region_trap(region, rig->vms[0], 0x9000, &diag), 0); /* side by side */
	has_slots(4, (const uint64_t[][2]){ { 0, 0x2000 }, { 0x3000, 0x5000 }, { 0, 0 },
					    { 0xA000, (64 << 10) - 0xA000 } });
	assert_int_equal(baton_region_trap(region, rig->vms[0], 0x8000, &diag), -EEXIST);
	assert_int_equal(baton_region_trap(region, rig->vms[0], 0x8001, &diag), -EINVAL);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(baton_region_trap(region, rig->vms[0], 0x3000 + 4096u * i, &diag), 0);
	assert_int_equal(baton_region_trap(region, rig->vms[0], 0xB000, &diag), -ENOSPC);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	rig_end(rig);
}

static void what_kvm_refuses_is_put_back(void **state)
{
	for (unsigned nth = 1; nth <= 2; nth++) {
		struct rig *rig;
		struct baton_region *region;
		struct baton_diag diag;

		fake_reset();
		rig = rig_begin("quantum", 10 * MS);
		rig_vm(rig, 1, play, NULL);
		assert_int_equal(baton_region_create(rig->host, 4096, NULL, &region), 0);
		fake_fail(FAKE_MACHINE_MAP, 1 + nth, EINVAL); /* behind the one that takes away */
		assert_int_equal(baton_region_trap(region, rig->vms[0], 0x8000, &diag), -EINVAL);
		has_slots(1, (const uint64_t[][2]){ { 0, 64 << 10 } });
		assert_int_equal(baton_region_trap(region, rig->vms[0], 0x8000, &diag), 0);
		rig_end(rig);
	}
}

/* -------------------------------------------------------------------- bells */

static void hang_bells(struct rig *rig)
{
	const struct baton_doorbell_config config = { .vms = rig->vms, .count = rig->count };

	assert_int_equal(baton_device_create(rig->host, &baton_doorbell, &config, NULL, NULL), 0);
}

static void who_waits_wakes_when_it_rings(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct script waits = { .count = 0 }, rings = { .count = 0 };
	uint64_t begin = fake.now_ns;

	step(&waits, fake_out(0, BATON_CALL_WAIT, 4, 31));
	step(&rings, fake_out(3 * MS, BATON_CALL_RING, 4, 30)); /* another */
	step(&rings, fake_out(3 * MS, BATON_CALL_RING, 4, 31));
	step(&rings, fake_hlt(1 * MS));
	rig_vm(rig, 1, play, &waits);
	rig_vm(rig, 1, play, &rings);
	hang_bells(rig);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(waits.done_ns[1], begin + 7 * MS); /* the ringer's turn goes on */
	assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, 6 * MS);
	rig_end(rig);
}

static void a_bell_that_rang_before_is_not_lost_but_counts_once(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct script s = { .count = 0 };

	step(&s, fake_out(0, BATON_CALL_RING, 4, 5));
	step(&s, fake_out(0, BATON_CALL_RING, 4, 5));
	step(&s, fake_out(0, BATON_CALL_WAIT, 4, 5));
	step(&s, fake_out(0, BATON_CALL_WAIT, 4, 5));
	rig_vm(rig, 1, play, &s);
	hang_bells(rig);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(s.at, 4);
	rig_end(rig);
}

static void of_two_who_wait_one_goes_on(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct script a = { .count = 0 }, b = { .count = 0 }, rings = { .count = 0 };

	step(&a, fake_out(0, BATON_CALL_WAIT, 4, 0));
	step(&b, fake_out(0, BATON_CALL_WAIT, 4, 0));
	step(&rings, fake_out(0, BATON_CALL_RING, 4, 0));
	rig_vm(rig, 1, play, &a);
	rig_vm(rig, 1, play, &b);
	rig_vm(rig, 1, play, &rings);
	hang_bells(rig);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_HALTED);
	assert_int_equal(rig_vm_stats(rig, 1).outcome, BATON_BLOCKED);
	rig_end(rig);
}

static void a_ringer_survives_those_who_have_ended(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct script waits = { .count = 0 }, rings = { .count = 0 };

	step(&waits, fake_out(0, BATON_CALL_WAIT, 4, 0));
	step(&rings, fake_out(5 * MS, BATON_CALL_RING, 4, 0));
	rig_vm(rig, 1, play, &waits);
	rig_vm(rig, 1, play, &rings);
	hang_bells(rig);
	assert_int_equal(rig_run(rig, 2 * MS), BATON_RUN_BUDGET);
	rig_destroy_vm(rig, 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	rig_end(rig);
}

static void there_are_thirty_two_bells(void **state)
{
	static const uint32_t calls[] = { BATON_CALL_RING, BATON_CALL_WAIT };

	for (size_t i = 0; i < COUNT(calls); i++)
		for (int k = 0; k < 2; k++) {
			struct script s = { .count = 0 };
			struct rig *rig;

			fake_reset();
			rig = rig_begin("quantum", 10 * MS);
			step(&s, fake_out(0, (uint16_t)calls[i], 4, k ? UINT32_MAX : BATON_BELLS));
			rig_vm(rig, 1, play, &s);
			hang_bells(rig);
			assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
			assert_non_null(strstr(baton_vm_death(rig->vms[0])->sentence,
					       "there are bells 0 to 31"));
			rig_end(rig);
		}
}

static void a_doorbell_is_for_some_vms_and_for_each_once(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_vm *twice[2];
	struct baton_doorbell_config config = { .vms = twice, .count = 0 };

	rig_vm(rig, 1, play, NULL);
	twice[0] = twice[1] = rig->vms[0];
	assert_int_equal(baton_device_create(rig->host, &baton_doorbell, &config, NULL, NULL), -EINVAL);
	config.count = 65;
	assert_int_equal(baton_device_create(rig->host, &baton_doorbell, &config, NULL, NULL), -EINVAL);
	config.count = 2;
	assert_int_equal(baton_device_create(rig->host, &baton_doorbell, &config, NULL, NULL), -EEXIST);
	config.count = 1;
	assert_int_equal(baton_device_create(rig->host, &baton_doorbell, &config, NULL, NULL), 0);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_one_vm_has_there_the_others_have),
		TEST(a_region_lies_where_an_image_might_and_none_does),
		TEST(sizes_that_make_no_sense_are_refused),
		TEST(each_failure_of_making_a_region_leaves_nothing),
		TEST(a_trapped_region_is_a_hole_for_kvm_and_memory_for_all_others),
		TEST(holes_lie_in_any_order_and_do_not_meet),
		TEST(what_kvm_refuses_is_put_back),
		TEST(who_waits_wakes_when_it_rings),
		TEST(a_bell_that_rang_before_is_not_lost_but_counts_once),
		TEST(of_two_who_wait_one_goes_on),
		TEST(a_ringer_survives_those_who_have_ended),
		TEST(there_are_thirty_two_bells),
		TEST(a_doorbell_is_for_some_vms_and_for_each_once),
	};

	return cmocka_run_group_tests_name("shared", tests, NULL, NULL);
}
