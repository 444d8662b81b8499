/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.c - passes console bytes on.
 */
#include "output.h"

#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "outlet.h"
#include "show.h"
#include "terminal.h"

void output_init(struct output *output, struct outlet *to, struct terminal *terminal, size_t room)
{
	*output = (struct output){ .to = to, .terminal = terminal, .room = room };
	output->kept = heap_zeroed(room, 1);
}

void output_fini(struct output *output)
{
	free(output->kept);
	free(output->prefix);
}

void output_set_name(struct output *output, const char *name, int width)
{
	output->prefix = heap_print("%s%-*s │%s ", terminal_colour(output->terminal, COLOUR_FAINT),
				    width, name, terminal_plain(output->terminal));
}

/* The bytes are those of one line, or of a part of one. */
static void put_named(struct output *output, const char *bytes, size_t count)
{
	struct outlet *to = output->to;

	if (to->mid_line && to->mid_line != output)
		outlet_put(to, "\n", 1);
	if (to->mid_line != output)
		outlet_put(to, output->prefix, strlen(output->prefix));
	outlet_put(to, bytes, count);
	to->mid_line = bytes[count - 1] == '\n' ? NULL : output;
}

bool output_ready(void *context)
{
	const struct output *output = context;

	return outlet_ready(output->to);
}

void output_write(void *context, struct baton_vm *vm, const char *bytes, size_t count)
{
	struct output *output = context;

	if (output->size < output->room) {
		size_t room = output->room - (size_t)output->size;

		memcpy(output->kept + output->size, bytes, count < room ? count : room);
	}
	output->size += count;
	terminal_clear(output->terminal);
	if (output->json)
		show_json_output(output->to, vm, bytes, count);
	else if (output->prefix)
		put_named(output, bytes, count);
	else
		outlet_put(output->to, bytes, count);
}
