/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bus.h - who answers which addresses: a VM has one bus of ports and one of GPAs.
 *
 * Claims are kept sorted and never overlap. An access belongs to the claim that
 * holds its first byte.
 */
#ifndef BATON_VM_BUS_H
#define BATON_VM_BUS_H

#include <stdint.h>

#include "baton/device.h"

struct baton__claim {
	uint64_t first, last; /* inclusive, so that the end of the space is a claim like any other */
	baton_access_fn serve;
	void *state;
	const void *owner; /* a key for baton__bus_drop(); never followed */
	const char *name;  /* of the device type */
};

struct baton__bus {
	struct baton__claim *claims;
	uint32_t count;
	const struct baton__claim *hint; /* what was found last, and mostly is asked for again; or NULL */
	struct baton__claim gate; /* found in place of any of the claims, if it has serve() */
};

void baton__bus_fini(struct baton__bus *bus);

/* Adds a copy of `claim`. -EEXIST names the claim in the way; -ENOMEM. */
int baton__bus_claim(struct baton__bus *bus, const struct baton__claim *claim,
		     struct baton_diag *diag);

/* Takes out all claims of that owner. */
void baton__bus_drop(struct baton__bus *bus, const void *owner);

/* The claim that holds `addr`, whether or not there is a gate; or NULL. O(log n). */
const struct baton__claim *baton__bus_owner(const struct baton__bus *bus, uint64_t addr);

/* Who serves `addr`: its claim, or the gate in front of it; or NULL. O(log n). */
const struct baton__claim *baton__bus_search(struct baton__bus *bus, uint64_t addr);

/* The same, at once if it is what was found last. Inline: once per exit (bench/instructions.sh). */
static inline const struct baton__claim *baton__bus_find(struct baton__bus *bus, uint64_t addr)
{
	const struct baton__claim *last = bus->hint;

	if (last && last->first <= addr && addr <= last->last)
		return last;
	return baton__bus_search(bus, addr);
}

#endif
