/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show_json.c - one JSON object a line. The manual lists the members.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "device.h"
#include "outlet.h"
#include "show.h"

static int put(const char *bytes, size_t size, void *outlet)
{
	outlet_put(outlet, bytes, size);
	return 0;
}

/* Writes the object and lets it go. jansson copes with NULL, which lack of memory gives. */
static void write_line(struct outlet *outlet, json_t *object)
{
	json_dump_callback(object, put, outlet, JSON_COMPACT);
	outlet_put(outlet, "\n", 1);
	json_decref(object);
}

static json_t *hex(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return json_string(text);
}

static json_t *new_event(const char *name, const struct baton_vm *vm)
{
	json_t *object = json_object();

	json_object_set_new(object, "event", json_string(name));
	json_object_set_new(object, "vm", json_string(baton_vm_name(vm)));
	return object;
}

static void one_exit(struct show_lines *lines, struct baton_vm *vm, const struct baton_exit *exit)
{
	json_t *object = new_event("exit", vm);

	json_object_set_new(object, "kind", json_string(baton_exit_name(exit->kind)));
	json_object_set_new(object, "addr", hex(exit->addr));
	json_object_set_new(object, "size", json_integer(exit->size));
	json_object_set_new(object, "count", json_integer(exit->count));
	json_object_set_new(object, "data", hex(exit->data));
	write_line(lines->outlet, object);
}

static void one_turn(struct show_lines *lines, const struct baton_turn *turn)
{
	json_t *object = new_event("turn", turn->vm);

	json_object_set_new(object, "at_ns", json_integer((json_int_t)show_time(lines, turn)));
	json_object_set_new(object, "length_ns",
			    json_integer((json_int_t)(turn->end_ns - turn->begin_ns)));
	json_object_set_new(object, "exits", json_integer((json_int_t)turn->exits));
	json_object_set_new(object, "why", json_string(baton_why_name(turn->why)));
	json_object_set_new(object, "rax", hex(turn->regs->rax));
	write_line(lines->outlet, object);
}

static json_t *list(const uint32_t *items, uint32_t count)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(array, json_integer(items[i]));
	return array;
}

static void traffic(const struct show_device *device, const struct baton_traffic *event)
{
	json_t *object = new_event(baton_traffic_name(event->kind), event->vm);

	json_object_set_new(object, "device", json_integer((json_int_t)device->number));
	json_object_set_new(object, "type", json_string(device->type->name));
	json_object_set_new(object, "items", list(event->items, event->count));
	if (event->ring) {
		json_object_set_new(object, "ring", list(event->ring, event->held));
		json_object_set_new(object, "prod_p", json_integer(event->prod_p));
		json_object_set_new(object, "cons_p", json_integer(event->cons_p));
	}
	write_line(device->lines->outlet, object);
}

const struct show_form show_as_json = {
	.exit = one_exit, .turn = one_turn, .traffic = traffic,
};

/* A text of JSON has characters, a guest writes bytes: each becomes the character of its number. */
void show_json_output(struct outlet *outlet, const struct baton_vm *vm, const char *bytes,
		      size_t count)
{
	json_t *object = new_event("output", vm);
	char text[512];

	for (size_t done = 0; done < count;) {
		size_t used = 0;

		for (; done < count && used + 2 <= sizeof(text); done++) {
			unsigned char byte = (unsigned char)bytes[done];

			if (byte >= 0x80)
				text[used++] = (char)(0xC0 | byte >> 6);
			text[used++] = (char)(byte >= 0x80 ? 0x80 | (byte & 0x3F) : byte);
		}
		json_object_set_new(object, "text", json_stringn(text, used));
		write_line(outlet, json_incref(object));
	}
	json_decref(object);
}
