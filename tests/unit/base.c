/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base.c - checked arithmetic at the ends of the number range, and diagnostics.
 */
#include "test.h"

#include <wchar.h>

#include "base/arith.h"
#include "base/diag.h"
#include "baton/device.h"

#define MAX UINT64_MAX

static void ranges_are_checked_without_wrapping(void **state)
{
	(void)state;
	assert_true(baton__in_range(0, 0, 0));
	assert_true(baton__in_range(10, 0, 10));
	assert_false(baton__in_range(11, 0, 10));
	assert_true(baton__in_range(3, 7, 10));
	assert_false(baton__in_range(3, 8, 10));
	assert_false(baton__in_range(MAX, 1, MAX));
	assert_true(baton__in_range(MAX, 0, MAX));
	assert_false(baton__in_range(1, MAX, MAX));
	assert_false(baton__in_range(MAX - 1, MAX - 1, 100));
	assert_true(baton__in_range(0, MAX, MAX));
}

static void overlap_agrees_with_counting_bytes(void **state)
{
	(void)state;
	for (uint64_t a = 0; a < 8; a++)
		for (uint64_t an = 0; an < 6; an++)
			for (uint64_t b = 0; b < 8; b++)
				for (uint64_t bn = 0; bn < 6; bn++) {
					bool shared = false;

					for (uint64_t x = 0; x < 16; x++)
						shared |= x >= a && x < a + an && x >= b && x < b + bn;
					assert_int_equal(baton__overlap(a, an, b, bn), shared);
				}
}

static void never_stays_never(void **state)
{
	(void)state;
	assert_true(baton__add_sat(1, 2) == 3);
	assert_true(baton__add_sat(MAX, 0) == MAX);
	assert_true(baton__add_sat(MAX, 1) == MAX);
	assert_true(baton__add_sat(MAX - 1, 1) == MAX);
	assert_true(baton__add_sat(MAX - 1, 2) == MAX);
	assert_true(baton__add_sat(MAX, MAX) == MAX);
}

static void align_up_goes_to_the_next_multiple(void **state)
{
	(void)state;
	for (uint64_t x = 0; x < 100; x++)
		assert_int_equal(baton__align_up(x, 16), (x + 15) / 16 * 16);
}

static void a_diagnostic_is_filled_cut_and_optional(void **state)
{
	struct baton_diag d;
	char big[1000];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	memset(&d, 0x7F, sizeof(d));
	errno = 4711;
	assert_int_equal(baton__diag(&d, -EINVAL, "here", "%d of %s", 3, "four"), -EINVAL);
	assert_string_equal(d.where, "here");
	assert_string_equal(d.message, "3 of four");
	/* Not even a character that cannot be written changes errno. */
	baton__diag(&d, -EINVAL, "here", "%lc", (wint_t)0x7FFFFFFF);
	assert_int_equal(errno, 4711);
	assert_int_equal(baton_diag_set(&d, -ENOMEM, big, "%s", big), -ENOMEM);
	assert_int_equal(strlen(d.where), sizeof(d.where) - 1);
	assert_int_equal(strlen(d.message), sizeof(d.message) - 1);
	assert_int_equal(baton__diag(NULL, -EIO, "here", "text"), -EIO);
	assert_int_equal(baton_diag_set(NULL, -EIO, NULL, "text"), -EIO);
	assert_int_equal(baton_diag_set(&d, -EIO, NULL, "text"), -EIO);
	assert_string_equal(d.where, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ranges_are_checked_without_wrapping),
		TEST(overlap_agrees_with_counting_bytes),
		TEST(never_stays_never),
		TEST(align_up_goes_to_the_next_multiple),
		TEST(a_diagnostic_is_filled_cut_and_optional),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
