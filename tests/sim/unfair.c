/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unfair.c - policies that are not fair must fail where `share` holds: a test that
 * nothing fails tests nothing.
 */
#include "unfair.h"

#include "mix.h"
#include "sched/policies.h"
#include "test.h"

/* One of weight 1000 and 999 of weight 1, all busy: largest lag in slices. */
static double lag_at_a_thousand_to_one(const struct baton_sched_ops *ops)
{
	static struct mix mix;
	static struct mix_result result;

	mix = (struct mix){ .slice_ns = 10 * MS, .until_ns = 40 * S, .count = 1000 };
	for (uint32_t e = 0; e < mix.count; e++)
		mix.entity[e].weight = e ? 1 : 1000;
	mix_run(&mix, ops, &result);
	assert_string_equal(result.wrong, "");
	assert_memory_equal(&result.stats.lag, &result.ideal.stats, sizeof(result.ideal.stats));
	return (double)result.stats.lag.lag_ns / (double)mix.slice_ns;
}

static void share_holds_where_they_fail(void **state)
{
	double lag = lag_at_a_thousand_to_one(&baton__sched_share);

	print_message("# largest lag of share: %.1f slices\n", lag);
	assert_true(lag <= 1);
}

static void stride_fails(void **state)
{
	double lag = lag_at_a_thousand_to_one(&unfair_stride);

	print_message("# largest lag of stride: %.1f slices\n", lag);
	assert_true(lag > 400);
}

static void rotation_fails(void **state)
{
	double lag = lag_at_a_thousand_to_one(&unfair_rotation);

	print_message("# largest lag of rotation: %.1f slices\n", lag);
	assert_true(lag > 400);
}

/* In how many of a hundred random mixes is the bound broken? */
static unsigned broken(const struct baton_sched_ops *ops, enum mix_family family)
{
	static struct mix mix;
	static struct mix_result result;
	unsigned count = 0;

	for (uint64_t seed = 1; seed <= 100; seed++) {
		mix_draw(&mix, family, seed);
		mix_run(&mix, ops, &result);
		assert_string_equal(result.wrong, "");
		count += result.stats.lag.lag_ns > result.most_ns ||
			 result.stats.lag.lag_later_ns > 2 * result.most_ns;
	}
	return count;
}

static void random_mixes_tell_them_apart(void **state)
{
	for (int family = 0; family < MIX_FAMILIES; family++) {
		unsigned stride, rotation;

		if (family == MIX_THOUSAND)
			continue;
		stride = broken(&unfair_stride, family);
		rotation = broken(&unfair_rotation, family);
		print_message("# %s: broken by stride in %u of 100, by rotation in %u\n",
			      mix_family_name(family), stride, rotation);
		assert_true(stride && rotation);
		assert_int_equal(broken(&baton__sched_share, family), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(share_holds_where_they_fail),
		cmocka_unit_test(stride_fails),
		cmocka_unit_test(rotation_fails),
		cmocka_unit_test(random_mixes_tell_them_apart),
	};

	return cmocka_run_group_tests_name("unfair", tests, NULL, NULL);
}
