/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests.h - the tests of the module; they stand in exact.c, leaves.c and lives.c.
 */
#ifndef TESTS_KMOD_TESTS_H
#define TESTS_KMOD_TESTS_H

#define TEST(name) void name(void **state);
#include "tests.def"
#undef TEST

#endif
