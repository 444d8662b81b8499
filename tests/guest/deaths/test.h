/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test.h - what the tests of deaths have in common: cmocka, and guest memory
 * without a VM around it.
 */
#ifndef BATON_TESTS_DEATHS_TEST_H
#define BATON_TESTS_DEATHS_TEST_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/memory.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define MIB (UINT64_C(1) << 20)

/* 2 MiB of zeroes, new for each test. */
static struct baton__memory memory;

static inline int memory_up(void **state)
{
	(void)state;
	return baton__memory_create(&memory, 2 * MIB, NULL);
}

static inline int memory_down(void **state)
{
	(void)state;
	baton__memory_destroy(&memory);
	return 0;
}

static inline void put(uint64_t at, uint64_t value, size_t size)
{
	assert_int_equal(baton__memory_write(&memory, at, &value, size), 0);
}

#define WITH_MEMORY(function) cmocka_unit_test_setup_teardown(function, memory_up, memory_down)

#endif
