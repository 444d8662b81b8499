/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_ring.c - `{type: ring, capacity: 20, state: 0x400, layout: count, producer: neo,
 * consumer: morpheus, ports: {begin: 0xF4, produced: 0xF2, consumed: 0xF3}}`.
 */
#include "device.h"
#include "scenario.h"

#define AT(member) offsetof(struct ring_settings, member)

static const struct yaml_field port_fields[] = {
	{ "begin", device_read_port, AT(begin), 0, 0, false },
	{ "produced", device_read_port, AT(produced), 0, 0, false },
	{ "consumed", device_read_port, AT(consumed), 0, 0, false },
	{ 0 },
};

static int read_ports(struct yaml_reader *reader, const yaml_node_t *node,
		      const struct yaml_field *field, void *settings)
{
	return yaml_read_mapping(reader, node, "ports", port_fields, settings);
}

static const char *layout_word(const void *none, size_t i)
{
	return i < BATON_RING_LAYOUTS ? baton_ring_layout_name((enum baton_ring_layout)i) : NULL;
}

static int read_layout(struct yaml_reader *reader, const yaml_node_t *node,
		       const struct yaml_field *field, void *settings)
{
	struct ring_settings *s = settings;
	size_t i;
	int error = yaml_choice(reader, node, "layout", layout_word, NULL, &i);

	if (error)
		return error;
	s->layout = (enum baton_ring_layout)i;
	if (s->layout == BATON_RING_POINTERS && s->capacity < 2)
		return yaml_fail(reader, node, "layout \"pointers\" leaves one slot free, and there "
				 "is one; expected a capacity of at least 2");
	return 0;
}

static const struct yaml_field fields[] = {
	TRAFFIC_FIELDS,
	{ "capacity", yaml_read_number, AT(capacity), 1, BATON_TRAFFIC_MOST, false },
	{ "state", yaml_read_size, AT(state), 0, SCENARIO_MOST_MEMORY, false },
	{ "layout", read_layout, 0, 0, 0, false },
	{ "ports", read_ports, 0, 0, 0, false },
	{ 0 },
};

static void defaults(struct device_settings *settings)
{
	const struct baton_ring_config config = BATON_RING_CONFIG;
	struct ring_settings *s = (struct ring_settings *)settings;

	s->capacity = config.capacity;
	s->state = config.state;
	s->begin = config.begin;
	s->produced = config.produced;
	s->consumed = config.consumed;
}

static void prepare(const struct device_settings *settings, struct device_site *site)
{
	const struct ring_settings *s = (const struct ring_settings *)settings;

	traffic_takes_port(site, s->between.producer, s->begin);
	traffic_takes_port(site, s->between.producer, s->produced);
	traffic_takes_port(site, s->between.consumer, s->begin);
	traffic_takes_port(site, s->between.consumer, s->consumed);
}

static int create(const struct device_settings *settings, struct device_site *site,
		  struct baton_diag *diag)
{
	const struct ring_settings *s = (const struct ring_settings *)settings;
	const struct baton_ring_config config = {
		.traffic = traffic_config(&s->between, site),
		.capacity = (uint32_t)s->capacity,
		.state = s->state,
		.layout = s->layout,
		.begin = s->begin,
		.produced = s->produced,
		.consumed = s->consumed,
	};

	return baton_device_create(site->host, &baton_ring, &config, diag, NULL);
}

const struct device_type device_ring = {
	.name = "ring",
	.size = sizeof(struct ring_settings),
	.fields = fields,
	.defaults = defaults,
	.prepare = prepare,
	.create = create,
};
