/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policies.h - the policies, one per file; policy.c lists them.
 */
#ifndef BATON_SCHED_POLICIES_H
#define BATON_SCHED_POLICIES_H

#include "baton/sched.h"

extern const struct baton_sched_ops baton__sched_null;
extern const struct baton_sched_ops baton__sched_turns;
extern const struct baton_sched_ops baton__sched_quantum;
extern const struct baton_sched_ops baton__sched_share;
extern const struct baton_sched_ops baton__sched_script;

#endif
