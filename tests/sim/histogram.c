/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram.c - percentiles against sorted numbers.
 */
#include "sim/histogram.h"

#include <stdlib.h>

#include "sim/random.h"
#include "test.h"

#define MOST 5000

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void percentiles_are_a_64th_too_large_at_most(void **state)
{
	static const unsigned percents[] = { 0, 1, 50, 90, 99, 100 };
	static struct baton__histogram h;
	static uint64_t x[MOST];
	struct baton__random r = baton__random_stream(1, 0);

	for (unsigned i = 0; i < MOST; i++) {
		x[i] = baton__random_next(&r) >> baton__random_in(&r, 0, 63);
		baton__histogram_add(&h, x[i]);
	}
	qsort(x, MOST, sizeof(*x), by_size);
	assert_int_equal(h.count, MOST);
	assert_true(h.most == x[MOST - 1]);
	for (unsigned i = 0; i < COUNT(percents); i++) {
		unsigned rank = (MOST * percents[i] + 99) / 100;
		uint64_t exact = x[rank ? rank - 1 : 0];
		uint64_t got = baton__histogram_percentile(&h, percents[i]);

		assert_true(got >= exact && got - exact <= exact / 64);
	}
}

static void the_ends_of_the_range_fit(void **state)
{
	static struct baton__histogram h;

	assert_int_equal(baton__histogram_percentile(&h, 50), 0);
	baton__histogram_add(&h, 0);
	assert_int_equal(baton__histogram_percentile(&h, 100), 0);
	baton__histogram_add(&h, UINT64_MAX);
	assert_true(baton__histogram_percentile(&h, 100) == UINT64_MAX);
	assert_int_equal(baton__histogram_percentile(&h, 50), 0);
	for (uint64_t x = 1; x < 128; x++)
		baton__histogram_add(&h, x);
	assert_int_equal(baton__histogram_percentile(&h, 50), 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_are_a_64th_too_large_at_most),
		cmocka_unit_test(the_ends_of_the_range_fit),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
