/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypercall_name.c - see hypercall_name.h.
 */
#include "hypercall_name.h"

#include <inttypes.h>

#include "baton/abi.h"
#include "baton/baton.h"
#include "baton/trace.h"

#define BYTES 4 /* of the access that each of them is */

enum direction { in = BATON_EXIT_IO_IN, out = BATON_EXIT_IO_OUT };

static const struct {
	const char *name;
	uint8_t kind, fields;
} rows[HYPERCALLS] = {
#define BATON_CALL(id, number, name, direction, fields, summary) [number] = { #name, direction, fields },
#include "baton/hypercalls.def"
#undef BATON_CALL
};

const char *hypercall_name(uint64_t port)
{
	uint64_t number = port - BATON_CALL_BASE;

	return number < HYPERCALLS ? rows[number].name : NULL; /* below the base it is huge */
}

int hypercall_of_exit(const struct baton_trace_record *run)
{
	unsigned number = (unsigned)baton_trace_port(run) - BATON_CALL_BASE;

	if (number >= HYPERCALLS || run->detail != rows[number].kind || run->size != BYTES ||
	    baton_trace_accesses(run) != 1)
		return -1;
	return (int)number;
}

void hypercall_put(const struct baton_trace_record *run, FILE *to)
{
	int number = hypercall_of_exit(run);

	if (number < 0)
		return;
	fputs(rows[number].name, to);
	if (rows[number].kind == out && !rows[number].fields)
		fprintf(to, " %" PRIu64, run->b);
}
