/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plains.h - what the devices of a host are, as numbers: their plain bytes (baton/device.h), one
 * device behind the other.
 */
#ifndef BATON_EXPLORE_PLAINS_H
#define BATON_EXPLORE_PLAINS_H

#include "baton/control.h"
#include "store.h"

/* Begin with { 0 }. */
struct plains {
	struct baton_host *host;
	struct store store;
	uint8_t *bytes; /* room for them … */
	size_t size;	/* … however many there are */
};

/* Of all devices that there are. 0 or -ENOMEM; plains_fini() after either. */
int plains_init(struct plains *plains, struct baton_host *host);
void plains_fini(struct plains *plains);

/* The number of what they are now, or STORE_NONE: out of memory. */
uint32_t plains_number(struct plains *plains);

/* Makes them what has that number. */
void plains_put(struct plains *plains, uint32_t number);

#endif
