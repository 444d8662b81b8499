/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outlet.h - where the bytes of all guests go: a descriptor that may be slow, or
 * have nobody at its other end.
 *
 * A guest must not hold up the others by printing. So while VMs run nothing is
 * written that could block: what cannot be written waits here, and once enough
 * waits, outlet_ready() says no, until some of it has gone.
 */
#ifndef BATON_CLI_OUTLET_H
#define BATON_CLI_OUTLET_H

#include <stdbool.h>
#include <stddef.h>

struct baton_host;

#define OUTLET_ROOM  (20 << 10)
#define OUTLET_SPARE 8192 /* that much is free when it is ready: baton/device.h's burst */

struct outlet {
	int fd;	   /* borrowed */
	int error; /* errno of a write that failed; then everything is thrown away */
	bool eager; /* somebody watches: bytes go at once, not in large pieces */
	struct baton_host *host; /* stopped when a write fails; or NULL */
	size_t used;
	char bytes[OUTLET_ROOM];
};

void outlet_init(struct outlet *outlet, int fd);

/* Is there room for OUTLET_SPARE bytes? Does not block. */
bool outlet_ready(struct outlet *outlet);

/* Takes all bytes. Blocks only where outlet_ready() was not asked. */
void outlet_put(struct outlet *outlet, const char *bytes, size_t count);

/* Writes all that waits, however long it takes. 0, or -errno of the first failure ever. */
int outlet_drain(struct outlet *outlet);

#endif
