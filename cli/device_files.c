/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_files.c - `{type: files, vm: neo, folder: data, writable: true, limit: 16MiB}`.
 */
#include "device.h"

#include <stdlib.h>

#include "heap.h"
#include "places.h"
#include "scenario.h"

#define DEFAULT_LIMIT (UINT64_C(16) << 20)

/* A folder beside the scenario, or where its path says. */
static int read_folder(struct yaml_reader *reader, const yaml_node_t *node,
		       const struct yaml_field *field, void *settings)
{
	struct files_settings *s = settings;
	const char *text;
	int error = yaml_scalar(reader, node, field->key, "the path of a folder", &text);

	if (error)
		return error;
	free(s->folder);
	s->folder = text[0] == '/' ? heap_copy(text) : place_join(s->head.scenario->folder, text);
	return 0;
}

#define AT(member) offsetof(struct files_settings, member)

static const struct yaml_field fields[] = {
	DEVICE_TYPE_FIELD,
	{ "vm", device_read_each_vm, AT(vm), 0, 0, true },
	{ "folder", read_folder, 0, 0, 0, true },
	{ "writable", yaml_read_bool, AT(writable), 0, 0, false },
	{ "limit", yaml_read_size, AT(limit), 0, 0, false },
	{ 0 },
};

static void defaults(struct device_settings *settings)
{
	((struct files_settings *)settings)->limit = DEFAULT_LIMIT;
}

static void fini(struct device_settings *settings)
{
	free(((struct files_settings *)settings)->folder);
}

static int create(const struct device_settings *settings, struct device_site *site,
		  struct baton_diag *diag)
{
	const struct files_settings *s = (const struct files_settings *)settings;
	const struct baton_files_config config = {
		.vm = site->vms[s->vm + site->member].vm,
		.folder = s->folder,
		.writable = s->writable,
		.limit = s->limit,
	};

	return baton_device_create(site->host, &baton_files, &config, diag, NULL);
}

const struct device_type device_files = {
	.name = "files",
	.size = sizeof(struct files_settings),
	.fields = fields,
	.defaults = defaults,
	.fini = fini,
	.create = create,
};
