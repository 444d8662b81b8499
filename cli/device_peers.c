/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_peers.c - what some VMs have together: `{type: doorbell, vms: [neo, morpheus]}`, and
 * `section` likewise.
 */
#include "device.h"

#include <stdlib.h>

#include "heap.h"
#include "scenario_yaml.h"

#define MOST_VMS 64 /* as in baton/device.h */

static int read_one(struct yaml_reader *reader, const yaml_node_t *node,
		    const struct yaml_field *field, void *settings)
{
	struct peers_settings *s = settings;
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
	free(((struct peers_settings *)settings)->vms);
}

/* Fills `vms`, in the order of the settings. Returns how many there are. */
static uint32_t find(const struct device_settings *settings, const struct device_site *site,
		     struct baton_vm *vms[MOST_VMS])
{
	const struct peers_settings *s = (const struct peers_settings *)settings;

	for (size_t i = 0; i < s->count; i++)
		vms[i] = site->vms[s->vms[i]].vm;
	return (uint32_t)s->count;
}

static int create_doorbell(const struct device_settings *settings, struct device_site *site,
			   struct baton_diag *diag)
{
	struct baton_vm *vms[MOST_VMS];
	const struct baton_doorbell_config config = { vms, find(settings, site, vms) };

	return baton_device_create(site->host, &baton_doorbell, &config, diag, NULL);
}

static int create_section(const struct device_settings *settings, struct device_site *site,
			  struct baton_diag *diag)
{
	struct baton_vm *vms[MOST_VMS];
	const struct baton_section_config config = { vms, find(settings, site, vms) };

	return baton_device_create(site->host, &baton_section, &config, diag, NULL);
}

const struct device_type device_doorbell = {
	.name = "doorbell",
	.size = sizeof(struct peers_settings),
	.fields = fields,
	.fini = fini,
	.create = create_doorbell,
};

const struct device_type device_section = {
	.name = "section",
	.size = sizeof(struct peers_settings),
	.fields = fields,
	.fini = fini,
	.create = create_section,
};
