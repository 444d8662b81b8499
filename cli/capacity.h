/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capacity.h - what VMs take of what is limited, and what to do where it is not enough. Pure:
 * it looks at nothing but what it is given, and changes no limit.
 */
#ifndef BATON_CLI_CAPACITY_H
#define BATON_CLI_CAPACITY_H

#include <stddef.h>
#include <stdint.h>

#include "machine_facts.h"

enum limit {
	LIMIT_FILES,	   /* descriptors of a process: its hard limit, for the soft one can be raised */
	LIMIT_TASKS,	   /* of a user */
	LIMIT_TASKS_CGROUP,
	LIMIT_TASKS_KERNEL,
	LIMIT_TASK_NUMBERS,
	LIMIT_MAPPINGS,	   /* of a process */
	LIMIT_MEMORY,	   /* KiB */
	LIMITS
};

struct capacity_need {
	uint64_t vms;
	uint64_t of[LIMITS];
};

/* What so many VMs take at least. Who knows of more adds it. */
struct capacity_need capacity_need_of(uint64_t vms);

/*
 * Is it all there? If not: what is needed, what is left, and how to raise that, as one
 * sentence in `text`, and false.
 */
bool capacity_suffices(const struct machine_facts *facts, const struct capacity_need *need, char *text,
		    size_t size);

/* The most VMs that they leave room for, and which of them is the first to end. */
uint64_t capacity_most_vms(const struct machine_facts *facts, enum limit *first);

/* "file descriptors", "tasks of this user" … */
const char *limit_name(enum limit limit);

#endif
