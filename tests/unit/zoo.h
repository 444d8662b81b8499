/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zoo.h - random guests: they compute, print, yield, sleep, wait for one another,
 * move strings of which some elements block or yield, come late and end early.
 * What a guest does depends on its seed and on what it has done, never on who
 * else runs when, so that two runs can be compared.
 */
#ifndef BATON_TESTS_UNIT_ZOO_H
#define BATON_TESTS_UNIT_ZOO_H

#include "rig.h"

#define ZOO_MAX 8

struct zoo_guest {
	struct zoo *zoo;
	int vm;
	uint64_t seed;
	uint32_t steps; /* ends after so many */
	uint64_t blocks, elements;
	bool waits; /* in the mailbox */
	uint32_t string[16];
};

struct zoo {
	struct rig *rig;
	struct zoo_guest guests[ZOO_MAX];
	unsigned count;
	uint64_t longest_ns; /* of computing without an exit */
};

/* Fills a rig with guests that live for about so many exits each. */
void zoo_fill(struct zoo *zoo, struct rig *rig, uint64_t seed, unsigned guests, uint32_t steps);

#endif
