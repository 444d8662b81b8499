/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c - guest memory: bounds, guard pages, and what happens without room.
 */
#include "test.h"

#include <sys/wait.h>
#include <unistd.h>

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
	assert_int_equal(n, 5); /* memfd, ftruncate, two mappings, and none */
	fake_fail_any(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_begins_as_zeroes),
		TEST(a_copy_is_whole_or_not_at_all),
		TEST(a_slip_of_the_host_faults_on_both_sides),
		TEST(each_failure_is_returned_said_and_leaves_nothing),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
