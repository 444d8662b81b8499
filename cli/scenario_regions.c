/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario_regions.c - `regions: [{name: r, size: 4KiB, trapped: true, at: {neo: 0x40000}}]`.
 */
#include <stdlib.h>

#include "heap.h"
#include "scenario_yaml.h"

/* A region under construction, with the scenario whose VMs it may name. */
struct region_target {
	const struct scenario *scenario;
	struct scenario_region region;
};

static int read_name(struct yaml_reader *reader, const yaml_node_t *node,
		     const struct yaml_field *field, void *object)
{
	struct region_target *target = object;
	const char *text;
	int error = yaml_scalar(reader, node, field->key, "text", &text);

	if (!error)
		target->region.name = heap_copy(text);
	return error;
}

static int read_region_size(struct yaml_reader *reader, const yaml_node_t *node,
			    const struct yaml_field *field, void *object)
{
	struct region_target *target = object;
	int error = yaml_read_size(reader, node, field, object);

	if (!error && target->region.size % SCENARIO_PAGE)
		error = yaml_fail(reader, node, "size is no multiple of 4 KiB; expected one");
	return error;
}

/* A group's members all have it there. */
static int read_place(struct yaml_reader *reader, const yaml_node_t *key, const yaml_node_t *value,
		      void *object)
{
	static const struct yaml_field field = { .key = "address", .max = SCENARIO_MOST_MEMORY };
	struct region_target *target = object;
	struct scenario_region *r = &target->region;
	struct scenario_place place = { .at = yaml_place(value) };
	struct scenario_vms vms;
	int error = scenario_read_vms(reader, key, "VM", target->scenario, &vms);

	if (!error)
		error = yaml_read_size(reader, value, &field, &place.gpa);
	if (error)
		return error;
	for (size_t i = 0; i < vms.count; i++) {
		place.vm = vms.first + i;
		r->places = heap_grow(r->places, r->place_count, sizeof(*r->places));
		r->places[r->place_count++] = place;
	}
	return 0;
}

static int read_at(struct yaml_reader *reader, const yaml_node_t *node,
		   const struct yaml_field *field, void *object)
{
	return yaml_read_pairs(reader, node, field->key, read_place, object);
}

static const struct yaml_field fields[] = {
	{ "name", read_name, 0, 0, 0, true },
	{ "size", read_region_size, offsetof(struct region_target, region.size), SCENARIO_PAGE,
	  UINT64_C(1) << 30, true },
	{ "trapped", yaml_read_bool, offsetof(struct region_target, region.trapped), 0, 0, false },
	{ "at", read_at, 0, 0, 0, true },
	{ 0 },
};

static int read_region(struct yaml_reader *reader, const yaml_node_t *node,
		       const struct yaml_field *field, void *object)
{
	struct scenario *scenario = object;
	struct region_target target = { .scenario = scenario, .region.at = yaml_place(node) };
	int error = yaml_read_mapping(reader, node, "a region", fields, &target);

	if (error) {
		free(target.region.name);
		free(target.region.places);
		return error;
	}
	scenario->regions = heap_grow(scenario->regions, scenario->region_count,
				      sizeof(*scenario->regions));
	scenario->regions[scenario->region_count++] = target.region;
	return 0;
}

int scenario_read_regions(struct yaml_reader *reader, const yaml_node_t *node,
			  const struct yaml_field *field, void *object)
{
	return yaml_read_list(reader, node, field, read_region, object);
}
