/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.c - making and unmaking hosts and VMs: every configuration that is
 * refused, every failure on the way, and destruction at every moment.
 */
#include "zoo.h"

#define PORT 0x10

static struct fake_exit spin(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_spin();
}

static int create_host(const struct baton_host_config *c, struct baton_diag *diag)
{
	struct baton_host *host = (void *)&host;
	int error;

	memset(diag, 0, sizeof(*diag));
	error = baton_host_create(c, diag, &host);
	if (!error)
		baton_host_destroy(host);
	else
		assert_ptr_equal(host, &host); /* outputs only on success */
	assert_null(fake_leak());
	assert_int_equal(!error, !*diag->message);
	return error;
}

/* ---------------------------------------------------------- configuration */

static void hosts_that_make_no_sense_are_refused_with_words(void **state)
{
	const struct baton_host_config good = BATON_HOST_CONFIG;
	struct baton_host_config c = good;
	struct baton_diag diag;

	(void)state;
	assert_int_equal(create_host(&c, &diag), 0);
	c.policy = "lottery";
	assert_int_equal(create_host(&c, &diag), -EINVAL);
	assert_non_null(strstr(diag.message, "lottery"));
	c.policy = NULL;
	assert_int_equal(create_host(&c, &diag), -EINVAL);
	c.ops = baton_policy("turns");
	assert_int_equal(create_host(&c, &diag), 0);
	c = good;
	c.max_vms = 0;
	assert_int_equal(create_host(&c, &diag), -EINVAL);
	c.max_vms = UINT32_MAX;
	assert_int_equal(create_host(&c, &diag), -EINVAL);
	c = good;
	c.kvm_path = NULL;
	assert_int_equal(create_host(&c, &diag), -EINVAL);
	c = good;
	c.policy = "quantum";
	c.sched.slice_ns = 0;
	assert_int_equal(create_host(&c, &diag), -EINVAL);
	c.policy = "turns";
	c.sched.burst = 0;
	assert_int_equal(create_host(&c, &diag), -EINVAL);
}

static void only_real_signals_can_kick(void **state)
{
	static const int bad[] = { -1, SIGKILL, SIGSTOP, 65, 1000, INT32_MIN };
	static const int good[] = { 0, SIGUSR1, SIGALRM, 64 };
	struct baton_host_config c = BATON_HOST_CONFIG;
	struct baton_diag diag;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		c.kick_signal = bad[i];
		assert_int_equal(create_host(&c, &diag), -EINVAL);
	}
	for (size_t i = 0; i < COUNT(good); i++) {
		c.kick_signal = good[i];
		assert_int_equal(create_host(&c, &diag), 0);
		assert_int_equal(fake.last_signal, good[i] ? good[i] : SIGRTMIN);
	}
}

static void refuse_vm(struct rig *rig, const struct baton_vm_config *c, int error)
{
	struct baton_vm *vm = (void *)&vm;
	struct baton_diag diag = { .message = "" };

	assert_int_equal(baton_vm_create(rig->host, c, &diag, &vm), error);
	assert_string_not_equal(diag.message, "");
	assert_ptr_equal(vm, &vm);
	assert_int_equal(baton_vm_create(rig->host, c, NULL, NULL), error);
}

static void vms_that_make_no_sense_are_refused_with_words(void **state)
{
	static const uint64_t sizes[] = { 0, 4096, (64 << 10) - 4096, (64 << 10) + 1, 100000,
					  (UINT64_C(3) << 30) + 4096, UINT64_MAX, UINT64_MAX - 4095 };
	struct rig *rig = rig_begin("share", 0);
	const struct baton_vm_config good = rig_vm_config("good");
	struct baton_vm_config c = good;
	char name[100] = "";

	(void)state;
	c.name = NULL;
	refuse_vm(rig, &c, -EINVAL);
	c.name = "";
	refuse_vm(rig, &c, -EINVAL);
	memset(name, 'n', sizeof(name));
	name[64] = 0;
	c.name = name;
	refuse_vm(rig, &c, -EINVAL);
	c = good;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		c.memory = sizes[i];
		refuse_vm(rig, &c, -EINVAL);
	}
	c = good;
	c.mode = BATON_MODES;
	refuse_vm(rig, &c, -EINVAL);
	c.mode = (enum baton_mode)-1;
	refuse_vm(rig, &c, -EINVAL);
	c = good;
	c.share = BATON_WEIGHT_MAX + 1;
	refuse_vm(rig, &c, -EINVAL);
	c.share = (uint64_t)-5;
	refuse_vm(rig, &c, -EINVAL);
	c = good;
	c.image = NULL;
	refuse_vm(rig, &c, -EINVAL);
	assert_null(baton_host_vm(rig->host, 0));
	assert_int_equal(fake.live.vcpus, 0);
	/* None of it has used up room. */
	for (int i = 0; i < 64; i++)
		rig_vm(rig, 1, spin, NULL);
	rig_end(rig);
}

static void names_are_unique_copied_and_free_again(void **state)
{
	struct rig *rig = rig_begin("share", 0);
	char name[65] = "";
	struct baton_vm_config c = rig_vm_config(name);

	(void)state;
	memset(name, 'x', 63);
	name[63] = 0;
	rig_add(rig, &c, spin, NULL);
	refuse_vm(rig, &c, -EEXIST);
	name[62] = 'y';
	rig_add(rig, &c, spin, NULL);
	memset(name, 'z', 63);
	assert_int_equal(strlen(baton_vm_name(rig->vms[0])), 63);
	assert_int_equal(baton_vm_name(rig->vms[0])[62], 'x');
	assert_int_equal(baton_vm_name(rig->vms[1])[62], 'y');
	memset(name, 'x', 63);
	rig_destroy_vm(rig, 0);
	rig_add(rig, &c, spin, NULL);
	rig_end(rig);
}

static void a_full_host_says_so_until_there_is_room(void **state)
{
	struct baton_host_config c = BATON_HOST_CONFIG;
	struct baton_vm_config more = rig_vm_config("more");
	struct rig *rig;

	(void)state;
	c.max_vms = 3;
	rig = rig_begin_with(&c);
	for (int i = 0; i < 3; i++)
		rig_vm(rig, 1, spin, NULL);
	refuse_vm(rig, &more, -ENOSPC);
	rig_destroy_vm(rig, 1);
	rig_add(rig, &more, spin, NULL);
	/* In order of creation, not of place. */
	assert_ptr_equal(baton_host_vm(rig->host, 0), rig->vms[0]);
	assert_ptr_equal(baton_host_vm(rig->host, 1), rig->vms[2]);
	assert_ptr_equal(baton_host_vm(rig->host, 2), rig->vms[3]);
	assert_null(baton_host_vm(rig->host, 3));
	assert_null(baton_host_vm(rig->host, UINT32_MAX));
	rig_run(rig, 100 * MS);
	rig_end(rig);
}

static void what_a_vm_was_made_of_can_be_asked(void **state)
{
	struct rig *rig = rig_begin("share", 0);
	struct baton_vm_config c = rig_vm_config("neo");
	uint8_t bytes[2];

	(void)state;
	c.mode = BATON_MODE_LONG;
	c.memory = 1 << 20;
	c.image = "\x12\x34";
	c.image_size = 2;
	rig_add(rig, &c, spin, NULL);
	assert_string_equal(baton_vm_name(rig->vms[0]), "neo");
	assert_int_equal(baton_vm_mode(rig->vms[0]), BATON_MODE_LONG);
	assert_int_equal(baton_vm_memory(rig->vms[0]), 1 << 20);
	assert_int_equal(baton_vm_read(rig->vms[0], 0, bytes, 2), 0);
	assert_memory_equal(bytes, "\x12\x34", 2);
	assert_int_equal(baton_vm_write(rig->vms[0], (1 << 20) - 2, bytes, 2), 0);
	assert_int_equal(baton_vm_write(rig->vms[0], (1 << 20) - 1, bytes, 2), -EFAULT);
	assert_int_equal(baton_vm_read(rig->vms[0], UINT64_MAX, bytes, 2), -EFAULT);
	assert_int_equal(rig_vm_stats(rig, 0).share, 1);
	rig_end(rig);
}

static void names_of_modes_outcomes_and_ends_are_distinct_and_total(void **state)
{
	(void)state;
	for (int i = 0; i < BATON_MODES; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(baton_mode_name((enum baton_mode)i),
						baton_mode_name((enum baton_mode)k));
	for (int i = 0; i <= BATON_DEAD; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(baton_outcome_name((enum baton_outcome)i),
						baton_outcome_name((enum baton_outcome)k));
	for (int i = 0; i < BATON_DEATH_KINDS; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(baton_death_name((enum baton_death_kind)i),
						baton_death_name((enum baton_death_kind)k));
	for (int i = 0; i < BATON_CAUSES; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(baton_cause_name((enum baton_cause)i),
						baton_cause_name((enum baton_cause)k));
	assert_string_equal(baton_mode_name(BATON_MODES), "unknown");
	assert_string_equal(baton_outcome_name((enum baton_outcome)99), "unknown");
	assert_string_equal(baton_death_name(BATON_DEATH_KINDS), "unknown");
	assert_string_equal(baton_cause_name(BATON_CAUSES), "unknown");
	assert_string_equal(baton_mode_name((enum baton_mode)-1), "unknown");
	assert_true(strlen(baton_version()) >= 5);
}

/* -------------------------------------------------------- every failure */

static void each_failure_of_making_a_host_is_returned_said_and_leaves_nothing(void **state)
{
	const struct baton_host_config c = BATON_HOST_CONFIG;
	struct baton_diag diag;
	uint64_t n = 0;

	(void)state;
	for (;;) {
		fake_fail_any(++n);
		if (!create_host(&c, &diag))
			break;
		assert_true(fake_failed(NULL));
		assert_string_not_equal(diag.where, "");
	}
	assert_false(fake_failed(NULL));
	assert_int_equal(n, 1 + 9 + 1 + 1 + 1); /* host, its 9 blocks, system, timer, and none */
	fake_fail_any(0);
}

static void each_failure_of_making_a_vm_is_returned_said_and_leaves_nothing(void **state)
{
	(void)state;
	for (int mode = 0; mode < BATON_MODES; mode++)
		for (uint64_t n = 1;; n++) {
			struct baton_vm_config c = rig_vm_config("vm");
			struct baton_diag diag = { .message = "" };
			struct baton_vm *vm = NULL;
			enum fake_op op = FAKE_OPS;
			struct rig *rig;
			int blocks, error;

			fake_reset();
			rig = rig_begin("share", 0);
			rig_vm(rig, 1, spin, NULL);
			c.name = "another";
			c.mode = (enum baton_mode)mode;
			c.memory = 128 << 10;
			c.step_replay = mode == BATON_MODE_LONG;
			blocks = fake.live.blocks;
			fake_fail_any(n);
			error = baton_vm_create(rig->host, &c, &diag, &vm);
			if (!fake_failed(&op)) {
				assert_int_equal(error, 0);
				rig_end(rig);
				break;
			}
			fake_fail_any(0);
			/* Trying out paging needs no histogram. */
			if (!error && mode == BATON_MODE_PAGED && op == FAKE_CALLOC) {
				rig_end(rig);
				continue;
			}
			if (error >= 0)
				fail_msg("mode %d: a failure of %s goes unnoticed", mode,
					 fake_op_name(op));
			if (!*diag.message)
				fail_msg("mode %d: a failure of %s goes unsaid", mode,
					 fake_op_name(op));
			assert_null(vm);
			assert_int_equal(fake.live.blocks, blocks);
			assert_int_equal(fake.live.vcpus, 1);
			assert_int_equal(fake.live.machines, 1);
			assert_ptr_equal(baton_host_vm(rig->host, 0), rig->vms[0]);
			assert_null(baton_host_vm(rig->host, 1));
			/* The host is as good as before. */
			assert_int_equal(rig_run(rig, 20 * MS), BATON_RUN_BUDGET);
			assert_int_equal(baton_vm_create(rig->host, &c, &diag, &vm), 0);
			baton_vm_destroy(vm);
			rig_end(rig);
		}
}

static void destroying_nothing_is_allowed(void **state)
{
	(void)state;
	baton_host_destroy(NULL);
	baton_vm_destroy(NULL);
}

/* ------------------------------------------------------------ destruction */

static struct fake_exit out(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_out(400 * US, PORT, 1, 0);
}

static enum baton_verdict block(void *state, struct baton_access *a)
{
	(void)state, (void)a;
	return BATON_BLOCK;
}

static struct fake_exit die(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_other(0, KVM_EXIT_SHUTDOWN, 0);
}

/* Seven VMs, each in another situation; one of them goes. */
static void a_vm_may_go_in_any_situation(void **state)
{
	static const char *const policies[] = { "share", "quantum", "turns", "null", "script" };

	(void)state;
	for (size_t p = 0; p < COUNT(policies); p++)
		for (int victim = 0; victim < 7; victim++)
			for (int runs = 0; runs < 12; runs++) {
				struct baton_vm_config late = rig_vm_config("late");
				struct rig *rig;

				fake_reset();
				rig = rig_begin(policies[p], 2 * MS);
				rig_vm(rig, 1, die, NULL);
				rig_vm(rig, 1, NULL, NULL); /* halts */
				rig_vm(rig, 1, out, NULL);
				rig_port(rig, 2, PORT, 1, block, NULL);
				late.arrives_ns = 5 * MS;
				rig_add(rig, &late, spin, NULL);
				rig_vm(rig, 0, spin, NULL);
				rig_vm(rig, 3, spin, NULL);
				rig_vm(rig, 2, spin, NULL);
				/* Steps cut turns, so the victim may be the one whose turn is suspended. */
				for (int i = 0; i < runs; i++)
					rig_run(rig, 700 * US);
				rig_destroy_vm(rig, victim);
				for (int i = 0; i < 10; i++)
					assert_int_equal(rig_run(rig, 900 * US), BATON_RUN_BUDGET);
				assert_true(rig_stats(rig).run_ns >= 9 * MS);
				rig_end(rig);
			}
}

static void vms_come_and_go_at_random(void **state)
{
	static const char *const policies[] = { "share", "quantum", "turns", "null", "script" };

	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct rig *rig;
		struct zoo zoo;
		uint64_t r = seed;

		fake_reset();
		rig = rig_begin(policies[seed % COUNT(policies)], 1 * MS);
		zoo_fill(&zoo, rig, seed, 6, 40);
		for (int i = 0; i < 50; i++) {
			unsigned one = (unsigned)(fake_random(&r) % rig->count);

			rig_run(rig, fake_random(&r) % (4 * MS));
			/* The zoo's own guests are known to its devices; they stay. */
			if (one >= zoo.count && rig->vms[one])
				rig_destroy_vm(rig, (int)one);
			else if (rig->count < 40)
				rig_vm(rig, fake_random(&r) % 4, fake_random(&r) % 2 ? spin : die, NULL);
		}
		rig_end(rig);
	}
}

static void a_place_is_as_new_for_the_next_vm(void **state)
{
	struct baton_host_config c = BATON_HOST_CONFIG;
	struct rig *rig;

	(void)state;
	c.max_vms = 1;
	rig = rig_begin_with(&c);
	for (int i = 0; i < 5; i++) {
		rig_vm(rig, 1, spin, NULL);
		assert_int_equal(rig_run(rig, 5 * MS), BATON_RUN_BUDGET);
		assert_int_equal(rig_vm_stats(rig, i).run_ns, 5 * MS);
		assert_int_equal(rig_vm_stats(rig, i).lifetime_ns, 5 * MS);
		assert_int_equal(rig_vm_stats(rig, i).turns, 1);
		rig_destroy_vm(rig, i);
	}
	assert_int_equal(rig_run(rig, 5 * MS), BATON_RUN_DONE);
	assert_int_equal(rig_stats(rig).run_ns, 25 * MS);
	rig_end(rig);
}

/* -------------------------------------------------------------- two hosts */

static void two_hosts_on_a_thread_take_runs_in_turn(void **state)
{
	struct rig *one = rig_begin("quantum", 10 * MS), *two = rig_begin("share", 10 * MS);

	(void)state;
	for (int i = 0; i < 2; i++) {
		rig_vm(one, 1, spin, NULL);
		rig_vm(two, 1, spin, NULL);
	}
	for (int i = 0; i < 20; i++) {
		assert_int_equal(rig_run(one, 7 * MS), BATON_RUN_BUDGET);
		assert_int_equal(rig_run(two, 3 * MS), BATON_RUN_BUDGET);
	}
	assert_int_equal(rig_stats(one).run_ns, 140 * MS);
	assert_int_equal(rig_stats(two).run_ns, 60 * MS);
	assert_int_equal(rig_stats(one).idle_ns, 19 * 3 * MS);
	for (unsigned i = 0; i < one->turn_count; i++)
		assert_int_equal(one->turns[i].charged_ns, 10 * MS);
	for (unsigned i = 0; i < two->turn_count; i++)
		assert_int_equal(two->turns[i].charged_ns, 10 * MS);
	rig_close(two);
	rig_end(one);
	assert_int_equal(sigismember(&fake.mask, SIGRTMIN), 0);
}

/* -------------------------------------------------------- what KVM can do */

static void inspecting_tells_what_there_is(void **state)
{
	struct baton_kvm_info info;
	struct baton_diag diag = { .message = "" };

	(void)state;
	assert_int_equal(baton_kvm_inspect("/dev/kvm", &diag, &info), 0);
	assert_int_equal(info.api_version, 12);
	assert_true(info.user_memory && info.immediate_exit && info.sync_regs && info.paging32);
	assert_null(fake_leak());
	fake.no_paging32 = true;
	assert_int_equal(baton_kvm_inspect("/dev/kvm", NULL, &info), 0);
	assert_false(info.paging32);
	assert_null(fake_leak());
	fake.capability[1] = 0;
	assert_int_equal(baton_kvm_inspect("/dev/kvm", NULL, &info), 0);
	assert_false(info.sync_regs);
	fake_fail(FAKE_SYSTEM_OPEN, 1, ENOENT);
	memset(&info, 0x5A, sizeof(info));
	assert_int_equal(baton_kvm_inspect("/dev/kvm", &diag, &info), -ENOENT);
	assert_string_not_equal(diag.message, "");
	assert_int_equal(info.api_version, 0x5A5A5A5A);
	assert_null(fake_leak());
}

static void paged_mode_is_tried_once_and_refused_where_it_is_lacking(void **state)
{
	struct rig *rig = rig_begin("share", 0);
	struct baton_vm_config c = rig_vm_config("paged");
	uint64_t opened;

	(void)state;
	c.mode = BATON_MODE_PAGED;
	c.memory = 128 << 10;
	fake.no_paging32 = true;
	refuse_vm(rig, &c, -ENOTSUP);
	opened = fake.calls[FAKE_SYSTEM_OPEN];
	assert_int_equal(opened, 2);
	refuse_vm(rig, &c, -ENOTSUP);
	assert_int_equal(fake.calls[FAKE_SYSTEM_OPEN], opened);
	rig_end(rig);

	fake_reset();
	rig = rig_begin("share", 0);
	rig_add(rig, &c, NULL, NULL);
	c.name = "another";
	rig_add(rig, &c, NULL, NULL);
	assert_int_equal(fake.calls[FAKE_SYSTEM_OPEN], 2);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	rig_end(rig);
}

/* The trial must not swallow signals that the embedder uses otherwise. */
static void the_trial_uses_the_hosts_own_signal(void **state)
{
	struct baton_host_config c = BATON_HOST_CONFIG;
	struct baton_vm_config paged = rig_vm_config("paged");
	struct rig *rig;

	(void)state;
	c.kick_signal = SIGUSR1;
	sigaddset(&fake.mask, SIGRTMIN);
	rig = rig_begin_with(&c);
	fake_signal(SIGRTMIN);
	paged.mode = BATON_MODE_PAGED;
	paged.memory = 128 << 10;
	rig_add(rig, &paged, NULL, NULL);
	assert_int_equal(fake.last_signal, SIGUSR1);
	assert_int_equal(fake_pending(), 1);
	rig_end(rig);
}

/* Each VM has its own; a KVM without them is no VM's end. */
static void kvms_own_figures_can_be_asked(void **state)
{
	struct rig *rig = rig_begin("turns", 0);
	struct baton_kvm_stat stats[4];
	int one = rig_vm(rig, 1, NULL, NULL), other = rig_vm(rig, 1, NULL, NULL);
	uint32_t count;

	(void)state;
	rig_run(rig, BATON_FOREVER);
	rig->vcpus[other]->exits = 4711;
	assert_int_equal(baton_vm_kvm_stats(rig->vms[one], stats, 4, &count), 0);
	assert_int_equal(count, 2);
	assert_string_equal(stats[0].name, "exits");
	assert_int_equal(stats[0].value, rig->vcpus[one]->exits);
	assert_int_equal(baton_vm_kvm_stats(rig->vms[other], stats, 4, &count), 0);
	assert_int_equal(stats[0].value, 4711);
	fake_fail(FAKE_STATS, 1, ENOTSUP);
	assert_int_equal(baton_vm_kvm_stats(rig->vms[one], stats, 4, &count), -ENOTSUP);
	assert_int_equal(count, 0);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hosts_that_make_no_sense_are_refused_with_words),
		TEST(only_real_signals_can_kick),
		TEST(vms_that_make_no_sense_are_refused_with_words),
		TEST(names_are_unique_copied_and_free_again),
		TEST(a_full_host_says_so_until_there_is_room),
		TEST(what_a_vm_was_made_of_can_be_asked),
		TEST(names_of_modes_outcomes_and_ends_are_distinct_and_total),
		TEST(each_failure_of_making_a_host_is_returned_said_and_leaves_nothing),
		TEST(each_failure_of_making_a_vm_is_returned_said_and_leaves_nothing),
		TEST(destroying_nothing_is_allowed),
		TEST(a_vm_may_go_in_any_situation),
		TEST(vms_come_and_go_at_random),
		TEST(a_place_is_as_new_for_the_next_vm),
		TEST(two_hosts_on_a_thread_take_runs_in_turn),
		TEST(inspecting_tells_what_there_is),
		TEST(paged_mode_is_tried_once_and_refused_where_it_is_lacking),
		TEST(the_trial_uses_the_hosts_own_signal),
		TEST(kvms_own_figures_can_be_asked),
	};

	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
