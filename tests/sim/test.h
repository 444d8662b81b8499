/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test.h - what every test of the policies begins with.
 */
#ifndef BATON_TESTS_SIM_TEST_H
#define BATON_TESTS_SIM_TEST_H

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

#include "baton/baton.h"

#define MS UINT64_C(1000000)
#define S  UINT64_C(1000000000)

#define NEVER UINT64_MAX

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A policy's state in a block of its own, initialised; freed with free(). */
static inline void *test_policy(const struct baton_sched_ops *ops, uint32_t capacity,
				uint64_t slice_ns)
{
	const struct baton_sched_config config = { .slice_ns = slice_ns, .burst = 1, .seed = 1 };
	void *state = calloc(1, ops->size(capacity));

	assert_non_null(state);
	assert_int_equal(ops->init(state, capacity, &config, NULL), 0);
	return state;
}

/* Registers an entity of a weight and wakes it. */
static inline void test_join(const struct baton_sched_ops *ops, void *state, baton_entity_t e,
			     uint64_t weight)
{
	const struct baton_sched_entity what = { .weight = weight };

	assert_int_equal(ops->add(state, e, &what, 0, NULL), 0);
	ops->wake(state, e, 0);
}

#endif
