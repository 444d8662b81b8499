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

enum { P = 1, W = 2, U = 4, A = 0x20, D = 0x40, PS = 0x80 };

static const struct baton__paging plain = { .cr0 = 1 };
static const struct baton__paging bits32 = { .cr0 = PG, .cr3 = 0x1000, .cr4 = PSE };
static const struct baton__paging pae = { .cr0 = PG, .cr3 = 0x1020, .cr4 = PAE };
static const struct baton__paging long4 = {
	.cr0 = PG, .cr3 = 0x1000, .cr4 = PAE, .efer = LMA | NXE
};
static const struct baton__paging long5 = {
	.cr0 = PG, .cr3 = 0x1000, .cr4 = PAE | LA57, .efer = LMA
};

static struct baton_walk walk(const struct baton__paging *paging, uint64_t linear)
{
	return baton__walk(&memory, paging, linear);
}

/* The last entry that a walk came to, and its level: 1 maps 4 KiB; 0: there was no walk. */
static struct baton_walk_entry last(const struct baton__paging *paging, uint64_t linear)
{
	struct baton_walk w = walk(paging, linear);

	assert_in_range(w.count, 1, BATON_WALK_LEVELS);
	return w.entries[w.count - 1];
}

static unsigned level(const struct baton__paging *paging, uint64_t linear)
{
	struct baton_walk w = walk(paging, linear);

	return w.count ? w.levels + 1 - w.count : 0;
}

static void leads_to(const struct baton__paging *paging, uint64_t linear, uint64_t gpa)
{
	struct baton_walk w = walk(paging, linear);

	assert_int_equal(w.end, BATON_WALK_MAPPED);
	assert_int_equal(w.gpa, gpa);
}

static void without_paging_an_address_is_its_own_gpa(void **state)
{
	(void)state;
	leads_to(&plain, 0x12345, 0x12345);
	leads_to(&plain, UINT64_C(0x100012345), 0x12345); /* 32 bits wide */
	assert_int_equal(walk(&plain, 2 * MIB).end, BATON_WALK_UNBACKED);
	assert_int_equal(level(&plain, 2 * MIB), 0);
}

static void two_levels_of_ten_bits(void **state)
{
	(void)state;
	put(0x1000 + 0x300 * 4, 0x2000 | P | W, 4); /* 3 GiB */
	put(0x2000 + 5 * 4, 0x7000 | P | W, 4);
	leads_to(&bits32, 0xC0005678, 0x7678);
	assert_int_equal(level(&bits32, 0xC0005678), 1);
	assert_int_equal(last(&bits32, 0xC0005678).at, 0x2000 + 5 * 4);
	assert_int_equal(walk(&bits32, 0xC0006000).end, BATON_WALK_NOT_PRESENT);
	assert_int_equal(level(&bits32, 0xC0006000), 1);
	assert_int_equal(level(&bits32, 0x5000), 2);
}

static void large_pages_of_4_mib_need_pse(void **state)
{
	struct baton__paging no_pse = bits32;

	(void)state;
	no_pse.cr4 = 0;
	put(0x1000, 0x0 | P | W | PS, 4);
	leads_to(&bits32, 0x123456, 0x123456);
	assert_int_equal(level(&no_pse, 0x123456), 1); /* PS means nothing there */
	/* Bits 32 to 39 of the frame stand in bits 13 to 20. */
	put(0x1004, P | PS | 3 << 13, 4);
	assert_int_equal(walk(&bits32, 0x400123).end, BATON_WALK_UNBACKED);
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
	assert_true(last(&pae, 0xC03FF00F).writable);
	assert_int_equal(level(&pae, 0x80000000), 3);
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
	assert_int_equal(walk(&long4, high + 0x7FFFFFFF).end, BATON_WALK_UNBACKED);
}

static void five_levels(void **state)
{
	(void)state;
	put(0x1000, 0x2000 | P | W, 8);
	put(0x2000 + 8, 0x3000 | P | W, 8);
	put(0x3000, 0x0 | P | W | PS, 8);
	leads_to(&long5, (UINT64_C(1) << 39) + 0x1234, 0x1234);
	assert_int_equal(level(&long5, UINT64_C(1) << 48), 5);
}

static void upper_bits_must_agree(void **state)
{
	(void)state;
	assert_int_equal(walk(&long4, UINT64_C(0x0000800000000000)).end, BATON_WALK_NON_CANONICAL);
	assert_int_equal(walk(&long4, UINT64_C(0xFFFF7FFFFFFFFFFF)).end, BATON_WALK_NON_CANONICAL);
	assert_int_equal(walk(&long4, UINT64_C(0xFFFF800000000000)).end, BATON_WALK_NOT_PRESENT);
	assert_int_equal(walk(&long4, UINT64_C(0x00007FFFFFFFF000)).end, BATON_WALK_NOT_PRESENT);
	assert_int_equal(walk(&long5, UINT64_C(0x0000800000000000)).end, BATON_WALK_NOT_PRESENT);
	assert_int_equal(walk(&long5, UINT64_C(0x0100000000000000)).end, BATON_WALK_NON_CANONICAL);
}

static void a_table_outside_of_memory_is_named(void **state)
{
	struct baton__paging nowhere = long4;
	struct baton_walk w;

	(void)state;
	nowhere.cr3 = 0x7FFFF000;
	w = walk(&nowhere, 0);
	assert_int_equal(w.end, BATON_WALK_NO_TABLE);
	assert_int_equal(w.count, 1);
	assert_int_equal(w.entries[0].at, 0x7FFFF000);
	assert_int_equal(w.entries[0].value, 0);
	put(0x1000, 0x40000000 | P | W, 8);
	assert_int_equal(walk(&long4, 0).end, BATON_WALK_NO_TABLE);
	assert_int_equal(level(&long4, 0), 3);
}

static void every_entry_on_the_way_is_kept(void **state)
{
	struct baton_walk w;

	(void)state;
	put(0x1000 + 511 * 8, 0x2000 | P | W | U | A, 8);
	put(0x2000 + 510 * 8, 0x3000 | P | U, 8);
	put(0x3000 + 1 * 8, 0x0 | P | W | A | D | PS | NX, 8);
	w = walk(&long4, UINT64_C(0xFFFFFFFF80234567));
	assert_int_equal(w.linear, UINT64_C(0xFFFFFFFF80234567));
	assert_int_equal(w.levels, 4);
	assert_int_equal(w.count, 3);
	assert_int_equal(w.entries[0].at, 0x1000 + 511 * 8);
	assert_int_equal(w.entries[0].value, 0x2000 | P | W | U | A);
	assert_true(w.entries[0].present && w.entries[0].writable && w.entries[0].user);
	assert_true(w.entries[0].accessed && !w.entries[0].large && !w.entries[0].no_execute);
	assert_true(w.entries[1].user && !w.entries[1].writable && !w.entries[1].accessed);
	assert_true(w.entries[2].large && w.entries[2].dirty && w.entries[2].no_execute);
	assert_false(w.entries[2].user);
	for (unsigned i = 0; i < w.count; i++)
		assert_int_equal(w.entries[i].reserved, 0);
	assert_int_equal(walk(&plain, 0x1000).levels, 0);
	assert_int_equal(walk(&plain, 0x1000).count, 0);
	assert_int_equal(walk(&bits32, UINT64_C(0x100000000)).linear, 0); /* 32 bits wide */
}

/* D belongs to the page, PS to some levels, NX to wide entries, and all to what is present. */
static void flags_are_those_of_the_level(void **state)
{
	struct baton_walk_entry e;

	(void)state;
	put(0x1000, W | U | A | D | PS, 8);
	e = last(&long4, 0);
	assert_int_equal(e.value, W | U | A | D | PS);
	assert_false(e.present || e.writable || e.user || e.accessed || e.dirty || e.large);
	put(0x1000, 0x2000 | P | D, 8);
	assert_false(walk(&long4, 0).entries[0].dirty);
	put(0x1000, 0x2000 | P, 4);
	put(0x2000, UINT64_C(0x3000) | P | D | PS, 4); /* PAT, in a PTE */
	e = last(&bits32, 0);
	assert_true(e.dirty && !e.large);
	put(0x1000, P | NX, 8);
	assert_false(walk(&long5, 0).entries[0].no_execute); /* NXE is off */
	put(0x1020, 0x2000 | P | W | U | A, 8);
	e = walk(&pae, 0).entries[0];
	assert_true(e.present && !e.writable && !e.user && !e.accessed);
}

static void bits_that_must_be_zero_are_named(void **state)
{
	static const struct {
		const struct baton__paging *paging;
		uint64_t at, value, linear, reserved;
		unsigned entry;
	} cases[] = {
		{ &long4, 0x1000, P | PS, 0, PS, 0 }, /* nothing that large */
		{ &long5, 0x1000, P | PS, 0, PS, 0 },
		{ &long4, 0x1000, P | NX, 0, 0, 0 },
		{ &long5, 0x1000, P | NX, 0, NX, 0 }, /* which has no NXE */
		{ &long4, 0x1000, P | UINT64_C(0x7FF0000000000F18), 0, 0, 0 }, /* ignored */
		{ &bits32, 0x1000, P | PS | 0x3FF000, 0, 1 << 21, 0 },
		{ &bits32, 0x1000, 0x1000 | P | 1 << 21, 0, 0, 0 },
		{ &pae, 0x1020, 0x2000 | P | W | U | 0x1E0, 0, W | U | 0x1E0, 0 },
		{ &pae, 0x1020, 0x2000 | P | NX | UINT64_C(1) << 52, 0, NX | UINT64_C(1) << 52, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		put(cases[i].at, cases[i].value, 8);
		if (walk(cases[i].paging, cases[i].linear).entries[cases[i].entry].reserved !=
		    cases[i].reserved)
			fail_msg("case %zu", i);
	}
	put(0x1000, 0x2000 | P, 8);
	put(0x2000, P | PS | 0x3FFFF000, 8); /* 1 GiB; bit 12 is PAT */
	assert_int_equal(last(&long4, 0).reserved, 0x3FFFE000);
	put(0x2000, 0x3000 | P, 8);
	put(0x3000, P | PS | 0x3FF000, 8); /* 2 MiB */
	assert_int_equal(last(&long4, 0).reserved, 0x1FE000);
	put(0x3000, P | 0x1FE000, 8);
	assert_int_equal(walk(&long4, 0).entries[2].reserved, 0);
	put(0x1020, 0x2000 | P, 8);
	put(0x2000, P | PS | NX | UINT64_C(0x7FF0000000002000), 8);
	assert_int_equal(last(&pae, 0).reserved, NX | UINT64_C(0x7FF0000000002000));
	put(0x1020, W | U | NX, 8); /* not present: any bits will do */
	assert_int_equal(last(&pae, 0).reserved, 0);
}

/* Tables that lead back to themselves end after as many levels as there are. */
static void a_walk_in_a_circle_ends(void **state)
{
	(void)state;
	put(0x1000, 0x1000 | P, 8);
	assert_int_equal(walk(&long5, 0x123).count, 5);
	assert_int_equal(walk(&long5, 0x123).gpa, 0x1123);
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
		WITH_MEMORY(every_entry_on_the_way_is_kept),
		WITH_MEMORY(flags_are_those_of_the_level),
		WITH_MEMORY(bits_that_must_be_zero_are_named),
		WITH_MEMORY(a_walk_in_a_circle_ends),
		WITH_MEMORY(reading_stops_at_the_first_page_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
