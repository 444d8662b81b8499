/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bus.c - sorted claims and their search.
 */
#include "vm/bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

/* The number of claims that end before `addr`: where it is, or would be put. */
static uint32_t position(const struct baton__bus *bus, uint64_t addr)
{
	uint32_t low = 0, high = bus->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (bus->claims[middle].last < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void baton__bus_fini(struct baton__bus *bus)
{
	free(bus->claims);
	*bus = (struct baton__bus){ 0 };
}

int baton__bus_claim(struct baton__bus *bus, const struct baton__claim *claim,
		     struct baton_diag *diag)
{
	uint32_t at = position(bus, claim->first);
	struct baton__claim *claims;

	if (at < bus->count && bus->claims[at].first <= claim->last)
		return baton__diag(diag, -EEXIST, claim->name,
				   "0x%llx to 0x%llx is taken by device `%s` (0x%llx to 0x%llx)",
				   (unsigned long long)claim->first, (unsigned long long)claim->last,
				   bus->claims[at].name, (unsigned long long)bus->claims[at].first,
				   (unsigned long long)bus->claims[at].last);
	claims = realloc(bus->claims, (bus->count + 1) * sizeof(*claims));
	if (!claims)
		return baton__diag(diag, -ENOMEM, claim->name, "out of memory");
	memmove(&claims[at + 1], &claims[at], (bus->count - at) * sizeof(*claims));
	claims[at] = *claim;
	bus->claims = claims;
	bus->count++;
	bus->hint = NULL; /* they have moved */
	return 0;
}

void baton__bus_drop(struct baton__bus *bus, const void *owner)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < bus->count; i++)
		if (bus->claims[i].owner != owner)
			bus->claims[kept++] = bus->claims[i];
	bus->count = kept;
	bus->hint = NULL;
}

const struct baton__claim *baton__bus_owner(const struct baton__bus *bus, uint64_t addr)
{
	uint32_t at = position(bus, addr);

	if (at == bus->count || bus->claims[at].first > addr)
		return NULL;
	return &bus->claims[at];
}

const struct baton__claim *baton__bus_search(struct baton__bus *bus, uint64_t addr)
{
	const struct baton__claim *claim = baton__bus_owner(bus, addr);

	if (claim && bus->gate.serve)
		return &bus->gate;
	return bus->hint = claim;
}
