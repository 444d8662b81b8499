/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device.c - the types of devices that a scenario may have, and what their
 * tables share.
 */
#include "device.h"

#include <stdlib.h>

#include "heap.h"
#include "scenario_yaml.h"

const struct device_type *const device_types[] = {
	&device_console,
	&device_doorbell,
	&device_files,
	&device_latch,
	&device_handoff,
	&device_batch,
	&device_ring,
	&device_section,
	NULL,
};

struct device_settings *device_settings_new(const struct device_type *type,
					    const struct scenario *scenario, struct place at)
{
	struct device_settings *settings = heap_zeroed(1, type->size);

	*settings = (struct device_settings){ .type = type, .scenario = scenario, .at = at };
	if (type->defaults)
		type->defaults(settings);
	return settings;
}

void device_settings_free(struct device_settings *settings)
{
	if (settings->type->fini)
		settings->type->fini(settings);
	free(settings);
}

static const char *type_word(const void *none, size_t i)
{
	return device_types[i] ? device_types[i]->name : NULL;
}

/* The type decides which keys there are. */
int device_read(struct yaml_reader *reader, const yaml_node_t *node,
		const struct scenario *scenario, struct device_settings **to)
{
	const yaml_node_t *type = yaml_value(reader, node, "type");
	struct device_settings *settings;
	size_t i = 0;
	int error = type ? yaml_choice(reader, type, "device type", type_word, NULL, &i) : 0;

	if (error)
		return error;
	settings = device_settings_new(device_types[i], scenario, yaml_place(node));
	error = yaml_read_mapping(reader, node, "a device", settings->type->fields, settings);
	if (error)
		device_settings_free(settings);
	else
		*to = settings;
	return error;
}

int device_read_type(struct yaml_reader *reader, const yaml_node_t *node,
		     const struct yaml_field *field, void *settings)
{
	return 0;
}

int device_read_vm(struct yaml_reader *reader, const yaml_node_t *node,
		   const struct yaml_field *field, void *settings)
{
	const struct device_settings *s = settings;

	return scenario_read_vm(reader, node, field->key, s->scenario,
				(size_t *)((char *)settings + field->offset));
}

int device_read_each_vm(struct yaml_reader *reader, const yaml_node_t *node,
			const struct yaml_field *field, void *settings)
{
	struct device_settings *s = settings;
	struct scenario_vms vms;
	int error = scenario_read_vms(reader, node, field->key, s->scenario, &vms);

	if (error)
		return error;
	*(size_t *)((char *)settings + field->offset) = vms.first;
	s->others = vms.count - 1;
	return 0;
}

int device_read_port(struct yaml_reader *reader, const yaml_node_t *node,
		     const struct yaml_field *field, void *settings)
{
	const struct yaml_field number = { .key = field->key, .max = UINT16_MAX };
	uint64_t port;
	int error = yaml_read_number(reader, node, &number, &port);

	if (!error)
		*(uint16_t *)((char *)settings + field->offset) = (uint16_t)port;
	return error;
}
