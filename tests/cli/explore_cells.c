/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_cells.c - places of shared memory stay in order, and none overlaps another.
 */
#include "test.h"

#include "explore_cells.h"

static void is(const struct explore_cells *cells, size_t i, size_t region, uint32_t offset, unsigned size)
{
	assert_true(i < cells->count);
	assert_int_equal(cells->cells[i].region, region);
	assert_int_equal(cells->cells[i].offset, offset);
	assert_int_equal(cells->cells[i].size, size);
}

static void they_are_in_order_and_there_once(void **state)
{
	struct explore_cells cells = { 0 };

	explore_cells_add(&cells, 1, 0, 4);
	explore_cells_add(&cells, 0, 8, 4);
	explore_cells_add(&cells, 0, 4, 4);
	explore_cells_add(&cells, 0, 8, 4);
	assert_int_equal(cells.count, 3);
	is(&cells, 0, 0, 4, 4);
	is(&cells, 1, 0, 8, 4);
	is(&cells, 2, 1, 0, 4);
	explore_cells_fini(&cells);
}

static void what_lies_within_another_is_part_of_it(void **state)
{
	struct explore_cells cells = { 0 };

	explore_cells_add(&cells, 0, 6, 1);
	explore_cells_add(&cells, 0, 4, 1);
	explore_cells_add(&cells, 0, 4, 4);
	explore_cells_add(&cells, 0, 5, 2);
	assert_int_equal(cells.count, 1);
	is(&cells, 0, 0, 4, 4);
	explore_cells_fini(&cells);
}

/* Bytes 1 to 4, and 4 to 7: one of eight bytes has both, and takes in byte 0, too. */
static void overlapping_ones_become_one(void **state)
{
	struct explore_cells cells = { 0 };

	explore_cells_add(&cells, 0, 8, 1);
	explore_cells_add(&cells, 0, 0, 1);
	explore_cells_add(&cells, 0, 1, 4);
	assert_int_equal(cells.count, 3);
	explore_cells_add(&cells, 0, 4, 4);
	assert_int_equal(cells.count, 2);
	is(&cells, 0, 0, 0, 8);
	is(&cells, 1, 0, 8, 1);
	explore_cells_fini(&cells);
}

/* Whatever comes, in whatever order. */
static void none_overlap(void **state)
{
	struct explore_cells cells = { 0 };
	uint32_t random = 1;

	for (int i = 0; i < 2000; i++) {
		unsigned size;
		uint32_t offset;

		random = random * 1103515245 + 12345;
		size = 1u << (random >> 16 & 3);
		offset = random >> 20 & 127;
		if (offset % 8 + size > 8)
			continue;
		explore_cells_add(&cells, random >> 30, offset, size);
		for (size_t k = 0; k + 1 < cells.count; k++) {
			const struct explore_cell *a = &cells.cells[k], *b = a + 1;

			assert_true(a->region < b->region ||
				    (a->region == b->region && a->offset + a->size <= b->offset));
			assert_true(a->offset % 8 + a->size <= 8);
		}
	}
	explore_cells_fini(&cells);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_in_order_and_there_once),
		cmocka_unit_test(what_lies_within_another_is_part_of_it),
		cmocka_unit_test(overlapping_ones_become_one),
		cmocka_unit_test(none_overlap),
	};

	return cmocka_run_group_tests_name("explore_cells", tests, NULL, NULL);
}
