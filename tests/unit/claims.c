/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claims.c - what guests say of themselves: assertions, sections, possibilities.
 */
#include "rig.h"

#include <string.h>

#include "baton/abi.h"

struct script {
	struct fake_exit steps[16];
	unsigned at, count;
};

static struct fake_exit play(struct fake_vcpu *vcpu)
{
	struct script *s = vcpu->state;

	return s->at < s->count ? s->steps[s->at++] : fake_hlt(0);
}

static void step(struct script *s, struct fake_exit exit)
{
	s->steps[s->count++] = exit;
}

#define STRUCT 0x5000 /* where a call's fields are */
#define WORDS  0x6000

static const char *death_of(const struct rig *rig, int i)
{
	const struct baton_death *death = baton_vm_death(rig->vms[i]);

	return death ? death->sentence : "none";
}

static bool died_of(const struct rig *rig, int i, enum baton_cause cause, const char *words)
{
	const struct baton_death *death = baton_vm_death(rig->vms[i]);

	if (death && death->cause == cause && strstr(death->sentence, words))
		return true;
	print_message("# %s\n", death_of(rig, i));
	return false;
}

/* ---------------------------------------------------------------- assertions */

static void fail_with(const char *words, uint64_t at, uint64_t size, const char *said)
{
	const struct baton_call_assert call = { .bytes = at, .size = size };
	struct script s = { .count = 0 };
	struct rig *rig;

	fake_reset();
	rig = rig_begin("quantum", 10 * MS);
	step(&s, fake_out(1 * MS, BATON_CALL_ASSERT, 4, STRUCT));
	rig_vm(rig, 1, play, &s);
	assert_int_equal(baton_vm_write(rig->vms[0], STRUCT, &call, sizeof(call)), 0);
	if (words)
		assert_int_equal(baton_vm_write(rig->vms[0], at, words, strlen(words)), 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_true(died_of(rig, 0, BATON_CAUSE_ASSERTION, said));
	rig_end(rig);
}

static void what_does_not_hold_is_said_in_the_guests_words(void **state)
{
	char much[BATON_ASSERT_MAX + 11];

	(void)state;
	fail_with("turn == 1 (lock.c:30)", WORDS, 21, "does not hold: turn == 1 (lock.c:30)");
	fail_with("a\033[31m\nb\177", WORDS, 9, "does not hold: a?[31m?b?"); /* no terminal's commands */
	fail_with("", WORDS, 0, "what it asserts does not hold");
	memset(much, 'x', sizeof(much));
	much[BATON_ASSERT_MAX] = 'y';
	much[sizeof(much) - 1] = '\0';
	fail_with(much, WORDS, UINT64_MAX, "xxx");
	much[BATON_ASSERT_MAX] = '\0';
	fail_with(much, WORDS, UINT64_MAX, much); /* all that there is room for */
	fail_with(NULL, UINT64_C(1) << 40, 5, "its text is not in memory");
}

/* -------------------------------------------------------------------- labels */

/* Nobody listens; how it ends. */
static void label_ends(uint64_t at, uint64_t size, enum baton_outcome outcome)
{
	const struct baton_call_label call = { .bytes = at, .size = size };
	struct script s = { .count = 0 };
	struct rig *rig;

	fake_reset();
	rig = rig_begin("quantum", 10 * MS);
	step(&s, fake_out(1 * MS, BATON_CALL_LABEL, 4, STRUCT));
	rig_vm(rig, 1, play, &s);
	assert_int_equal(baton_vm_write(rig->vms[0], STRUCT, &call, sizeof(call)), 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, outcome);
	if (outcome == BATON_DEAD)
		assert_true(died_of(rig, 0, BATON_CAUSE_REFUSED, "its text is not in memory"));
	rig_end(rig);
}

static void a_label_that_nobody_hears_is_checked_all_the_same(void **state)
{
	(void)state;
	label_ends(WORDS, 5, BATON_HALTED);
	label_ends(WORDS, UINT64_MAX, BATON_HALTED); /* cut to what there is room for */
	label_ends(0x10000 - BATON_LABEL_MAX, UINT64_MAX, BATON_HALTED);
	label_ends(0x10000 - BATON_LABEL_MAX + 1, UINT64_MAX, BATON_DEAD);
	label_ends(UINT64_C(1) << 40, 5, BATON_DEAD);
	label_ends(UINT64_MAX, 5, BATON_DEAD);
}

/* ------------------------------------------------------------- possibilities */

static uint64_t chosen(uint64_t of, uint64_t seed, uint64_t choices[8])
{
	const struct baton_call_choose call = { .of = of };
	struct baton_random_config random = { .seed = seed };
	struct script s = { .count = 0 };
	struct baton_death death = { 0 };
	struct rig *rig;

	fake_reset();
	rig = rig_begin("quantum", 10 * MS);
	for (uint64_t i = 0; i < 8; i++)
		step(&s, fake_out(0, BATON_CALL_CHOOSE, 4, STRUCT + i * sizeof(call)));
	rig_vm(rig, 1, play, &s);
	random.vm = rig->vms[0];
	assert_int_equal(baton_device_create(rig->host, &baton_random, &random, NULL, NULL), 0);
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(baton_vm_write(rig->vms[0], STRUCT + i * sizeof(call), &call,
						sizeof(call)), 0);
	rig_run(rig, S);
	if (baton_vm_death(rig->vms[0]))
		death = *baton_vm_death(rig->vms[0]);
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(baton_vm_read(rig->vms[0], STRUCT + i * sizeof(call) + 8,
					       &choices[i], 8), 0);
	rig_end(rig);
	return death.sentence[0] && strstr(death.sentence, "there are 1 to 2^32 possibilities");
}

static void a_choice_is_one_of_those_there_are(void **state)
{
	uint64_t first[8], again[8], other[8], seen = 0;

	(void)state;
	assert_false(chosen(3, 1, first));
	assert_false(chosen(3, 1, again));
	assert_false(chosen(3, 2, other));
	assert_memory_equal(first, again, sizeof(first));
	assert_memory_not_equal(first, other, sizeof(first));
	for (int i = 0; i < 8; i++) {
		assert_in_range(first[i], 0, 2);
		seen |= UINT64_C(1) << first[i];
	}
	assert_true(seen & (seen - 1)); /* more than one of them */
	assert_false(chosen(1, 1, first));
	for (int i = 0; i < 8; i++)
		assert_int_equal(first[i], 0);
	assert_false(chosen(UINT64_C(1) << 32, 1, first));
	assert_true(first[0] > UINT32_MAX / 16 || first[1] > UINT32_MAX / 16);
	assert_true(chosen(0, 1, first));
	assert_true(chosen((UINT64_C(1) << 32) + 1, 1, first));
}

/* ------------------------------------------------------------------ sections */

static struct rig *begin(struct script *a, struct script *b)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_section_config config = { .vms = rig->vms };

	rig_vm(rig, 1, play, a);
	rig_vm(rig, 1, play, b);
	config.count = rig->count;
	assert_int_equal(baton_device_create(rig->host, &baton_section, &config, NULL, NULL), 0);
	return rig;
}

static struct fake_exit enter(uint32_t section)
{
	return fake_out(1 * MS, BATON_CALL_ENTER, 4, section);
}

static struct fake_exit leave(uint32_t section)
{
	return fake_out(1 * MS, BATON_CALL_LEAVE, 4, section);
}

static void who_enters_where_another_is_dies(void **state)
{
	struct script a = { .count = 0 }, b = { .count = 0 };
	struct rig *rig;

	(void)state;
	step(&a, enter(0));
	step(&a, enter(31)); /* another section is another matter */
	step(&a, fake_out(0, BATON_CALL_YIELD, 4, 0));
	step(&a, leave(31));
	step(&b, enter(0));
	rig = begin(&a, &b);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_true(died_of(rig, 1, BATON_CAUSE_EXCLUSION, ": VM `vm0` is in section 0"));
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_HALTED);
	rig_end(rig);
}

static void one_after_the_other_is_well(void **state)
{
	struct script a = { .count = 0 }, b = { .count = 0 };
	struct rig *rig;

	(void)state;
	for (int i = 0; i < 2; i++) {
		step(&a, enter(7));
		step(&a, leave(7));
		step(&a, fake_out(0, BATON_CALL_YIELD, 4, 0));
		step(&b, enter(7));
		step(&b, leave(7));
		step(&b, fake_out(0, BATON_CALL_YIELD, 4, 0));
	}
	rig = begin(&a, &b);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_HALTED);
	assert_int_equal(rig_vm_stats(rig, 1).outcome, BATON_HALTED);
	rig_end(rig);
}

static void who_has_ended_is_in_no_section(void **state)
{
	struct script a = { .count = 0 }, b = { .count = 0 };
	struct rig *rig;

	(void)state;
	step(&a, enter(3));
	step(&a, enter(4)); /* and ends */
	step(&b, fake_out(0, BATON_CALL_YIELD, 4, 0));
	step(&b, enter(3));
	step(&b, enter(4));
	step(&b, leave(3));
	rig = begin(&a, &b);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(rig_vm_stats(rig, 1).outcome, BATON_HALTED);
	rig_end(rig);
}

static void what_makes_no_sense_is_a_fault(void **state)
{
	const struct {
		struct fake_exit first, second;
		enum baton_cause cause;
		const char *said;
	} rows[] = {
		{ enter(5), enter(5), BATON_CAUSE_EXCLUSION, "VM `vm0` is in section 5, which is itself" },
		{ enter(5), leave(6), BATON_CAUSE_REFUSED, "it is not in section 6" },
		{ enter(5), enter(32), BATON_CAUSE_REFUSED, "there are sections 0 to 31" },
		{ enter(5), leave(UINT32_MAX), BATON_CAUSE_REFUSED, "there are sections 0 to 31" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct script a = { .count = 0 }, b = { .count = 0 };
		struct rig *rig;

		fake_reset();
		step(&a, rows[i].first);
		step(&a, rows[i].second);
		rig = begin(&a, &b);
		rig_run(rig, S);
		assert_true(died_of(rig, 0, rows[i].cause, rows[i].said));
		rig_end(rig);
	}
}

static void a_section_is_for_some_vms_and_for_each_once(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_section_config config = { .count = 0 };
	struct baton_vm *twice[2];

	(void)state;
	rig_vm(rig, 1, play, NULL);
	twice[0] = twice[1] = rig->vms[0];
	config.vms = twice;
	assert_int_equal(baton_device_create(rig->host, &baton_section, &config, NULL, NULL), -EINVAL);
	config.count = 65;
	assert_int_equal(baton_device_create(rig->host, &baton_section, &config, NULL, NULL), -EINVAL);
	config.count = 2;
	assert_int_equal(baton_device_create(rig->host, &baton_section, &config, NULL, NULL), -EEXIST);
	config.count = 1;
	assert_int_equal(baton_device_create(rig->host, &baton_section, &config, NULL, NULL), 0);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_does_not_hold_is_said_in_the_guests_words),
		TEST(a_label_that_nobody_hears_is_checked_all_the_same),
		TEST(a_choice_is_one_of_those_there_are),
		TEST(who_enters_where_another_is_dies),
		TEST(one_after_the_other_is_well),
		TEST(who_has_ended_is_in_no_section),
		TEST(what_makes_no_sense_is_a_fault),
		TEST(a_section_is_for_some_vms_and_for_each_once),
	};

	return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
