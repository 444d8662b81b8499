/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_handoff.c - `{type: handoff, depth: 1, producer: neo, consumer: morpheus,
 * ports: {produce: 0x10, consume: 0x11, consumed: 0x12}}`.
 */
#include "device.h"
#include "scenario.h"

#define AT(member) offsetof(struct handoff_settings, member)

static const struct yaml_field port_fields[] = {
	{ "produce", device_read_port, AT(produce), 0, 0, false },
	{ "consume", device_read_port, AT(consume), 0, 0, false },
	{ "consumed", device_read_port, AT(consumed), 0, 0, false },
	{ 0 },
};

static int read_ports(struct yaml_reader *reader, const yaml_node_t *node,
		      const struct yaml_field *field, void *settings)
{
	return yaml_read_mapping(reader, node, "ports", port_fields, settings);
}

static const struct yaml_field fields[] = {
	TRAFFIC_FIELDS,
	{ "depth", yaml_read_number, AT(depth), 1, BATON_TRAFFIC_MOST, false },
	{ "ports", read_ports, 0, 0, 0, false },
	{ 0 },
};

static void defaults(struct device_settings *settings)
{
	const struct baton_handoff_config config = BATON_HANDOFF_CONFIG;
	struct handoff_settings *s = (struct handoff_settings *)settings;

	s->depth = config.depth;
	s->produce = config.produce;
	s->consume = config.consume;
	s->consumed = config.consumed;
}

static void prepare(const struct device_settings *settings, struct device_site *site)
{
	const struct handoff_settings *s = (const struct handoff_settings *)settings;

	traffic_takes_port(site, s->between.producer, s->produce);
	traffic_takes_port(site, s->between.consumer, s->consume);
	traffic_takes_port(site, s->between.consumer, s->consumed);
}

static int create(const struct device_settings *settings, struct device_site *site,
		  struct baton_diag *diag)
{
	const struct handoff_settings *s = (const struct handoff_settings *)settings;
	const struct baton_handoff_config config = {
		.traffic = traffic_config(&s->between, site),
		.depth = (uint32_t)s->depth,
		.produce = s->produce,
		.consume = s->consume,
		.consumed = s->consumed,
	};

	return baton_device_create(site->host, &baton_handoff, &config, diag, NULL);
}

const struct device_type device_handoff = {
	.name = "handoff",
	.size = sizeof(struct handoff_settings),
	.fields = fields,
	.defaults = defaults,
	.prepare = prepare,
	.create = create,
};
