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
	else
		outlet_put(output->to, bytes, count);
}
