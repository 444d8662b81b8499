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
	uint32_t hint; /* where the last search ended: guests mostly ask for the same again */
};

void baton__bus_fini(struct baton__bus *bus);

/* Adds a copy of `claim`. -EEXIST names the claim in the way; -ENOMEM. */
int baton__bus_claim(struct baton__bus *bus, const struct baton__claim *claim,
		     struct baton_diag *diag);

/* Takes out all claims of that owner. */
void baton__bus_drop(struct baton__bus *bus, const void *owner);

/* The claim that holds `addr`, or NULL. O(log n). */
const struct baton__claim *baton__bus_find(struct baton__bus *bus, uint64_t addr);

#endif
