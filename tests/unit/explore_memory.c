/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_memory.c - what VMs have in memory of their own, as numbers, and back.
 */
#include "rig.h"

#include "explore/memory.h"

#define PAGE  4096
#define PAGES 16 /* of a VM of the rig */

/* A VM whose first moment is now. */
struct scene {
	struct rig *rig;
	struct memories memories;
	struct memory memory;
	uint32_t first;
};

static void begin(struct scene *s)
{
	*s = (struct scene){ .rig = rig_begin("quantum", 0) };
	rig_vm(s->rig, 1, NULL, NULL);
	assert_int_equal(memories_init(&s->memories), 0);
	assert_int_equal(memory_init(&s->memory, s->rig->vms[0]), 0);
	assert_int_equal(memory_look(&s->memories, &s->memory), 0);
	s->first = memory_number(&s->memories, &s->memory);
}

static void end(struct scene *s)
{
	memory_fini(&s->memory);
	memories_fini(&s->memories);
	rig_end(s->rig);
}

static void fill(const struct scene *s, uint32_t page, uint8_t value)
{
	uint8_t bytes[PAGE];

	memset(bytes, value, sizeof(bytes));
	assert_int_equal(baton_vm_write(s->rig->vms[0], page * PAGE, bytes, sizeof(bytes)), 0);
}

static void poke(const struct scene *s, uint32_t at, uint8_t value)
{
	assert_int_equal(baton_vm_write(s->rig->vms[0], at, &value, 1), 0);
}

static uint32_t anywhere(uint64_t *random)
{
	return (uint32_t)(fake_random(random) % (PAGES * PAGE));
}

static uint32_t look(struct scene *s)
{
	assert_int_equal(memory_look(&s->memories, &s->memory), 0);
	return memory_number(&s->memories, &s->memory);
}

static void put(struct scene *s, uint32_t number)
{
	assert_int_equal(memory_put(&s->memories, &s->memory, number), 0);
}

static uint8_t *all_of(const struct scene *s)
{
	uint8_t *bytes = test_malloc(PAGES * PAGE);

	assert_int_equal(baton_vm_memory(s->rig->vms[0]), PAGES * PAGE);
	assert_int_equal(baton_vm_read(s->rig->vms[0], 0, bytes, PAGES * PAGE), 0);
	return bytes;
}

static void is_still(const struct scene *s, const uint8_t *bytes)
{
	uint8_t *now = all_of(s);

	assert_memory_equal(now, bytes, PAGES * PAGE);
	test_free(now);
}

/* --------------------------------------------------------------------- numbers */

static void the_same_memory_has_the_same_number(void **state)
{
	uint32_t one, two;
	struct scene s;

	begin(&s);
	assert_int_equal(look(&s), s.first);
	poke(&s, 5 * PAGE + 77, 1);
	one = look(&s);
	assert_false(one == s.first);
	poke(&s, 5 * PAGE + 77, 2);
	two = look(&s);
	assert_false(two == s.first || two == one);
	poke(&s, 5 * PAGE + 77, 1);
	assert_int_equal(look(&s), one);
	poke(&s, 5 * PAGE + 77, 0);
	assert_int_equal(look(&s), s.first);
	end(&s);
}

static void each_byte_of_a_page_counts_and_which_page_it_is(void **state)
{
	static const uint32_t places[] = { 5 * PAGE, 5 * PAGE + 1, 6 * PAGE - 1, 6 * PAGE,
					   (PAGES - 1) * PAGE, PAGES * PAGE - 1 };
	uint32_t numbers[COUNT(places)];
	struct scene s;

	begin(&s);
	for (size_t i = 0; i < COUNT(places); i++) {
		poke(&s, places[i], 1);
		numbers[i] = look(&s);
		assert_false(numbers[i] == s.first);
		for (size_t k = 0; k < i; k++)
			assert_false(numbers[i] == numbers[k]);
		poke(&s, places[i], 0);
	}
	end(&s);
}

/* What is a hole in memory, and what was written and is zeroes, are no different. */
static void a_page_of_zeroes_is_as_one_that_was_never_touched(void **state)
{
	struct scene s;
	size_t pages;

	begin(&s);
	pages = s.memories.pages.count;
	fill(&s, 9, 0);
	assert_int_equal(look(&s), s.first);
	assert_int_equal(s.memories.pages.count, pages);
	end(&s);
}

static void a_page_is_kept_once_whoever_has_it(void **state)
{
	struct memory other;
	uint8_t bytes[PAGE];
	struct scene s;
	size_t pages;
	int vm;

	begin(&s);
	fill(&s, 3, 0x5A);
	fill(&s, 12, 0x5A);
	look(&s);
	pages = s.memories.pages.count;
	vm = rig_vm(s.rig, 1, NULL, NULL);
	assert_int_equal(memory_init(&other, s.rig->vms[vm]), 0);
	assert_int_equal(memory_look(&s.memories, &other), 0);
	assert_int_equal(memory_number(&s.memories, &other), s.first); /* nothing has changed */
	memset(bytes, 0x5A, sizeof(bytes));
	assert_int_equal(baton_vm_write(s.rig->vms[vm], 7 * PAGE, bytes, PAGE), 0);
	assert_int_equal(memory_look(&s.memories, &other), 0);
	assert_int_equal(s.memories.pages.count, pages);
	memory_fini(&other);
	end(&s);
}

/* ------------------------------------------------------------------ there and back */

static void memory_is_put_back_as_it_was(void **state)
{
	uint8_t *first, *then;
	uint32_t number;
	struct scene s;

	begin(&s);
	first = all_of(&s);
	fill(&s, 2, 0x11);
	fill(&s, 3, 0x22);
	poke(&s, 9 * PAGE + 5, 7);
	number = look(&s);
	then = all_of(&s);
	put(&s, s.first);
	is_still(&s, first);
	put(&s, number);
	is_still(&s, then);
	put(&s, number);
	is_still(&s, then);
	assert_int_equal(look(&s), number);
	put(&s, s.first);
	assert_int_equal(look(&s), s.first);
	test_free(first);
	test_free(then);
	end(&s);
}

/* Whether or not it was looked at: pages that came up since, before, between and behind others. */
static void what_was_written_since_is_gone(void **state)
{
	for (int looks = 0; looks < 2; looks++) {
		uint8_t *first, *then;
		uint32_t number;
		struct scene s;

		fake_reset();
		begin(&s);
		first = all_of(&s);
		fill(&s, 3, 0x33);
		fill(&s, 8, 0x88);
		number = look(&s);
		then = all_of(&s);
		for (uint32_t page = 1; page < PAGES; page += 2)
			fill(&s, page, 0xEE);
		fill(&s, 8, 0xEE);
		if (looks)
			look(&s);
		put(&s, number);
		is_still(&s, then);
		assert_int_equal(look(&s), number);
		fill(&s, 8, 0x99);
		fill(&s, PAGES - 1, 0x99);
		put(&s, s.first);
		is_still(&s, first);
		assert_int_equal(look(&s), s.first);
		test_free(first);
		test_free(then);
		end(&s);
	}
}

/* Written again after it was put back: that it is as it was seen last says nothing. */
static void what_was_put_back_is_looked_at_anew(void **state)
{
	uint32_t one, two;
	struct scene s;

	begin(&s);
	poke(&s, 4 * PAGE, 1);
	one = look(&s);
	poke(&s, 4 * PAGE, 2);
	two = look(&s);
	put(&s, one);
	poke(&s, 4 * PAGE, 2);
	assert_int_equal(look(&s), two);
	put(&s, one);
	assert_int_equal(look(&s), one);
	end(&s);
}

/* Any of many moments from any other. */
static void any_moment_can_be_gone_to_from_any_other(void **state)
{
	uint64_t random = 88172645463325252u;
	uint32_t numbers[20];
	uint8_t *bytes[20];
	struct scene s;

	begin(&s);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		for (int k = 0; k < 3; k++)
			poke(&s, anywhere(&random), (uint8_t)fake_random(&random));
		numbers[i] = look(&s);
		bytes[i] = all_of(&s);
	}
	for (int round = 0; round < 200; round++) {
		size_t i = fake_random(&random) % COUNT(numbers);

		if (round % 3)
			poke(&s, anywhere(&random), 0xEE);
		put(&s, numbers[i]);
		is_still(&s, bytes[i]);
		assert_int_equal(look(&s), numbers[i]);
	}
	for (size_t i = 0; i < COUNT(numbers); i++)
		test_free(bytes[i]);
	end(&s);
}

/* --------------------------------------------------------------------- failures */

static void what_fails_is_told(void **state)
{
	struct memory other = { 0 };
	uint32_t number;
	struct scene s;

	begin(&s);
	poke(&s, 4 * PAGE, 1);
	number = look(&s);
	fake_fail(FAKE_LSEEK, 1, EIO);
	assert_int_equal(memory_look(&s.memories, &s.memory), -EIO);
	fake_fail(FAKE_LSEEK, 1, EIO);
	assert_int_equal(memory_put(&s.memories, &s.memory, number), -EIO);
	fake_fail(FAKE_MALLOC, 1, ENOMEM);
	assert_int_equal(memory_number(&s.memories, &s.memory), STORE_NONE);
	for (uint64_t n = 1; n <= 2; n++) {
		fake_fail(FAKE_CALLOC, n, ENOMEM);
		assert_int_equal(memory_init(&other, s.rig->vms[0]), -ENOMEM);
		memory_fini(&other);
	}
	/* Nothing is lost by that. */
	assert_int_equal(look(&s), number);
	put(&s, s.first);
	assert_int_equal(look(&s), s.first);
	end(&s);
}

/* Of the pages themselves: one comes that no block has room for. */
static void a_page_that_cannot_be_kept_is_told(void **state)
{
	struct scene s;
	int error = 0;

	begin(&s);
	fake_fail(FAKE_MALLOC, 1, ENOMEM);
	for (uint32_t i = 1; !error && i < 10000; i++) {
		assert_int_equal(baton_vm_write(s.rig->vms[0], 4 * PAGE, &i, sizeof(i)), 0);
		error = memory_look(&s.memories, &s.memory);
	}
	assert_int_equal(error, -ENOMEM);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_memory_has_the_same_number),
		TEST(each_byte_of_a_page_counts_and_which_page_it_is),
		TEST(a_page_of_zeroes_is_as_one_that_was_never_touched),
		TEST(a_page_is_kept_once_whoever_has_it),
		TEST(memory_is_put_back_as_it_was),
		TEST(what_was_written_since_is_gone),
		TEST(what_was_put_back_is_looked_at_anew),
		TEST(any_moment_can_be_gone_to_from_any_other),
		TEST(what_fails_is_told),
		TEST(a_page_that_cannot_be_kept_is_told),
	};

	return cmocka_run_group_tests_name("explore memory", tests, NULL, NULL);
}
