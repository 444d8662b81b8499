/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c - guest memory: bounds, guard pages, copies, and what happens without room.
 */
#include "test.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm/machine.h"
#include "vm/memory.h"

#define SIZE (UINT64_C(64) << 10)

static void it_begins_as_zeroes(void **state)
{
	struct baton__memory m;

	(void)state;
	assert_int_equal(baton__memory_create(&m, SIZE, NULL), 0);
	assert_int_equal(m.size, SIZE);
	for (uint64_t i = 0; i < SIZE; i++)
		assert_int_equal(m.base[i], 0);
	baton__memory_destroy(&m);
}

static void a_copy_is_whole_or_not_at_all(void **state)
{
	static const uint64_t huge[] = { SIZE, SIZE + 1, UINT64_MAX, UINT64_MAX - 7, 1 << 20 };
	struct baton__memory m;
	uint8_t bytes[16], back[16];

	(void)state;
	memset(bytes, 0x5A, sizeof(bytes));
	assert_int_equal(baton__memory_create(&m, SIZE, NULL), 0);
	for (uint64_t at = SIZE - 20; at < SIZE + 20; at++) {
		for (size_t n = 0; n <= sizeof(bytes); n++) {
			bool fits = at + n <= SIZE;

			memset(m.base, 0, SIZE);
			memset(back, 0x77, sizeof(back));
			assert_int_equal(baton__memory_write(&m, at, bytes, n), fits ? 0 : -EFAULT);
			for (uint64_t i = SIZE - 20; i < SIZE; i++)
				assert_int_equal(m.base[i], fits && i >= at && i < at + n ? 0x5A : 0);
			assert_int_equal(baton__memory_read(&m, at, back, n), fits ? 0 : -EFAULT);
			for (size_t i = 0; i < sizeof(back); i++)
				assert_int_equal(back[i], fits && i < n ? 0x5A : 0x77);
		}
	}
	for (size_t i = 0; i < COUNT(huge); i++) {
		assert_int_equal(baton__memory_read(&m, huge[i], back, 16), -EFAULT);
		assert_int_equal(baton__memory_write(&m, huge[i], bytes, 16), -EFAULT);
		assert_int_equal(baton__memory_read(&m, 8, back, huge[i]), -EFAULT);
		assert_int_equal(baton__memory_write(&m, 8, bytes, huge[i]), -EFAULT);
	}
	baton__memory_destroy(&m);
}

/* Does touching this byte kill a process? */
static bool faults(volatile uint8_t *at)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		signal(SIGSEGV, SIG_DFL);
		*at = *at;
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

static void a_slip_of_the_host_faults_on_both_sides(void **state)
{
	struct baton__memory m;

	(void)state;
	assert_int_equal(baton__memory_create(&m, SIZE, NULL), 0);
	assert_false(faults(m.base));
	assert_false(faults(m.base + SIZE - 1));
	assert_true(faults(m.base - 1));
	assert_true(faults(m.base - BATON__PAGE));
	assert_true(faults(m.base + SIZE));
	assert_true(faults(m.base + SIZE + BATON__PAGE - 1));
	baton__memory_destroy(&m);
}

static void each_failure_is_returned_said_and_leaves_nothing(void **state)
{
	unsigned n = 0;

	(void)state;
	for (;;) {
		struct baton__memory m = { .size = 4711 };
		struct baton_diag diag = { .message = "" };
		int error;

		fake_fail_any(++n);
		error = baton__memory_create(&m, SIZE, &diag);
		if (!fake_failed(NULL)) {
			assert_int_equal(error, 0);
			baton__memory_destroy(&m);
			break;
		}
		assert_true(error < 0);
		assert_string_not_equal(diag.message, "");
		assert_int_equal(m.size, 4711); /* outputs only on success */
		assert_null(fake_leak());
	}
	assert_int_equal(n, 5); /* memfd, ftruncate, mapping, protection, and none */
	fake_fail_any(0);
}

/* ------------------------------------------------------------------ copies */

#define PAGES (SIZE / BATON__PAGE)

static uint64_t pages_of(const struct baton__memory *m)
{
	struct stat st;

	assert_int_equal(fstat(m->fd, &st), 0);
	assert_int_equal(st.st_size, BATON__PAGE + SIZE);
	return (uint64_t)st.st_blocks * 512 / BATON__PAGE;
}

static void create_two(struct baton__memory *to, struct baton__memory *from)
{
	assert_int_equal(baton__memory_create(to, SIZE, NULL), 0);
	assert_int_equal(baton__memory_create(from, SIZE, NULL), 0);
}

static void destroy_two(struct baton__memory *to, struct baton__memory *from)
{
	baton__memory_destroy(to);
	baton__memory_destroy(from);
}

/* Every other page, the first and the last included, or stretches of several. */
static void a_copy_is_the_same_page_by_page(void **state)
{
	static const uint16_t touched[] = { 0x0000, 0x0001, 0x8000, 0x8001, 0x5555, 0xAAAA, 0x0FF0,
					    0xF00F, 0x7FFF, 0xFFFE, 0xFFFF };
	struct baton__memory to, from;

	(void)state;
	for (size_t i = 0; i < COUNT(touched); i++) {
		create_two(&to, &from);
		for (unsigned page = 0; page < PAGES; page++)
			if (touched[i] >> page & 1)
				memset(from.base + page * BATON__PAGE, (int)page + 1, BATON__PAGE);
		assert_int_equal(baton__memory_copy(&to, &from), 0);
		assert_int_equal(pages_of(&to), __builtin_popcount(touched[i]));
		assert_int_equal(pages_of(&from), __builtin_popcount(touched[i]));
		assert_memory_equal(to.base, from.base, SIZE);
		destroy_two(&to, &from);
	}
}

static void what_was_there_before_is_gone(void **state)
{
	struct baton__memory to, from;

	(void)state;
	create_two(&to, &from);
	memset(to.base, 0x77, SIZE);
	to.hole_count = 1;
	memset(from.base + 3 * BATON__PAGE, 0x33, 2 * BATON__PAGE);
	assert_int_equal(baton__memory_copy(&to, &from), 0);
	assert_int_equal(pages_of(&to), 2);
	assert_int_equal(to.hole_count, 0);
	assert_memory_equal(to.base, from.base, SIZE);
	/* It is a copy: the other may change. */
	from.base[3 * BATON__PAGE] = 1;
	assert_int_equal(to.base[3 * BATON__PAGE], 0x33);
	destroy_two(&to, &from);
}

static void holes_are_holes_of_the_copy(void **state)
{
	const struct baton__machine machine = { .fd = -1 };
	struct baton__memory to, from;

	(void)state;
	create_two(&to, &from);
	assert_int_equal(baton__memory_make_hole(&from, &machine, 0x8000, 0x2000, NULL), 0);
	assert_int_equal(baton__memory_make_hole(&from, &machine, 0x2000, 0x1000, NULL), 0);
	assert_int_equal(baton__memory_copy(&to, &from), 0);
	assert_int_equal(to.hole_count, 2);
	assert_int_equal(to.holes[0].at, 0x2000);
	assert_int_equal(to.holes[0].size, 0x1000);
	assert_int_equal(to.holes[1].at, 0x8000);
	assert_int_equal(to.holes[1].size, 0x2000);
	destroy_two(&to, &from);
}

static void a_copy_that_fails_says_so(void **state)
{
	static const struct {
		enum fake_op op;
		uint64_t nth;
	} cases[] = {
		{ FAKE_FALLOCATE, 1 }, { FAKE_LSEEK, 1 }, { FAKE_LSEEK, 2 }, { FAKE_LSEEK, 3 },
	};
	struct baton__memory to, from;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		create_two(&to, &from);
		from.base[0] = from.base[SIZE / 2] = 1;
		fake_fail(cases[i].op, cases[i].nth, EIO);
		assert_int_equal(baton__memory_copy(&to, &from), -EIO);
		assert_true(fake_failed(NULL));
		destroy_two(&to, &from);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_begins_as_zeroes),
		TEST(a_copy_is_whole_or_not_at_all),
		TEST(a_slip_of_the_host_faults_on_both_sides),
		TEST(each_failure_is_returned_said_and_leaves_nothing),
		TEST(a_copy_is_the_same_page_by_page),
		TEST(what_was_there_before_is_gone),
		TEST(holes_are_holes_of_the_copy),
		TEST(a_copy_that_fails_says_so),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
