/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk_test.c - page tables of every format, written by hand, and where an
 * address ends in each.
 */
#include "test.h"

#include "vm/walk.h"

#define PG   (UINT64_C(1) << 31)
#define PSE  (UINT64_C(1) << 4)
#define PAE  (UINT64_C(1) << 5)
#define LA57 (UINT64_C(1) << 12)
#define LMA  (UINT64_C(1) << 10)
#define NXE  (UINT64_C(1) << 11)
#define NX   (UINT64_C(1) << 63)

enum { P = 1, W = 2, U = 4, PS = 0x80 };

static const struct baton__paging plain = { .cr0 = 1 };
static const struct baton__paging bits32 = { .cr0 = PG, .cr3 = 0x1000, .cr4 = PSE };
static const struct baton__paging pae = { .cr0 = PG, .cr3 = 0x1020, .cr4 = PAE };
static const struct baton__paging long4 = {
	.cr0 = PG, .cr3 = 0x1000, .cr4 = PAE, .efer = LMA | NXE
};
static const struct baton__paging long5 = {
	.cr0 = PG, .cr3 = 0x1000, .cr4 = PAE | LA57, .efer = LMA
};

static struct baton__walk walk(const struct baton__paging *paging, uint64_t linear)
{
	return baton__walk(&memory, paging, linear);
}

static void leads_to(const struct baton__paging *paging, uint64_t linear, uint64_t gpa)
{
	struct baton__walk w = walk(paging, linear);

	assert_int_equal(w.end, BATON__WALK_MAPPED);
	assert_int_equal(w.gpa, gpa);
}

static void without_paging_an_address_is_its_own_gpa(void **state)
{
	(void)state;
	leads_to(&plain, 0x12345, 0x12345);
	leads_to(&plain, UINT64_C(0x100012345), 0x12345); /* 32 bits wide */
	assert_int_equal(walk(&plain, 2 * MIB).end, BATON__WALK_UNBACKED);
	assert_int_equal(walk(&plain, 2 * MIB).level, 0);
}

static void two_levels_of_ten_bits(void **state)
{
	(void)state;
	put(0x1000 + 0x300 * 4, 0x2000 | P | W, 4); /* 3 GiB */
	put(0x2000 + 5 * 4, 0x7000 | P | W, 4);
	leads_to(&bits32, 0xC0005678, 0x7678);
	assert_int_equal(walk(&bits32, 0xC0005678).level, 1);
	assert_int_equal(walk(&bits32, 0xC0005678).entry, 0x2000 + 5 * 4);
	assert_int_equal(walk(&bits32, 0xC0006000).end, BATON__WALK_NOT_PRESENT);
	assert_int_equal(walk(&bits32, 0xC0006000).level, 1);
	assert_int_equal(walk(&bits32, 0x5000).level, 2);
}

static void large_pages_of_4_mib_need_pse(void **state)
{
	struct baton__paging no_pse = bits32;

	(void)state;
	no_pse.cr4 = 0;
	put(0x1000, 0x0 | P | W | PS, 4);
	leads_to(&bits32, 0x123456, 0x123456);
	assert_int_equal(walk(&no_pse, 0x123456).level, 1); /* PS means nothing there */
	/* Bits 32 to 39 of the frame stand in bits 13 to 20. */
	put(0x1004, P | PS | 3 << 13, 4);
	assert_int_equal(walk(&bits32, 0x400123).end, BATON__WALK_UNBACKED);
	assert_int_equal(walk(&bits32, 0x400123).gpa, UINT64_C(0x300000123));
}

static void pae_has_four_entries_on_top(void **state)
{
	(void)state;
	put(0x1020 + 3 * 8, 0x2000 | P, 8); /* its top entries have no other bits */
	put(0x2000 + 1 * 8, 0x3000 | P | W, 8);
	put(0x2000 + 2 * 8, 0x0 | P | W | PS, 8);
	put(0x3000 + 0x1FF * 8, 0x9000 | P | W, 8);
	leads_to(&pae, 0xC03FF00F, 0x900F);
	leads_to(&pae, 0xC0412345, 0x12345);
	assert_true(walk(&pae, 0xC03FF00F).writable);
	assert_int_equal(walk(&pae, 0x80000000).level, 3);
}

static void four_levels(void **state)
{
	uint64_t high = UINT64_C(0xFFFFFFFF80000000);

	(void)state;
	put(0x1000 + 511 * 8, 0x2000 | P | W, 8);
	put(0x2000 + 510 * 8, 0x3000 | P | W, 8);
	put(0x3000 + 0 * 8, 0x4000 | P | W, 8);
	put(0x3000 + 1 * 8, 0x0 | P | W | PS, 8);
	put(0x4000 + 0x10 * 8, 0x5000 | P | W, 8);
	leads_to(&long4, high + 0x10123, 0x5123);
	leads_to(&long4, high + 0x212345, 0x12345);
	put(0x2000 + 511 * 8, 0x0 | P | W | PS, 8); /* 1 GiB */
	leads_to(&long4, high + 0x40012345, 0x12345);
	assert_int_equal(walk(&long4, high + 0x7FFFFFFF).end, BATON__WALK_UNBACKED);
}

static void five_levels(void **state)
{
	(void)state;
	put(0x1000, 0x2000 | P | W, 8);
	put(0x2000 + 8, 0x3000 | P | W, 8);
	put(0x3000, 0x0 | P | W | PS, 8);
	leads_to(&long5, (UINT64_C(1) << 39) + 0x1234, 0x1234);
	assert_int_equal(walk(&long5, UINT64_C(1) << 48).level, 5);
}

static void upper_bits_must_agree(void **state)
{
	(void)state;
	assert_int_equal(walk(&long4, UINT64_C(0x0000800000000000)).end, BATON__WALK_NON_CANONICAL);
	assert_int_equal(walk(&long4, UINT64_C(0xFFFF7FFFFFFFFFFF)).end, BATON__WALK_NON_CANONICAL);
	assert_int_equal(walk(&long4, UINT64_C(0xFFFF800000000000)).end, BATON__WALK_NOT_PRESENT);
	assert_int_equal(walk(&long4, UINT64_C(0x00007FFFFFFFF000)).end, BATON__WALK_NOT_PRESENT);
	assert_int_equal(walk(&long5, UINT64_C(0x0000800000000000)).end, BATON__WALK_NOT_PRESENT);
	assert_int_equal(walk(&long5, UINT64_C(0x0100000000000000)).end, BATON__WALK_NON_CANONICAL);
}

static void a_table_outside_of_memory_is_named(void **state)
{
	struct baton__paging nowhere = long4;
	struct baton__walk w;

	(void)state;
	nowhere.cr3 = 0x7FFFF000;
	w = walk(&nowhere, 0);
	assert_int_equal(w.end, BATON__WALK_NO_TABLE);
	assert_int_equal(w.level, 4);
	assert_int_equal(w.entry, 0x7FFFF000);
	put(0x1000, 0x40000000 | P | W, 8);
	assert_int_equal(walk(&long4, 0).end, BATON__WALK_NO_TABLE);
	assert_int_equal(walk(&long4, 0).level, 3);
}

static void permissions_hold_if_all_levels_grant_them(void **state)
{
	struct baton__walk w;

	(void)state;
	put(0x1000, 0x2000 | P | W | U, 8);
	put(0x2000, 0x3000 | P | W | U, 8);
	put(0x3000 + 0 * 8, 0x000000 | P | W | U | PS, 8);
	put(0x3000 + 1 * 8, 0x000000 | P | U | PS, 8);
	put(0x3000 + 2 * 8, 0x000000 | P | W | PS | NX, 8);
	w = walk(&long4, 0);
	assert_true(w.writable && w.user && w.executable);
	w = walk(&long4, 0x200000);
	assert_true(!w.writable && w.user && w.executable);
	w = walk(&long4, 0x400000);
	assert_true(w.writable && !w.user && !w.executable);
	put(0x2000, 0x3000 | P | U, 8);
	assert_false(walk(&long4, 0).writable);
}

static void reading_stops_at_the_first_page_that_is_not_there(void **state)
{
	uint8_t bytes[16];

	(void)state;
	put(0x1000, 0x2000 | P | W, 4);
	put(0x2000 + 0x10 * 4, 0x7000 | P, 4);
	put(0x2000 + 0x11 * 4, 0x6000 | P, 4);
	put(0x7FF8, UINT64_C(0x1122334455667788), 8);
	put(0x6000, 0xAABB, 8);
	assert_int_equal(baton__walk_read(&memory, &bits32, 0x10FF8, bytes, 16), 16);
	assert_int_equal(bytes[0], 0x88);
	assert_int_equal(bytes[8], 0xBB);
	assert_int_equal(baton__walk_read(&memory, &bits32, 0x11FF9, bytes, 16), 7);
	assert_int_equal(baton__walk_read(&memory, &bits32, 0x12000, bytes, 16), 0);
	assert_int_equal(baton__walk_read(&memory, &plain, 2 * MIB - 3, bytes, 16), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_MEMORY(without_paging_an_address_is_its_own_gpa),
		WITH_MEMORY(two_levels_of_ten_bits),
		WITH_MEMORY(large_pages_of_4_mib_need_pse),
		WITH_MEMORY(pae_has_four_entries_on_top),
		WITH_MEMORY(four_levels),
		WITH_MEMORY(five_levels),
		WITH_MEMORY(upper_bits_must_agree),
		WITH_MEMORY(a_table_outside_of_memory_is_named),
		WITH_MEMORY(permissions_hold_if_all_levels_grant_them),
		WITH_MEMORY(reading_stops_at_the_first_page_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
