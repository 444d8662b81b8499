/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test.h - what every test of the command's parts begins with.
 */
#ifndef BATON_TESTS_CLI_TEST_H
#define BATON_TESTS_CLI_TEST_H

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

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define S  UINT64_C(1000000000)

#endif
