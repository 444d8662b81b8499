/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits.c - the module baton_exits against guests that leave exactly as often as they are
 * told, and against KVM's own tracepoint. Loads and unloads the module as it goes, so it
 * runs in a test bed only.
 *
 *     exits MODULE.ko
 *
 * BATON_TEST_LONG: more than ten million exits at once in three tests, in the Intel VT-x bed
 * a million.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "subject.h"
#include "tests.h"

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, subject_end),
#include "tests.def"
#undef TEST
	};

	if (argc != 2) {
		fprintf(stderr, "usage: exits MODULE.ko\n");
		return 2;
	}
	subject_file = argv[1];
	/* What the kernel has said before is not about us; the log itself is the bed's. */
	command("echo baton_exits: tests begin >/dev/kmsg");
	cmocka_set_test_filter(getenv("CMOCKA_TEST_FILTER"));
	return cmocka_run_group_tests_name("exits", tests, NULL, NULL);
}
