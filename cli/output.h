/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.h - what a guest writes to its console: passed on as it is, and kept
 * where an expectation asks for it.
 */
#ifndef BATON_CLI_OUTPUT_H
#define BATON_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct baton_vm;
struct outlet;
struct terminal;

struct output {
	struct outlet *to;	   /* borrowed */
	struct terminal *terminal; /* borrowed: cleared before anything is written */
	bool json;		   /* passed on as JSON lines */
	char *prefix;		   /* of each line, or NULL */
	char *kept;		   /* the first `room` bytes */
	size_t room;
	uint64_t size; /* of all that the guest wrote */
};

/* Keeps up to `room` bytes. output_fini() frees them. */
void output_init(struct output *output, struct outlet *to, struct terminal *terminal, size_t room);
void output_fini(struct output *output);

/*
 * From now on each line begins with the VM's name, `width` columns wide, in colour
 * where the terminal has any. For people: what one VM left without an end, another one's
 * line does not continue.
 */
void output_set_name(struct output *output, const char *name, int width);

/* The `ready` and the `write` of a console; the context is a struct output. */
bool output_ready(void *output);
void output_write(void *output, struct baton_vm *vm, const char *bytes, size_t count);

#endif
