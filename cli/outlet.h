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

#define OUTLET_SPARE 8192 /* what a guest may write at once: baton/device.h's burst */
/* As JSON: a line of some 120 bytes for each byte, at worst. */
#define OUTLET_SPARE_JSON (1 << 20)

struct outlet {
	int fd;	   /* borrowed */
	int error; /* errno of a write that failed; then everything is thrown away */
	bool eager; /* somebody watches: bytes go at once, not in large pieces */
	bool patient; /* waits for its reader rather than make a guest wait */
	const void *mid_line; /* who has written a line without its end, if somebody cares */
	struct baton_host *host; /* stopped when a write fails; or NULL */
	size_t room, spare, used;
	char *bytes;
};

/* `spare` bytes are free when it is ready. outlet_fini() frees what waits; it writes nothing. */
void outlet_init(struct outlet *outlet, int fd, size_t spare);
void outlet_fini(struct outlet *outlet);

/* Is there room for `spare` bytes? Does not block. */
bool outlet_ready(struct outlet *outlet);

/* Takes all bytes. Blocks only where outlet_ready() was not asked. */
void outlet_put(struct outlet *outlet, const char *bytes, size_t count);

/* Writes all that waits, however long it takes. 0, or -errno of the first failure ever. */
int outlet_drain(struct outlet *outlet);

#endif
