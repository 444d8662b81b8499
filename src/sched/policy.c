/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.c - the one table of policies, and the names of what they are told.
 */
#include <string.h>

#include "sched/policies.h"

static const struct baton_sched_ops *const policies[] = {
	&baton__sched_share,
	&baton__sched_quantum,
	&baton__sched_turns,
	&baton__sched_script,
	&baton__sched_null,
	NULL,
};

const struct baton_sched_ops *const *baton_policies(void)
{
	return policies;
}

const struct baton_sched_ops *baton_policy(const char *name)
{
	if (!name)
		return NULL;
	for (const struct baton_sched_ops *const *p = policies; *p; p++)
		if (!strcmp((*p)->name, name))
			return *p;
	return NULL;
}

const char *baton_why_name(enum baton_why why)
{
	switch (why) {
	case BATON_WHY_SLICE:
		return "slice";
	case BATON_WHY_EXITS:
		return "exits";
	case BATON_WHY_YIELD:
		return "yield";
	case BATON_WHY_BLOCK:
		return "block";
	case BATON_WHY_END:
		return "end";
	}
	return "unknown";
}
