/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script.c - a host under the policy `script`: turns by the schedule, what is
 * skipped and how it is counted, and the end of the schedule.
 */
#include "rig.h"

#include "baton/abi.h"

#define PORT 0x10

/* ------------------------------------------------------------- a schedule */

/* By digits: '1' is the first VM. */
struct schedule {
	struct baton_script script;
	const char *at;
	bool again; /* its last digit for ever */
	uint64_t asked;
};

static baton_entity_t next(void *context)
{
	struct schedule *s = context;

	s->asked++;
	if (!*s->at)
		return BATON_NOBODY;
	return (baton_entity_t)((s->again && !s->at[1] ? *s->at : *s->at++) - '1');
}

static struct rig *begin(struct schedule *s, const char *digits)
{
	struct baton_host_config c = BATON_HOST_CONFIG;

	*s = (struct schedule){ .script = { next, s }, .at = digits };
	c.policy = "script";
	c.sched.script = &s->script;
	return rig_begin_with(&c);
}

/* The turns so far are those, and each of these is counted as skipped. */
static void has_been(const struct rig *rig, const char *turns, uint64_t skipped)
{
	assert_int_equal(rig->turn_count, strlen(turns));
	for (unsigned i = 0; i < rig->turn_count; i++)
		assert_int_equal(rig->turns[i].vm, turns[i] - '1');
	assert_int_equal(rig_stats(rig).skipped, skipped);
}

/* ----------------------------------------------------------------- guests */

static struct fake_exit spin(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_spin();
}

/* Three OUTs, then it yields, for ever. */
static struct fake_exit works(struct fake_vcpu *vcpu)
{
	return fake_out(100 * US, vcpu->exits % 4 < 3 ? PORT : BATON_CALL_YIELD,
			vcpu->exits % 4 < 3 ? 1 : 4, 0);
}

static struct fake_exit halts(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_hlt(100 * US);
}

static struct fake_exit dies(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_other(100 * US, KVM_EXIT_SHUTDOWN, 0);
}

/* Sleeps for 10 ms in each of its turns. */
static struct fake_exit sleeps(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_out(100 * US, BATON_CALL_SLEEP, 4, 10000);
}

static struct fake_exit waits(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_out(100 * US, PORT, 1, 0);
}

static enum baton_verdict accept(void *state, struct baton_access *a)
{
	(void)state, (void)a;
	return BATON_RESUME;
}

static enum baton_verdict block(void *state, struct baton_access *a)
{
	(void)state, (void)a;
	return BATON_BLOCK;
}

static void worker(struct rig *rig)
{
	rig_port(rig, rig_vm(rig, 1, works, NULL), PORT, 1, accept, NULL);
}

/* ------------------------------------------------------------------ tests */

static void a_host_without_a_script_is_refused(void **state)
{
	struct baton_host_config c = BATON_HOST_CONFIG;
	struct baton_host *host = NULL;
	struct baton_diag diag;

	(void)state;
	c.policy = "script";
	assert_int_equal(baton_host_create(&c, &diag, &host), -EINVAL);
	assert_string_equal(diag.where, "policy script");
	assert_string_equal(diag.message, "there is no script: expected one");
	assert_null(host);
}

static void turns_go_by_the_schedule_and_last_until_they_yield(void **state)
{
	struct schedule s;
	struct rig *rig = begin(&s, "1121233");

	(void)state;
	for (int i = 0; i < 3; i++)
		worker(rig);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_OVER);
	has_been(rig, "1121233", 0);
	for (unsigned i = 0; i < rig->turn_count; i++) {
		assert_int_equal(rig->turns[i].why, BATON_WHY_YIELD);
		assert_int_equal(rig->turns[i].exits, 4);
		assert_true(rig->turns[i].slice_ns == BATON_FOREVER);
	}
	assert_int_equal(rig_stats(rig).wall_ns, 7 * 4 * 100 * US);
	rig_end(rig);
}

static void once_over_a_schedule_stays_over(void **state)
{
	struct schedule s;
	struct rig *rig = begin(&s, "3132");

	(void)state;
	worker(rig);
	worker(rig);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_OVER);
		has_been(rig, "12", 2);
	}
	assert_int_equal(s.asked, 5);
	rig_end(rig);
}

static void a_vm_that_ended_has_no_turn_any_more(void **state)
{
	struct schedule s;
	struct rig *rig = begin(&s, "123" "321" "111222" "3");

	(void)state;
	rig_vm(rig, 1, dies, NULL);
	rig_vm(rig, 1, halts, NULL);
	worker(rig);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_OVER);
	has_been(rig, "12333", 8);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_DEAD);
	assert_int_equal(rig_vm_stats(rig, 1).outcome, BATON_HALTED);
	assert_int_equal(rig_vm_stats(rig, 2).outcome, BATON_RUNNING);
	rig_end(rig);
}

static void when_all_have_ended_the_rest_does_not_matter(void **state)
{
	struct schedule s;
	struct rig *rig = begin(&s, "21121212");

	(void)state;
	rig_vm(rig, 1, halts, NULL);
	rig_vm(rig, 1, halts, NULL);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	has_been(rig, "21", 0);
	rig_end(rig);
}

static void who_sleeps_is_skipped_and_who_woke_is_not(void **state)
{
	struct schedule s;
	/* A turn of the second is 0.4 ms, so the first wakes in its 25th. */
	struct rig *rig = begin(&s, "1" "11" "2222222222" "2222222222" "1" "22222" "11");

	(void)state;
	rig_vm(rig, 1, sleeps, NULL);
	worker(rig);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_OVER);
	has_been(rig, "1" "2222222222" "2222222222" "22222" "1", 4);
	rig_end(rig);
}

static void while_all_sleep_the_host_idles_and_skips_nobody(void **state)
{
	struct schedule s;
	struct rig *rig = begin(&s, "1111");

	(void)state;
	rig_vm(rig, 1, sleeps, NULL);
	assert_int_equal(rig_run(rig, 15 * MS), BATON_RUN_BUDGET);
	has_been(rig, "11", 0);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_OVER);
	has_been(rig, "1111", 0);
	assert_int_equal(rig_stats(rig).idle_ns, 3 * 10 * MS);
	rig_end(rig);
}

static void who_waits_for_ever_leaves_the_host_stuck_not_over(void **state)
{
	struct schedule s;
	struct rig *rig = begin(&s, "1111");

	(void)state;
	rig_port(rig, rig_vm(rig, 1, waits, NULL), PORT, 1, block, NULL);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_STUCK);
	has_been(rig, "1", 0);
	baton_vcpu_wake(baton_vm_vcpu(rig->vms[0]));
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_STUCK);
	has_been(rig, "11", 0);
	rig_end(rig);
}

static void a_vm_that_is_destroyed_in_its_turn_has_had_it(void **state)
{
	struct schedule s;
	struct rig *rig = begin(&s, "12" "12" "12");
	struct baton_vm_config c = rig_vm_config("new");

	(void)state;
	rig_vm(rig, 1, spin, NULL);
	worker(rig);
	assert_int_equal(rig_run(rig, 5 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig_stats(rig).turns, 1);
	rig_destroy_vm(rig, 0);
	/* 2 has a turn, 1 is skipped, 2 has been cut. */
	assert_int_equal(rig_run(rig, 500 * US), BATON_RUN_BUDGET);
	assert_int_equal(rig_stats(rig).turns, 3);
	assert_int_equal(rig_stats(rig).skipped, 1);
	/* The next to be created has the place, and with it the turns. */
	rig_add(rig, &c, halts, NULL);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_OVER);
	assert_int_equal(rig_vm_stats(rig, 2).turns, 1);
	assert_int_equal(rig_vm_stats(rig, 2).outcome, BATON_HALTED);
	assert_int_equal(rig_stats(rig).turns, 5);
	assert_int_equal(rig_stats(rig).skipped, 1);
	rig_end(rig);
}

/* A schedule without an end that names nobody who can run: budgets and stops hold. */
static void a_schedule_for_nobody_holds_nobody_up(void **state)
{
	struct schedule s;
	struct rig *rig = begin(&s, "12");
	uint64_t before;

	(void)state;
	s.again = true;
	fake.reading_ns = 20 * US; /* the schedule takes time */
	worker(rig);
	assert_int_equal(rig_run(rig, 1 * MS), BATON_RUN_BUDGET);
	has_been(rig, "1", rig_stats(rig).skipped);
	assert_int_equal(rig_stats(rig).skipped, s.asked - 1);
	assert_true(s.asked > 65536);
	before = s.asked;
	baton_host_stop(rig->host);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_STOPPED);
	assert_true(s.asked == before);
	assert_int_equal(rig_run(rig, 0), BATON_RUN_BUDGET);
	rig_end(rig);
}

static void other_policies_skip_nothing(void **state)
{
	static const char *const policies[] = { "share", "quantum", "turns", "null" };

	(void)state;
	for (size_t i = 0; i < COUNT(policies); i++) {
		struct rig *rig = rig_begin(policies[i], 0);

		rig_vm(rig, 1, sleeps, NULL);
		worker(rig);
		assert_int_equal(rig_run(rig, 50 * MS), BATON_RUN_BUDGET);
		assert_int_equal(rig_stats(rig).skipped, 0);
		rig_end(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_host_without_a_script_is_refused),
		TEST(turns_go_by_the_schedule_and_last_until_they_yield),
		TEST(once_over_a_schedule_stays_over),
		TEST(a_vm_that_ended_has_no_turn_any_more),
		TEST(when_all_have_ended_the_rest_does_not_matter),
		TEST(who_sleeps_is_skipped_and_who_woke_is_not),
		TEST(while_all_sleep_the_host_idles_and_skips_nobody),
		TEST(who_waits_for_ever_leaves_the_host_stuck_not_over),
		TEST(a_vm_that_is_destroyed_in_its_turn_has_had_it),
		TEST(a_schedule_for_nobody_holds_nobody_up),
		TEST(other_policies_skip_nothing),
	};

	return cmocka_run_group_tests_name("script", tests, NULL, NULL);
}
