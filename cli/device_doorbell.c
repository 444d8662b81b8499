/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_doorbell.c - `{type: doorbell, vms: [neo, morpheus]}`.
 */
#include "device.h"

#include <stdlib.h>

#include "heap.h"
#include "scenario_yaml.h"

#define MOST_VMS 64 /* as in baton/device.h */

static int read_one(struct yaml_reader *reader, const yaml_node_t *node,
		    const struct yaml_field *field, void *settings)
{
	struct doorbell_settings *s = settings;
	struct scenario_vms vms;
	int error = scenario_read_vms(reader, node, "vm", s->head.scenario, &vms);

	if (error)
		return error;
	if (vms.count > MOST_VMS - s->count)
		return yaml_fail(reader, node, "vm %s makes more than %d VMs; expected at most so "
				 "many", yaml_describe(node).text, MOST_VMS);
	for (size_t i = 0; i < s->count; i++)
		if (s->vms[i] - vms.first < vms.count)
			return yaml_fail(reader, node, "vm %s is there twice; expected it once",
					 yaml_describe(node).text);
	for (size_t i = 0; i < vms.count; i++) {
		s->vms = heap_grow(s->vms, s->count, sizeof(*s->vms));
		s->vms[s->count++] = vms.first + i;
	}
	return 0;
}

static int read_vms(struct yaml_reader *reader, const yaml_node_t *node,
		    const struct yaml_field *field, void *settings)
{
	return yaml_read_list(reader, node, field, read_one, settings);
}

static const struct yaml_field fields[] = {
	DEVICE_TYPE_FIELD,
	{ "vms", read_vms, 0, 1, MOST_VMS, true },
	{ 0 },
};

static void fini(struct device_settings *settings)
{
	free(((struct doorbell_settings *)settings)->vms);
}

static int create(const struct device_settings *settings, struct device_site *site,
		  struct baton_diag *diag)
{
	const struct doorbell_settings *s = (const struct doorbell_settings *)settings;
	struct baton_vm *vms[MOST_VMS];
	const struct baton_doorbell_config config = { .vms = vms, .count = (uint32_t)s->count };

	for (size_t i = 0; i < s->count; i++)
		vms[i] = site->vms[s->vms[i]].vm;
	return baton_device_create(site->host, &baton_doorbell, &config, diag, NULL);
}

const struct device_type device_doorbell = {
	.name = "doorbell",
	.size = sizeof(struct doorbell_settings),
	.fields = fields,
	.fini = fini,
	.create = create,
};
