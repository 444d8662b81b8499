/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.c - a byte-wide output port, handed on a line at a time.
 */
#include <errno.h>

#include "baton/device.h"

#define LINE	 256
#define RETRY_NS 1000000

struct console {
	struct baton_console_config config;
	uint32_t used;
	char line[LINE];
};

static void flush(struct console *c)
{
	if (c->used)
		c->config.write(c->config.context, c->config.vm, c->line, c->used);
	c->used = 0;
}

static enum baton_verdict serve(void *state, struct baton_access *a)
{
	struct console *c = state;
	bool full;

	if (!a->write) {
		a->data = UINT64_MAX; /* nothing to read: all ones, as a floating bus gives */
		return BATON_RESUME;
	}
	if (a->size != 1) {
		a->why = "the console takes one byte at a time";
		return BATON_FAULT;
	}
	full = (char)a->data == '\n' || c->used + 1 == LINE;
	if (full && c->config.ready && !c->config.ready(c->config.context)) {
		baton_vcpu_wake_at(a->vcpu, a->now_ns + RETRY_NS);
		return BATON_BLOCK;
	}
	c->line[c->used++] = (char)a->data;
	if (full)
		flush(c);
	return BATON_RESUME;
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	struct console *c = state;

	c->config = *(const struct baton_console_config *)config;
	if (!c->config.write)
		return baton_diag_set(diag, -EINVAL, "console", "expected a function to write with");
	return baton_device_claim_ports(device, c->config.vm, c->config.port, 1, serve, diag);
}

static void ended(void *state, struct baton_vm *vm)
{
	struct console *c = state;

	if (c->config.vm == vm)
		flush(c);
}

/* A VM that still runs may have a line half written. */
static void fini(void *state)
{
	flush(state);
}

const struct baton_device_ops baton_console = {
	.name = "console",
	.size = sizeof(struct console),
	.init = init,
	.ended = ended,
	.fini = fini,
};
