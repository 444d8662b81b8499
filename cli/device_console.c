/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_console.c - `{type: console, vm: neo, port: 0xE9}`.
 */
#include "device.h"
#include "output.h"
#include "scenario.h"

#define AT(member) offsetof(struct console_settings, member)

static const struct yaml_field fields[] = {
	DEVICE_TYPE_FIELD,
	{ "vm", device_read_each_vm, AT(vm), 0, 0, true },
	{ "port", device_read_port, AT(port), 0, 0, false },
	{ 0 },
};

static void defaults(struct device_settings *settings)
{
	((struct console_settings *)settings)->port = COURSE_CONSOLE;
}

static int create(const struct device_settings *settings, struct device_site *site,
		  struct baton_diag *diag)
{
	const struct console_settings *s = (const struct console_settings *)settings;
	const struct device_site_vm *vm = &site->vms[s->vm + site->member];
	const struct baton_console_config config = {
		.vm = vm->vm,
		.port = s->port,
		.ready = output_ready,
		.write = output_write,
		.context = vm->output,
	};

	return baton_device_create(site->host, &baton_console, &config, diag, NULL);
}

const struct device_type device_console = {
	.name = "console",
	.size = sizeof(struct console_settings),
	.fields = fields,
	.defaults = defaults,
	.create = create,
};
