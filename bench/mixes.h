/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mixes.h - the ways to run a mix; mixes.c chooses.
 */
#ifndef BENCH_MIXES_H
#define BENCH_MIXES_H

#include "fluid.h"

struct mixes_run {
	uint64_t slice_ns;
	uint64_t wall_ns; /* how long it runs */
	uint64_t seed;
};

/*
 * Each runs a mix and fills the fluid; sets what else it knows in `to`. NULL, or why it
 * cannot be run here, in static storage.
 */
const char *mixes_vm(const struct mixes_run *run, struct fluid *fluid, json_t *to);
const char *mixes_sim(const struct mixes_run *run, struct fluid *fluid, json_t *to);
const char *mixes_process(const struct mixes_run *run, struct fluid *fluid, json_t *to);

/*
 * A group of control groups, one per runner, with CPU weights. Version 1 or 2, whichever
 * has the controller `cpu`.
 */
struct mixes_cgroup {
	char path[256];
	bool v2;
	uint32_t count; /* that were made */
};

/* NULL, or why there can be none. */
const char *mixes_cgroup_make(struct mixes_cgroup *group, const struct mix *mix);

/* Moves a process into the i-th. False: refused, see errno. */
bool mixes_cgroup_put(const struct mixes_cgroup *group, uint32_t i, int pid);

/* Removes what was made; nobody may be inside any more. */
void mixes_cgroup_remove(struct mixes_cgroup *group);

/* Largest lag that Baton's meter saw, as a part of what the policy promises, in `to`. */
void mixes_promise(json_t *to, uint64_t slice_ns, uint64_t lag_ns, uint64_t lag_later_ns,
		   uint64_t overrun_ns);

#endif
