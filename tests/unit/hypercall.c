/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypercall.c - Baton's own calls: each row of the table used well and misused.
 */
#include "rig.h"

#include "baton/abi.h"

static const struct row {
	uint16_t port;
	bool out;
	uint8_t bytes;
} rows[] = {
#define in  false
#define out true
#define BATON_CALL(id, number, name, direction, width, summary) \
	{ BATON_CALL_BASE + number, direction, width },
#include "baton/hypercalls.def"
#undef BATON_CALL
#undef in
#undef out
};

struct script {
	struct fake_exit steps[4];
	unsigned at, count;
	uint32_t got;
};

static struct fake_exit play(struct fake_vcpu *vcpu)
{
	struct script *s = vcpu->state;

	return s->at < s->count ? s->steps[s->at++] : fake_hlt(0);
}

static void got(struct fake_vcpu *vcpu, const void *data, size_t bytes)
{
	struct script *s = vcpu->state;

	assert_true(bytes <= sizeof(s->got));
	memcpy(&s->got, data, bytes);
}

static struct rig *run_one(struct script *s, const char *policy)
{
	struct rig *rig;

	fake_reset();
	rig = rig_begin(policy, 0);
	rig_vm(rig, 1, play, s);
	rig->vcpus[0]->got = got;
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	return rig;
}

static void only_the_rows_width_and_direction_are_served(void **state)
{
	static const uint8_t sizes[] = { 1, 2, 4 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t k = 0; k < COUNT(sizes); k++)
			for (int out = 0; out < 2; out++) {
				bool right = sizes[k] == rows[i].bytes && out == rows[i].out;
				struct script s = { .count = 1 };
				struct rig *rig;

				s.steps[0] = out ? fake_out(0, rows[i].port, sizes[k], 0) :
						   fake_in(0, rows[i].port, sizes[k]);
				rig = run_one(&s, "quantum");
				assert_int_equal(rig_vm_stats(rig, 0).outcome,
						 right ? BATON_HALTED : BATON_DEAD);
				if (!right)
					assert_int_equal(baton_vm_death(rig->vms[0])->kind,
							 BATON_DEATH_FAULT);
				rig_end(rig);
			}
}

static void behind_the_last_row_there_is_nothing(void **state)
{
	static const uint16_t ports[] = { BATON_CALL_BASE - 1, BATON_CALL_BASE + COUNT(rows) };

	(void)state;
	for (size_t i = 0; i < COUNT(ports); i++) {
		struct script s = { .steps = { fake_out(0, ports[i], 4, 0) }, .count = 1 };
		struct rig *rig = run_one(&s, "quantum");

		assert_int_equal(baton_vm_death(rig->vms[0])->kind, BATON_DEATH_PORT);
		rig_end(rig);
	}
}

static void version_is_the_abis(void **state)
{
	struct script s = { .steps = { fake_in(0, BATON_CALL_VERSION, 4) }, .count = 1 };
	struct rig *rig = run_one(&s, "quantum");

	(void)state;
	assert_int_equal(s.got, BATON_ABI_VERSION);
	rig_end(rig);
}

static void yield_ends_the_turn(void **state)
{
	struct script s = { .steps = { fake_out(5, BATON_CALL_YIELD, 4, 0xFFFFFFFF),
				       fake_out(7, BATON_CALL_YIELD, 4, 0) }, .count = 2 };
	struct rig *rig = run_one(&s, "quantum");

	(void)state;
	assert_int_equal(rig->turn_count, 3);
	assert_int_equal(rig->turns[0].why, BATON_WHY_YIELD);
	assert_int_equal(rig->turns[0].charged_ns, 5);
	assert_int_equal(rig->turns[1].why, BATON_WHY_YIELD);
	assert_int_equal(rig->turns[2].why, BATON_WHY_END);
	rig_end(rig);
}

static void sleep_lasts_as_many_microseconds_as_asked(void **state)
{
	static const uint32_t naps[] = { 1, 2, 999, 1000, 123456, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF };

	(void)state;
	for (size_t i = 0; i < COUNT(naps); i++) {
		struct script s = { .steps = { fake_out(10, BATON_CALL_SLEEP, 4, naps[i]) },
				    .count = 1 };
		struct rig *rig = run_one(&s, "quantum");

		assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, naps[i] * US);
		assert_int_equal(rig_vm_stats(rig, 0).turns, 2);
		assert_int_equal(rig_vm_stats(rig, 0).exits, 2);
		rig_end(rig);
	}
}

static void a_sleep_of_0_does_not_end_the_turn(void **state)
{
	struct script s = { .steps = { fake_out(10, BATON_CALL_SLEEP, 4, 0) }, .count = 1 };
	struct rig *rig = run_one(&s, "quantum");

	(void)state;
	assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, 0);
	assert_int_equal(rig->turn_count, 1);
	rig_end(rig);
}

static void a_string_of_sleeps_sleeps_for_each(void **state)
{
	static const uint32_t naps[] = { 100, 0, 300, 50 };
	struct script s = { .steps = { fake_outs(10, BATON_CALL_SLEEP, 4, 4, naps) }, .count = 1 };
	struct rig *rig = run_one(&s, "quantum");

	(void)state;
	assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, 450 * US);
	rig_end(rig);
}

static struct rig *waker_rig;

static void wake_early(void *context)
{
	(void)context;
	baton_vcpu_wake(baton_vm_vcpu(waker_rig->vms[0]));
	fake_interrupt();
}

static void a_sleeper_that_is_woken_early_sleeps_on(void **state)
{
	struct script s = { .steps = { fake_out(0, BATON_CALL_SLEEP, 4, 1000) }, .count = 1 };
	struct rig *rig = waker_rig = rig_begin("quantum", 0);

	(void)state;
	rig_vm(rig, 1, play, &s);
	fake_at(fake.now_ns + 300 * US, wake_early, NULL);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(rig_stats(rig).wall_ns, 1000 * US);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_the_rows_width_and_direction_are_served),
		TEST(behind_the_last_row_there_is_nothing),
		TEST(version_is_the_abis),
		TEST(yield_ends_the_turn),
		TEST(sleep_lasts_as_many_microseconds_as_asked),
		TEST(a_sleep_of_0_does_not_end_the_turn),
		TEST(a_string_of_sleeps_sleeps_for_each),
		TEST(a_sleeper_that_is_woken_early_sleeps_on),
	};

	return cmocka_run_group_tests_name("hypercall", tests, NULL, NULL);
}
