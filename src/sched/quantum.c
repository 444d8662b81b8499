/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quantum.c - the policy `quantum`: everybody gets the same slice in turn.
 *
 * Round robin by timer. Turns are equal, shares are not: an entity that blocks
 * or yields early gets less, one that overruns gets more, and nobody is made up
 * for it. With n runnable entities each waits for at most n - 1 slices and their
 * overruns.
 *
 * State, order and complexity: round.h. Reads of the settings: slice_ns.
 */
#include "sched/admit.h"
#include "sched/policies.h"
#include "sched/round.h"

static int quantum_init(void *state, uint32_t capacity, const struct baton_sched_config *config,
			struct baton_diag *diag)
{
	if (!config->slice_ns)
		return baton__diag(diag, -EINVAL, "policy quantum",
				   "the slice is 0 ns: expected 1 or more");
	baton__round_init(state, capacity, config->slice_ns, UINT64_MAX);
	return 0;
}

const struct baton_sched_ops baton__sched_quantum = {
	.name = "quantum",
	.summary = "round robin by timer",
	.size = baton__round_size,
	.init = quantum_init,
	.add = baton__round_add,
	.remove = baton__round_remove,
	.wake = baton__round_wake,
	.ran = baton__round_ran,
	.pick = baton__round_pick,
};
