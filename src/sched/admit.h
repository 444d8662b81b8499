/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admit.h - the checks that every policy makes before it adds an entity.
 */
#ifndef BATON_SCHED_ADMIT_H
#define BATON_SCHED_ADMIT_H

#include <errno.h>

#include "base/diag.h"
#include "baton/sched.h"

/* 0; -ENOSPC for a number that is not below the capacity. */
static inline int baton__sched_in_range(baton_entity_t e, uint32_t capacity,
					struct baton_diag *diag)
{
	if (e < capacity)
		return 0;
	return baton__diag(diag, -ENOSPC, "policy", "entity %u: expected a number below %u", e,
			   capacity);
}

/* 0; -EEXIST for a number that somebody has. */
static inline int baton__sched_free(baton_entity_t e, bool taken, struct baton_diag *diag)
{
	if (!taken)
		return 0;
	return baton__diag(diag, -EEXIST, "policy", "entity %u is registered already", e);
}

#endif
