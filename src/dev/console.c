/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.c - bytes from a port, from the call `print` or from other devices, handed
 * on a line at a time.
 *
 * Whoever reads may be slow. So nothing is handed on before the reader said that
 * it is ready for a whole burst; until then the guest that writes waits.
 */
#include <errno.h>

#include "baton/abi.h"
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

static void put(struct console *c, char byte)
{
	c->line[c->used++] = byte;
	if (byte == '\n' || c->used == LINE)
		flush(c);
}

void baton_console_write(struct baton_device *console, const char *bytes, size_t count)
{
	struct console *c = baton_device_state(console);

	for (size_t i = 0; i < count; i++)
		put(c, bytes[i]);
}

static bool ready(const struct console *c, const struct baton_access *a)
{
	if (!c->config.ready || c->config.ready(c->config.context))
		return true;
	baton_vcpu_wake_at(a->vcpu, a->now_ns + RETRY_NS);
	return false;
}

bool baton_console_ready(struct baton_device *console, const struct baton_access *access)
{
	return ready(baton_device_state(console), access);
}

static enum baton_verdict fault(struct baton_access *a, const char *why)
{
	a->why = why;
	return BATON_FAULT;
}

static enum baton_verdict serve(void *state, struct baton_access *a)
{
	struct console *c = state;
	char byte = (char)a->data;

	if (!a->write) {
		a->data = UINT64_MAX; /* nothing to read: all ones, as a floating bus gives */
		return BATON_RESUME;
	}
	if (a->size != 1)
		return fault(a, "the console takes one byte at a time");
	if ((byte == '\n' || c->used + 1 == LINE) && !ready(c, a))
		return BATON_BLOCK;
	put(c, byte);
	return BATON_RESUME;
}

/* The call `print`. All of it is there before any of it is written. */
static enum baton_verdict serve_print(void *state, struct baton_access *a)
{
	const struct baton_call_print *print = (const void *)a->args;
	struct console *c = state;
	char bytes[BATON_PRINT_MAX];

	if (print->size > sizeof(bytes))
		return fault(a, "hypercall `print`: more bytes than it takes at once");
	if (baton_vm_read(a->vm, print->bytes, bytes, print->size))
		return fault(a, "hypercall `print`: its bytes are not in memory");
	if (!ready(c, a))
		return BATON_BLOCK;
	for (uint64_t i = 0; i < print->size; i++)
		put(c, bytes[i]);
	return BATON_RESUME;
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	struct console *c = state;
	int error;

	c->config = *(const struct baton_console_config *)config;
	if (!c->config.write)
		return baton_diag_set(diag, -EINVAL, "console", "expected a function to write with");
	error = baton_device_claim_ports(device, c->config.vm, c->config.port, 1, serve, diag);
	if (error)
		return error;
	/* A second console has only its port: the first one keeps the call. */
	error = baton_device_claim_call(device, c->config.vm, BATON_CALL_PRINT, serve_print, NULL);
	return error == -EEXIST ? 0 : error;
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

/* What a guest has not ended the line of is part of its state, as in a fork(2). */
static int forked(struct baton_device *device, void *state,
		  const struct baton_forking *forking, struct baton_diag *diag)
{
	struct console *c = state;

	c->config.vm = baton_forking_vm(forking, c->config.vm);
	return 0;
}

static int check_plain(const void *state)
{
	const struct console *c = state;

	return c->used < LINE ? 0 : -EINVAL;
}

const struct baton_device_ops baton_console = {
	.name = "console",
	.size = sizeof(struct console),
	.init = init,
	.ended = ended,
	.fini = fini,
	.plain = sizeof(struct console) - offsetof(struct console, used),
	.forked = forked,
	.check = check_plain,
};
