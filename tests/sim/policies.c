/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policies.c - what holds for every policy: the contract of baton/sched.h; and
 * what the simple ones do.
 */
#include "sched/policies.h"

#include "sim/random.h"
#include "test.h"

/* --------------------------------------------------------------- the table */

static void policies_are_found_by_name(void **state)
{
	const struct baton_sched_ops *const *all = baton_policies();
	unsigned count = 0;

	for (; all[count]; count++) {
		assert_ptr_equal(baton_policy(all[count]->name), all[count]);
		assert_true(strlen(all[count]->summary) > 0);
	}
	assert_int_equal(count, 5);
	assert_non_null(baton_policy("null"));
	assert_non_null(baton_policy("turns"));
	assert_non_null(baton_policy("quantum"));
	assert_non_null(baton_policy("share"));
	assert_non_null(baton_policy("script"));
	assert_null(baton_policy("stride"));
	assert_null(baton_policy(""));
	assert_null(baton_policy(NULL));
}

static void every_why_has_a_name(void **state)
{
	assert_string_equal(baton_why_name(BATON_WHY_SLICE), "slice");
	assert_string_equal(baton_why_name(BATON_WHY_EXITS), "exits");
	assert_string_equal(baton_why_name(BATON_WHY_YIELD), "yield");
	assert_string_equal(baton_why_name(BATON_WHY_BLOCK), "block");
	assert_string_equal(baton_why_name(BATON_WHY_END), "end");
	assert_string_equal(baton_why_name((enum baton_why)99), "unknown");
}

/* ------------------------------------------------------------ bad settings */

static void check_refused(const char *name, const struct baton_sched_config *config,
			  const char *word)
{
	const struct baton_sched_ops *ops = baton_policy(name);
	struct baton_diag diag = { 0 };
	void *policy = calloc(1, ops->size(2));

	assert_int_equal(ops->init(policy, 2, config, &diag), -EINVAL);
	assert_non_null(strstr(diag.where, name));
	assert_non_null(strstr(diag.message, word));
	assert_int_equal(ops->init(policy, 2, config, NULL), -EINVAL);
	free(policy);
}

static void settings_of_zero_are_refused_with_words(void **state)
{
	const struct baton_sched_config no_slice = { .burst = 1 }, no_burst = { .slice_ns = MS };
	const struct baton_sched_config no_script = { .slice_ns = MS, .burst = 1 };

	check_refused("quantum", &no_slice, "slice is 0");
	check_refused("share", &no_slice, "slice is 0");
	check_refused("turns", &no_burst, "burst is 0");
	check_refused("script", &no_script, "no script");
}

static void settings_that_a_policy_does_not_read_are_ignored(void **state)
{
	const struct baton_sched_config none = { 0 }, burst = { .burst = 1 };
	const struct baton_sched_config slice = { .slice_ns = 1 };
	const struct baton_script script = { test_nobody, NULL };
	const struct baton_sched_config scripted = { .script = &script };
	void *policy = calloc(1, 4096);

	assert_int_equal(baton_policy("null")->init(policy, 2, &none, NULL), 0);
	memset(policy, 0, 4096);
	assert_int_equal(baton_policy("turns")->init(policy, 2, &burst, NULL), 0);
	memset(policy, 0, 4096);
	assert_int_equal(baton_policy("quantum")->init(policy, 2, &slice, NULL), 0);
	memset(policy, 0, 4096);
	assert_int_equal(baton_policy("share")->init(policy, 2, &slice, NULL), 0);
	memset(policy, 0, 4096);
	assert_int_equal(baton_policy("script")->init(policy, 2, &scripted, NULL), 0);
	free(policy);
}

static void bad_entities_are_refused_with_words(void **state)
{
	const struct baton_sched_entity one = { 1 }, most = { BATON_WEIGHT_MAX };
	const struct baton_sched_entity too_heavy = { BATON_WEIGHT_MAX + 1 };
	struct baton_diag diag = { 0 };
	void *policy;

	for (const struct baton_sched_ops *const *p = baton_policies(); *p; p++) {
		policy = test_policy(*p, 2, MS);
		assert_int_equal((*p)->add(policy, 2, &one, 0, &diag), -ENOSPC);
		assert_non_null(strstr(diag.message, "entity 2"));
		assert_int_equal((*p)->add(policy, BATON_NOBODY, &one, 0, NULL), -ENOSPC);
		assert_int_equal((*p)->add(policy, 1, &one, 0, &diag), 0);
		assert_int_equal((*p)->add(policy, 1, &one, 0, &diag), -EEXIST);
		assert_non_null(strstr(diag.message, "entity 1"));
		(*p)->remove(policy, 1, 0);
		assert_int_equal((*p)->add(policy, 1, &one, 0, &diag), 0);
		free(policy);
	}
	policy = test_policy(&baton__sched_share, 2, MS);
	assert_int_equal(baton__sched_share.add(policy, 0, &too_heavy, 0, &diag), -EINVAL);
	assert_non_null(strstr(diag.message, "4294967297"));
	assert_non_null(strstr(diag.message, "4294967296"));
	assert_int_equal(baton__sched_share.add(policy, 0, &most, 0, &diag), 0);
	free(policy);
}

/* ----------------------------------------------------- under random events */

#define ENTITIES 12

/* Two of the same policy: one is left alone, one is copied again and again. */
struct drive {
	const struct baton_sched_ops *ops;
	size_t size;
	void *steady, *copied;
	bool registered[ENTITIES], runnable[ENTITIES];
	uint64_t weight[ENTITIES], now;
	struct baton__random random;
};

/* Moves the state to another block, and spoils the old one. */
static void move(struct drive *d)
{
	void *fresh = malloc(d->size);

	assert_non_null(fresh);
	memcpy(fresh, d->copied, d->size);
	memset(d->copied, 0xA5, d->size);
	free(d->copied);
	d->copied = fresh;
}

static bool can_run(const struct drive *d, baton_entity_t e)
{
	return d->runnable[e] && (d->weight[e] || d->ops != &baton__sched_share);
}

static void check_same(const struct baton_sched_pick *one, const struct baton_sched_pick *other)
{
	assert_int_equal(one->entity, other->entity);
	assert_true(one->slice_ns == other->slice_ns && one->exits == other->exits &&
		    one->deadline_ns == other->deadline_ns);
	assert_true(one->skipped == other->skipped && one->over == other->over);
}

/* A turn, if somebody is runnable; checks who. */
static void turn(struct drive *d)
{
	static const enum baton_why whys[] = { BATON_WHY_SLICE, BATON_WHY_SLICE, BATON_WHY_YIELD,
					       BATON_WHY_EXITS, BATON_WHY_BLOCK, BATON_WHY_END };
	struct baton_sched_pick pick = d->ops->pick(d->steady, d->now);
	struct baton_sched_pick same = d->ops->pick(d->copied, d->now);
	enum baton_why why = whys[baton__random_in(&d->random, 0, COUNT(whys) - 1)];
	uint64_t ns = baton__random_in(&d->random, 0, 3 * MS);
	bool somebody = false;

	check_same(&pick, &same);
	pick = d->ops->pick(d->steady, d->now);
	check_same(&pick, &same);
	for (baton_entity_t e = 0; e < ENTITIES; e++)
		somebody |= can_run(d, e);
	if (!somebody) {
		assert_int_equal(pick.entity, BATON_NOBODY);
		return;
	}
	assert_in_range(pick.entity, 0, ENTITIES - 1);
	assert_true(can_run(d, pick.entity));
	assert_true(pick.slice_ns && pick.exits);
	d->now += ns;
	d->ops->ran(d->steady, pick.entity, ns, why, d->now);
	d->ops->ran(d->copied, pick.entity, ns, why, d->now);
	d->runnable[pick.entity] = !baton_why_leaves(why);
}

static void event(struct drive *d)
{
	baton_entity_t e = (baton_entity_t)baton__random_in(&d->random, 0, ENTITIES - 1);
	struct baton_sched_entity what = { .weight = baton__random_in(&d->random, 0, 5) };

	switch (baton__random_in(&d->random, 0, 9)) {
	case 0:
		if (d->registered[e]) {
			assert_int_equal(d->ops->add(d->copied, e, &what, d->now, NULL), -EEXIST);
			break;
		}
		assert_int_equal(d->ops->add(d->steady, e, &what, d->now, NULL), 0);
		assert_int_equal(d->ops->add(d->copied, e, &what, d->now, NULL), 0);
		d->registered[e] = true;
		d->weight[e] = what.weight;
		break;
	case 1:
		if (baton__random_in(&d->random, 0, 9))
			break;
		d->ops->remove(d->steady, e, d->now);
		d->ops->remove(d->copied, e, d->now);
		d->registered[e] = d->runnable[e] = false;
		break;
	case 2:
	case 3:
	case 4: /* often of one that is runnable, or not registered: changes nothing */
		d->ops->wake(d->steady, e, d->now);
		d->ops->wake(d->copied, e, d->now);
		d->runnable[e] = d->registered[e];
		break;
	case 5:
		move(d);
		break;
	default:
		turn(d);
	}
}

static void only_runnable_ones_are_picked_and_copies_decide_alike(void **state)
{
	for (const struct baton_sched_ops *const *p = baton_policies(); *p; p++) {
		struct drive d = { .ops = *p, .size = (*p)->size(ENTITIES) };
		struct test_script scripts[2]; /* two, as each is used up */

		for (unsigned i = 0; i < COUNT(scripts); i++)
			test_script_init(&scripts[i], "123456789:;<1122=", true);
		d.steady = test_policy_by(*p, ENTITIES, MS, &scripts[0].script);
		d.copied = test_policy_by(*p, ENTITIES, MS, &scripts[1].script);
		d.random = baton__random_stream(7, 0);
		for (unsigned i = 0; i < 200000; i++)
			event(&d);
		free(d.steady);
		free(d.copied);
	}
}

/* --------------------------------------------------------- the simple ones */

static baton_entity_t next(const struct baton_sched_ops *ops, void *policy, enum baton_why why)
{
	baton_entity_t e = ops->pick(policy, 0).entity;

	ops->ran(policy, e, 1, why, 0);
	return e;
}

static void null_keeps_to_one_until_it_leaves(void **state)
{
	const struct baton_sched_ops *ops = &baton__sched_null;
	void *policy = test_policy(ops, 4, MS);
	struct baton_sched_pick pick;

	test_join(ops, policy, 2, 1);
	test_join(ops, policy, 3, 1);
	pick = ops->pick(policy, 0);
	assert_int_equal(pick.entity, 2);
	assert_true(pick.slice_ns == NEVER && pick.exits == NEVER && pick.deadline_ns == NEVER);
	test_join(ops, policy, 1, 1);
	assert_int_equal(next(ops, policy, BATON_WHY_YIELD), 2);
	assert_int_equal(next(ops, policy, BATON_WHY_BLOCK), 2);
	assert_int_equal(next(ops, policy, BATON_WHY_YIELD), 1);
	ops->wake(policy, 2, 0);
	ops->remove(policy, 1, 0);
	assert_int_equal(next(ops, policy, BATON_WHY_END), 2);
	assert_int_equal(next(ops, policy, BATON_WHY_END), 3);
	assert_int_equal(ops->pick(policy, 0).entity, BATON_NOBODY);
	free(policy);
}

/* Those that wake go to the back; so does the one whose turn ends. */
static void check_round(const struct baton_sched_ops *ops, enum baton_why why)
{
	void *policy = test_policy(ops, 4, MS);

	for (baton_entity_t e = 0; e < 3; e++)
		test_join(ops, policy, e, 1 + e);
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(next(ops, policy, why), i % 3);
	assert_int_equal(next(ops, policy, BATON_WHY_BLOCK), 0);
	test_join(ops, policy, 3, 1);
	ops->wake(policy, 0, 0);
	assert_int_equal(next(ops, policy, BATON_WHY_YIELD), 1);
	assert_int_equal(next(ops, policy, why), 2);
	assert_int_equal(next(ops, policy, why), 3);
	assert_int_equal(next(ops, policy, why), 0);
	assert_int_equal(ops->pick(policy, 0).entity, 1);
	/* One that wakes during a turn comes before the one whose turn it is. */
	ops->ran(policy, 1, 1, BATON_WHY_BLOCK, 0);
	assert_int_equal(ops->pick(policy, 0).entity, 2);
	ops->wake(policy, 1, 0);
	ops->ran(policy, 2, 1, why, 0);
	ops->remove(policy, 3, 0);
	assert_int_equal(next(ops, policy, why), 0);
	assert_int_equal(next(ops, policy, why), 1);
	assert_int_equal(next(ops, policy, why), 2);
	free(policy);
}

static void quantum_goes_round_by_time(void **state)
{
	void *policy = test_policy(&baton__sched_quantum, 1, 5 * MS);
	struct baton_sched_pick pick;

	test_join(&baton__sched_quantum, policy, 0, 0);
	pick = baton__sched_quantum.pick(policy, 0);
	assert_int_equal(pick.entity, 0);
	assert_true(pick.slice_ns == 5 * MS && pick.exits == NEVER && pick.deadline_ns == NEVER);
	free(policy);
	check_round(&baton__sched_quantum, BATON_WHY_SLICE);
}

static void turns_go_round_by_exits(void **state)
{
	const struct baton_sched_config burst = { .burst = 3 };
	void *policy = calloc(1, baton__sched_turns.size(1));
	struct baton_sched_pick pick;

	assert_int_equal(baton__sched_turns.init(policy, 1, &burst, NULL), 0);
	test_join(&baton__sched_turns, policy, 0, 0);
	pick = baton__sched_turns.pick(policy, 0);
	assert_int_equal(pick.entity, 0);
	assert_true(pick.slice_ns == NEVER && pick.exits == 3 && pick.deadline_ns == NEVER);
	free(policy);
	check_round(&baton__sched_turns, BATON_WHY_EXITS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_are_found_by_name),
		cmocka_unit_test(every_why_has_a_name),
		cmocka_unit_test(settings_of_zero_are_refused_with_words),
		cmocka_unit_test(settings_that_a_policy_does_not_read_are_ignored),
		cmocka_unit_test(bad_entities_are_refused_with_words),
		cmocka_unit_test(only_runnable_ones_are_picked_and_copies_decide_alike),
		cmocka_unit_test(null_keeps_to_one_until_it_leaves),
		cmocka_unit_test(quantum_goes_round_by_time),
		cmocka_unit_test(turns_go_round_by_exits),
	};

	return cmocka_run_group_tests_name("policies", tests, NULL, NULL);
}
