/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turns.c - the policy `turns`: the turn passes on with every exit.
 *
 * Round robin in which a turn is `burst` exits long, however much time that
 * takes: with a burst of 1, two VMs alternate strictly from exit to exit. There
 * is no limit of time, so one that never exits keeps the turn for ever.
 *
 * State, order and complexity: round.h. Reads of the settings: burst.
 */
#include "sched/admit.h"
#include "sched/policies.h"
#include "sched/round.h"

static int turns_init(void *state, uint32_t capacity, const struct baton_sched_config *config,
		      struct baton_diag *diag)
{
	if (!config->burst)
		return baton__diag(diag, -EINVAL, "policy turns",
				   "burst is 0 exits: expected 1 or more");
	baton__round_init(state, capacity, UINT64_MAX, config->burst);
	return 0;
}

const struct baton_sched_ops baton__sched_turns = {
	.name = "turns",
	.summary = "switch on every exit, or every so many (burst)",
	.size = baton__round_size,
	.init = turns_init,
	.add = baton__round_add,
	.remove = baton__round_remove,
	.wake = baton__round_wake,
	.ran = baton__round_ran,
	.pick = baton__round_pick,
};
