/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outlet.c - bytes to a descriptor, without blocking.
 *
 * The descriptor is shared with other processes, so it is not made non-blocking:
 * poll() tells whether PIPE_BUF bytes can be written, and no more are tried.
 */
#include "outlet.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "baton/baton.h"
#include "heap.h"

#define BUFFER 12288 /* besides what is spare */

void outlet_init(struct outlet *outlet, int fd, size_t spare)
{
	outlet->fd = fd;
	outlet->error = 0;
	outlet->eager = isatty(fd);
	outlet->patient = false;
	outlet->mid_line = NULL;
	outlet->host = NULL;
	outlet->room = BUFFER + spare;
	outlet->spare = spare;
	outlet->used = 0;
	outlet->bytes = heap_zeroed(outlet->room, 1);
}

void outlet_fini(struct outlet *outlet)
{
	free(outlet->bytes);
}

/* Nobody will take anything any more. */
static void fail(struct outlet *outlet, int error)
{
	outlet->error = error;
	outlet->used = 0;
	if (outlet->host)
		baton_host_stop(outlet->host);
}

/* Writes pieces of at most PIPE_BUF bytes, for as long as they are taken within `timeout_ms`. */
static void flush(struct outlet *outlet, int timeout_ms)
{
	struct pollfd ready = { .fd = outlet->fd, .events = POLLOUT };
	size_t done = 0;

	while (done < outlet->used) {
		size_t piece = outlet->used - done < PIPE_BUF ? outlet->used - done : PIPE_BUF;
		ssize_t written;
		int polled = poll(&ready, 1, timeout_ms);

		if (!polled)
			break;
		written = polled < 0 ? -1 : write(outlet->fd, outlet->bytes + done, piece);
		if (written < 0 && errno != EINTR && errno != EAGAIN) {
			fail(outlet, errno);
			return;
		}
		if (written > 0)
			done += (size_t)written;
	}
	outlet->used -= done;
	memmove(outlet->bytes, outlet->bytes + done, outlet->used);
}

bool outlet_ready(struct outlet *outlet)
{
	if (outlet->used > outlet->room - outlet->spare)
		flush(outlet, outlet->patient ? -1 : 0);
	return outlet->used <= outlet->room - outlet->spare;
}

void outlet_put(struct outlet *outlet, const char *bytes, size_t count)
{
	while (count && !outlet->error) {
		size_t room = outlet->room - outlet->used, part = count < room ? count : room;

		memcpy(outlet->bytes + outlet->used, bytes, part);
		outlet->used += part;
		bytes += part;
		count -= part;
		if (outlet->eager || outlet->used >= PIPE_BUF)
			flush(outlet, count ? -1 : 0);
	}
}

int outlet_drain(struct outlet *outlet)
{
	flush(outlet, -1);
	return -outlet->error;
}
