/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unfair.h - two policies that are taken for fair and are not. For tests alone.
 */
#ifndef BATON_TESTS_SIM_UNFAIR_H
#define BATON_TESTS_SIM_UNFAIR_H

#include "baton/sched.h"

extern const struct baton_sched_ops unfair_stride;
extern const struct baton_sched_ops unfair_rotation;

#endif
