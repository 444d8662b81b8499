/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test.h - what every unit test begins with: cmocka, the fake, and a check after
 * each test that nothing is left behind.
 */
#ifndef BATON_TESTS_UNIT_TEST_H
#define BATON_TESTS_UNIT_TEST_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

#define MS UINT64_C(1000000)
#define US UINT64_C(1000)
#define S  UINT64_C(1000000000)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline void test_broken(const char *what)
{
	fail_msg("the fake: %s", what);
}

static inline int test_begin(void **state)
{
	(void)state;
	fake.broken = test_broken;
	fake_reset();
	return 0;
}

/* A leak fails the test that made it. */
static inline int test_end(void **state)
{
	const char *leak = fake_leak();

	(void)state;
	if (leak)
		print_error("left behind: %s\n", leak);
	return leak ? -1 : 0;
}

/* A new file in the test's own folder. */
static inline int test_file(char *path, size_t size)
{
	const char *folder = getenv("TMPDIR");

	snprintf(path, size, "%s/baton-XXXXXX", folder ? folder : "/tmp");
	return mkstemp(path);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, test_begin, test_end)

#endif
