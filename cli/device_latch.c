/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_latch.c - `{type: latch, vm: neo, ports: 0x10..0x12}`.
 */
#include "device.h"
#include "scenario.h"

#define MOST_PORTS 16 /* as in baton/device.h */

/* "0x10..0x12", or one port. */
static int read_ports(struct yaml_reader *reader, const yaml_node_t *node,
		      const struct yaml_field *field, void *settings)
{
	static const char expected[] = "ports such as 0x10 or 0x10..0x12, at most 16";
	struct latch_settings *s = settings;
	struct yaml_range ports;
	int error = yaml_read_range(reader, node, field->key, expected, &ports);

	if (error)
		return error;
	if (ports.last > UINT16_MAX || ports.last - ports.first >= MOST_PORTS)
		return yaml_fail(reader, node, "%s goes from 0x%llx to 0x%llx; expected %s",
				 field->key, (unsigned long long)ports.first,
				 (unsigned long long)ports.last, expected);
	s->first = (uint16_t)ports.first;
	s->count = (uint32_t)(ports.last - ports.first + 1);
	return 0;
}

static const struct yaml_field fields[] = {
	DEVICE_TYPE_FIELD,
	{ "vm", device_read_each_vm, offsetof(struct latch_settings, vm), 0, 0, true },
	{ "ports", read_ports, 0, 0, 0, false },
	{ 0 },
};

static void defaults(struct device_settings *settings)
{
	struct latch_settings *s = (struct latch_settings *)settings;

	s->first = COURSE_LATCH;
	s->count = COURSE_LATCH_COUNT;
}

static int create(const struct device_settings *settings, struct device_site *site,
		  struct baton_diag *diag)
{
	const struct latch_settings *s = (const struct latch_settings *)settings;
	const struct baton_latch_config config = {
		.vm = site->vms[s->vm + site->member].vm,
		.first = s->first,
		.count = s->count,
	};

	return baton_device_create(site->host, &baton_latch, &config, diag, NULL);
}

const struct device_type device_latch = {
	.name = "latch",
	.size = sizeof(struct latch_settings),
	.fields = fields,
	.defaults = defaults,
	.create = create,
};
