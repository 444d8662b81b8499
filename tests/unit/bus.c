/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bus.c - claims: overlaps, the ends of the address space, dropping, finding.
 */
#include "test.h"

#include "vm/bus.h"

static enum baton_verdict nothing(void *state, struct baton_access *access)
{
	(void)state, (void)access;
	return BATON_RESUME;
}

static int claim(struct baton__bus *bus, uint64_t first, uint64_t last, const void *owner)
{
	const struct baton__claim c = {
		.first = first, .last = last, .serve = nothing, .owner = owner, .name = "test",
	};

	return baton__bus_claim(bus, &c, NULL);
}

static void an_empty_bus_answers_nothing(void **state)
{
	struct baton__bus bus = { 0 };

	(void)state;
	assert_null(baton__bus_find(&bus, 0));
	assert_null(baton__bus_find(&bus, UINT64_MAX));
	baton__bus_drop(&bus, &bus);
	baton__bus_fini(&bus);
}

static void both_ends_of_the_space_can_be_claimed(void **state)
{
	struct baton__bus bus = { 0 };

	(void)state;
	assert_int_equal(claim(&bus, UINT64_MAX, UINT64_MAX, NULL), 0);
	assert_int_equal(claim(&bus, 0, 0, NULL), 0);
	assert_int_equal(baton__bus_find(&bus, 0)->last, 0);
	assert_null(baton__bus_find(&bus, 1));
	assert_null(baton__bus_find(&bus, UINT64_MAX - 1));
	assert_true(baton__bus_find(&bus, UINT64_MAX)->first == UINT64_MAX);
	assert_int_equal(claim(&bus, 1, UINT64_MAX - 1, NULL), 0);
	assert_int_equal(claim(&bus, 0, UINT64_MAX, NULL), -EEXIST);
	assert_int_equal(baton__bus_find(&bus, UINT64_MAX - 1)->first, 1);
	baton__bus_fini(&bus);
}

static void every_way_to_overlap_is_refused(void **state)
{
	struct baton__bus bus = { 0 };

	(void)state;
	assert_int_equal(claim(&bus, 100, 109, NULL), 0);
	for (uint64_t first = 90; first < 120; first++)
		for (uint64_t last = first; last < 125; last++) {
			bool free = last < 100 || first > 109;

			assert_int_equal(claim(&bus, first, last, &bus), free ? 0 : -EEXIST);
			baton__bus_drop(&bus, &bus);
		}
	assert_int_equal(bus.count, 1);
	baton__bus_fini(&bus);
}

static void a_conflict_names_the_device_in_the_way(void **state)
{
	struct baton__bus bus = { 0 };
	const struct baton__claim console = { .first = 0xE9, .last = 0xE9, .name = "console" };
	const struct baton__claim latch = { .first = 0xE0, .last = 0xEF, .name = "latch" };
	struct baton_diag diag = { .where = "" };

	(void)state;
	assert_int_equal(baton__bus_claim(&bus, &console, &diag), 0);
	assert_string_equal(diag.where, "");
	assert_int_equal(baton__bus_claim(&bus, &latch, &diag), -EEXIST);
	assert_string_equal(diag.where, "latch");
	assert_non_null(strstr(diag.message, "`console`"));
	assert_non_null(strstr(diag.message, "0xe9"));
	baton__bus_fini(&bus);
}

static void drop_takes_one_owners_claims_and_no_others(void **state)
{
	struct baton__bus bus = { 0 };
	int a, b;

	(void)state;
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(claim(&bus, i * 10, i * 10 + 4, i % 3 ? &a : &b), 0);
	baton__bus_drop(&bus, &a);
	for (uint64_t i = 0; i < 1000; i++) {
		const struct baton__claim *c = baton__bus_find(&bus, i);

		assert_int_equal(c != NULL, i % 10 < 5 && i / 10 % 3 == 0);
	}
	/* The places are free again. */
	for (uint64_t i = 1; i < 100; i += 3)
		assert_int_equal(claim(&bus, i * 10, i * 10 + 4, &a), 0);
	baton__bus_fini(&bus);
}

static void without_memory_nothing_changes(void **state)
{
	struct baton__bus bus = { 0 };
	struct baton_diag diag = { .message = "" };
	const struct baton__claim more = { .first = 50, .last = 60, .name = "more" };

	(void)state;
	assert_int_equal(claim(&bus, 1, 2, NULL), 0);
	fake_fail(FAKE_REALLOC, 1, ENOMEM);
	assert_int_equal(baton__bus_claim(&bus, &more, &diag), -ENOMEM);
	assert_string_not_equal(diag.message, "");
	assert_int_equal(bus.count, 1);
	assert_non_null(baton__bus_find(&bus, 2));
	assert_null(baton__bus_find(&bus, 50));
	baton__bus_fini(&bus);
}

/* The same by going through a list. */
struct list {
	struct baton__claim claims[200];
	unsigned count;
};

static const struct baton__claim *linear(const struct list *l, uint64_t addr)
{
	for (unsigned i = 0; i < l->count; i++)
		if (addr >= l->claims[i].first && addr <= l->claims[i].last)
			return &l->claims[i];
	return NULL;
}

static bool overlaps(const struct list *l, uint64_t first, uint64_t last)
{
	for (unsigned i = 0; i < l->count; i++)
		if (first <= l->claims[i].last && l->claims[i].first <= last)
			return true;
	return false;
}

static void finding_agrees_with_a_linear_search(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct baton__bus bus = { 0 };
		struct list list = { .count = 0 };
		/* A crowded space, a wide one, and one at the very end. */
		uint64_t r = seed, span = seed % 3 ? 2000 : UINT64_C(1) << 40;
		uint64_t base = seed % 3 == 2 ? UINT64_MAX - span : 0;

		for (unsigned i = 0; i < COUNT(list.claims); i++) {
			uint64_t first = base + fake_random(&r) % span;
			uint64_t last = first + fake_random(&r) % (span / 100);
			const void *owner = &list.claims[i % 7];
			int expected;

			if (last < first)
				last = UINT64_MAX;
			expected = overlaps(&list, first, last) ? -EEXIST : 0;
			assert_int_equal(claim(&bus, first, last, owner), expected);
			if (!expected)
				list.claims[list.count++] = (struct baton__claim){
					.first = first, .last = last, .owner = owner };
			if (i % 50 == 49) {
				const void *gone = &list.claims[i % 7];
				unsigned kept = 0;

				baton__bus_drop(&bus, gone);
				for (unsigned k = 0; k < list.count; k++)
					if (list.claims[k].owner != gone)
						list.claims[kept++] = list.claims[k];
				list.count = kept;
			}
		}
		for (int i = 0; i < 1000; i++) {
			uint64_t at = base + fake_random(&r) % span;
			const struct baton__claim *want = linear(&list, at);
			const struct baton__claim *got = baton__bus_find(&bus, at);

			assert_int_equal(got != NULL, want != NULL);
			if (want)
				assert_true(got->first == want->first && got->last == want->last &&
					    got->owner == want->owner);
		}
		baton__bus_fini(&bus);
	}
}

/* What was found last is remembered: claims that come and go move it, or take it away. */
static void what_was_found_is_forgotten_when_claims_come_and_go(void **state)
{
	static const int stays, goes;
	struct baton__bus bus = { 0 };

	(void)state;
	assert_int_equal(claim(&bus, 500, 509, &stays), 0);
	assert_int_equal(claim(&bus, 900, 909, &goes), 0);
	for (uint64_t i = 0; i < 40; i++) {
		assert_int_equal(baton__bus_find(&bus, 505)->first, 500);
		assert_int_equal(claim(&bus, i * 10, i * 10 + 9, &goes), 0);
		assert_ptr_equal(baton__bus_find(&bus, 505)->owner, &stays);
		assert_in_range((uintptr_t)baton__bus_find(&bus, 505), (uintptr_t)bus.claims,
				(uintptr_t)(bus.claims + bus.count - 1));
	}
	assert_ptr_equal(baton__bus_find(&bus, 905)->owner, &goes);
	baton__bus_drop(&bus, &goes);
	assert_null(baton__bus_find(&bus, 905));
	assert_ptr_equal(baton__bus_find(&bus, 505)->owner, &stays);
	baton__bus_drop(&bus, &stays);
	assert_null(baton__bus_find(&bus, 505));
	baton__bus_fini(&bus);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_bus_answers_nothing),
		TEST(both_ends_of_the_space_can_be_claimed),
		TEST(every_way_to_overlap_is_refused),
		TEST(a_conflict_names_the_device_in_the_way),
		TEST(drop_takes_one_owners_claims_and_no_others),
		TEST(without_memory_nothing_changes),
		TEST(finding_agrees_with_a_linear_search),
		TEST(what_was_found_is_forgotten_when_claims_come_and_go),
	};

	return cmocka_run_group_tests_name("bus", tests, NULL, NULL);
}
