/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_course.c - what a VM has on its ports unless it says `ports: none`: a
 * console, the course's calls under one of their port maps, and a latch where the
 * scenario has no device of its own for those ports. Also what Baton's own calls
 * need: counts of exits, random numbers, a timer.
 */
#include "device.h"
#include "heap.h"
#include "output.h"
#include "scenario.h"

static const char *map_word(const void *none, size_t i)
{
	return baton_course_maps()[i].name;
}

/* "none", or a map. */
static const char *ports_word(const void *none, size_t i)
{
	return i ? map_word(NULL, i - 1) : "none";
}

static int read_map(struct yaml_reader *reader, const yaml_node_t *node,
		    const struct yaml_field *field, void *settings)
{
	struct course_settings *s = settings;
	size_t i;
	int error = yaml_choice(reader, node, field->key, map_word, NULL, &i);

	if (!error)
		s->map = baton_course_maps()[i];
	return error;
}

/* In the order of enum baton_course_gva. */
static int read_gva(struct yaml_reader *reader, const yaml_node_t *node,
		    const struct yaml_field *field, void *settings)
{
	static const char *const words[] = { "off", "two-step", "struct", NULL };
	struct course_settings *s = settings;
	size_t i;
	int error = yaml_choice(reader, node, field->key, suggest_array, words, &i);

	if (!error)
		s->gva = (enum baton_course_gva)i;
	return error;
}

#define AT(member) offsetof(struct course_settings, member)

/* A single port replaces the map's. */
static const struct yaml_field fields[] = {
	{ "map", read_map, 0, 0, 0, false },
	{ "gva_to_hva", read_gva, 0, 0, 0, false },
	{ "print8", device_read_port, AT(map.print8), 0, 0, false },
	{ "print32", device_read_port, AT(map.port[BATON_COURSE_PRINT32]), 0, 0, false },
	{ "num_exits", device_read_port, AT(map.port[BATON_COURSE_NUM_EXITS]), 0, 0, false },
	{ "print_str", device_read_port, AT(map.port[BATON_COURSE_PRINT_STR]), 0, 0, false },
	{ "exits_by_type", device_read_port, AT(map.port[BATON_COURSE_EXITS_BY_TYPE]), 0, 0, false },
	{ "gva", device_read_port, AT(map.port[BATON_COURSE_GVA_TO_HVA]), 0, 0, false },
	{ "hva", device_read_port, AT(map.port[BATON_COURSE_HVA]), 0, 0, false },
	{ 0 },
};

int device_course_read(struct yaml_reader *reader, const yaml_node_t *node,
		       struct device_settings *settings, bool *none)
{
	struct course_settings *s = (struct course_settings *)settings;
	size_t i;
	int error;

	*none = false;
	settings->at = yaml_place(node);
	if (node->type == YAML_MAPPING_NODE)
		return yaml_read_mapping(reader, node, "ports", fields, settings);
	error = yaml_choice(reader, node, "ports", ports_word, NULL, &i);
	if (error)
		return error;
	*none = !i;
	if (i)
		s->map = baton_course_maps()[i - 1];
	return 0;
}

static void defaults(struct device_settings *settings)
{
	((struct course_settings *)settings)->map = baton_course_maps()[0];
}

struct device_settings *device_course_new(const struct scenario *scenario, size_t vm)
{
	struct device_settings *settings =
		device_settings_new(&device_course, scenario, (struct place){ 0, 0 });

	((struct course_settings *)settings)->vm = vm;
	return settings;
}

void device_course_give(struct device_settings *settings, size_t vm)
{
	((struct course_settings *)settings)->vm = vm;
}

struct device_settings *device_course_copy(const struct device_settings *settings)
{
	struct course_settings *copy = heap_zeroed(1, sizeof(*copy));

	*copy = *(const struct course_settings *)settings;
	return &copy->head;
}

static int create(const struct device_settings *settings, struct device_site *site,
		  struct baton_diag *diag)
{
	const struct course_settings *s = (const struct course_settings *)settings;
	struct device_site_vm *vm = &site->vms[s->vm];
	const struct baton_console_config console = {
		.vm = vm->vm, .port = s->map.print8, .ready = output_ready, .write = output_write,
		.context = vm->output,
	};
	struct baton_course_config course = { .vm = vm->vm, .map = s->map, .gva = s->gva };
	const struct baton_exits_config exits = { .vm = vm->vm };
	const struct baton_random_config random = {
		.vm = vm->vm, .seed = site->scenario->seed + s->vm,
	};
	const struct baton_timer_config timer = { .vm = vm->vm };
	const struct baton_latch_config latch = {
		.vm = vm->vm, .first = COURSE_LATCH, .count = COURSE_LATCH_COUNT,
	};
	int error = baton_device_create(site->host, &baton_console, &console, diag,
					&course.console);

	if (!error)
		error = baton_device_create(site->host, &baton_course, &course, diag, NULL);
	if (!error)
		error = baton_device_create(site->host, &baton_exits, &exits, diag, NULL);
	if (!error)
		error = baton_device_create(site->host, &baton_random, &random, diag, NULL);
	if (!error)
		error = baton_device_create(site->host, &baton_timer, &timer, diag, NULL);
	if (!error && !vm->traffic)
		error = baton_device_create(site->host, &baton_latch, &latch, diag, NULL);
	return error;
}

const struct device_type device_course = {
	.name = "course",
	.size = sizeof(struct course_settings),
	.fields = fields,
	.defaults = defaults,
	.create = create,
};
