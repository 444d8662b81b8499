/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trap.h - where a VM has a trapped region, which several may have.
 */
#ifndef BATON_EXPLORE_TRAP_H
#define BATON_EXPLORE_TRAP_H

#include <stddef.h>
#include <stdint.h>

struct trap {
	uint32_t vm, region;
	uint64_t gpa, size;
};

/* All of them; their owner's. */
struct traps {
	struct trap *items;
	size_t count;
};

#endif
