/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_batch.c - `{type: batch, size: 5, producer: neo, consumer: morpheus, ports: course}`.
 */
#include "device.h"
#include "scenario.h"

#define AT(member) offsetof(struct batch_settings, member)

static const struct yaml_field port_fields[] = {
	{ "array", device_read_port, AT(ports.array), 0, 0, true },
	{ "produced", device_read_port, AT(ports.produced), 0, 0, true },
	{ "buffer", device_read_port, AT(ports.buffer), 0, 0, true },
	{ "consumed", device_read_port, AT(ports.consumed), 0, 0, true },
	{ 0 },
};

static const char *ports_word(const void *none, size_t i)
{
	return baton_batch_ports()[i].name;
}

/* A published choice, or a mapping. */
static int read_ports(struct yaml_reader *reader, const yaml_node_t *node,
		      const struct yaml_field *field, void *settings)
{
	struct batch_settings *s = settings;
	size_t i;
	int error;

	if (node->type == YAML_MAPPING_NODE)
		return yaml_read_mapping(reader, node, "ports", port_fields, settings);
	error = yaml_choice(reader, node, "ports", ports_word, NULL, &i);
	if (!error)
		s->ports = baton_batch_ports()[i];
	return error;
}

static const struct yaml_field fields[] = {
	TRAFFIC_FIELDS,
	{ "size", yaml_read_number, AT(size), 1, BATON_TRAFFIC_MOST, false },
	{ "ports", read_ports, 0, 0, 0, false },
	{ 0 },
};

static void defaults(struct device_settings *settings)
{
	struct batch_settings *s = (struct batch_settings *)settings;

	s->size = 5;
	s->ports = baton_batch_ports()[0];
}

static void prepare(const struct device_settings *settings, struct device_site *site)
{
	const struct batch_settings *s = (const struct batch_settings *)settings;

	traffic_takes_port(site, s->between.producer, s->ports.array);
	traffic_takes_port(site, s->between.producer, s->ports.produced);
	traffic_takes_port(site, s->between.consumer, s->ports.buffer);
	traffic_takes_port(site, s->between.consumer, s->ports.consumed);
}

static int create(const struct device_settings *settings, struct device_site *site,
		  struct baton_diag *diag)
{
	const struct batch_settings *s = (const struct batch_settings *)settings;
	const struct baton_batch_config config = {
		.traffic = traffic_config(&s->between, site),
		.size = (uint32_t)s->size,
		.ports = s->ports,
	};

	return baton_device_create(site->host, &baton_batch, &config, diag, NULL);
}

const struct device_type device_batch = {
	.name = "batch",
	.size = sizeof(struct batch_settings),
	.fields = fields,
	.defaults = defaults,
	.prepare = prepare,
	.create = create,
};
