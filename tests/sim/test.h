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

/* A schedule by digits: '1' stands for entity 0. */
struct test_script {
	struct baton_script script;
	const char *digits, *at;
	bool again;	/* from the beginning when it is over */
	unsigned asked; /* how often */
};

static inline baton_entity_t test_script_next(void *context)
{
	struct test_script *s = context;

	s->asked++;
	if (!*s->at && s->again)
		s->at = s->digits;
	return *s->at ? (baton_entity_t)(*s->at++ - '1') : BATON_NOBODY;
}

static inline void test_script_init(struct test_script *s, const char *digits, bool again)
{
	*s = (struct test_script){ { test_script_next, s }, digits, digits, again, 0 };
}

/* A policy's state in a block of its own, initialised; freed with free(). */
static inline void *test_policy_by(const struct baton_sched_ops *ops, uint32_t capacity,
				   uint64_t slice_ns, const struct baton_script *script)
{
	const struct baton_sched_config config = {
		.slice_ns = slice_ns, .burst = 1, .seed = 1, .script = script,
	};
	void *state = calloc(1, ops->size(capacity));

	assert_non_null(state);
	assert_int_equal(ops->init(state, capacity, &config, NULL), 0);
	return state;
}

static inline baton_entity_t test_nobody(void *context)
{
	return BATON_NOBODY;
}

/* The same; the policy `script` gets an empty one. */
static inline void *test_policy(const struct baton_sched_ops *ops, uint32_t capacity,
				uint64_t slice_ns)
{
	static const struct baton_script empty = { test_nobody, NULL };

	return test_policy_by(ops, capacity, slice_ns, &empty);
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
