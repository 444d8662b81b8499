/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypercall_name.h - which of Baton's calls a port is, and what it is called.
 */
#ifndef BATON_CLI_HYPERCALL_NAME_H
#define BATON_CLI_HYPERCALL_NAME_H

#include <stdint.h>
#include <stdio.h>

struct baton_trace_record;

/* How many there are: their numbers are below that. */
enum {
#define BATON_CALL(id, number, name, direction, fields, summary) HYPERCALL_##id,
#include "baton/hypercalls.def"
#undef BATON_CALL
	HYPERCALLS
};

/* "enter" …, or NULL: that port is none of theirs. */
const char *hypercall_name(uint64_t port);

/* Of a RUN: the number of the call that its exit is, made as it has to be; or -1. */
int hypercall_of_exit(const struct baton_trace_record *run);

/* "enter 0", "assert": with its argument, if that is all there is to say. Prints nothing for -1. */
void hypercall_put(const struct baton_trace_record *run, FILE *to);

#endif
