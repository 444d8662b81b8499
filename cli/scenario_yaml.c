/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario_yaml.c - how YAML spells a scenario: one table per mapping.
 *
 * Pure, save for scenario_load(), which reads the file. Fuzzed by
 * tests/fuzz/scenario.c.
 */
#include "scenario_yaml.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "heap.h"
#include "places.h"
#include "units.h"

#define LARGEST_FILE (1 << 20)

static int read_string(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		       char **to)
{
	const char *text;
	int error = yaml_scalar(reader, node, what, "text", &text);

	if (!error) {
		free(*to);
		*to = heap_copy(text);
	}
	return error;
}

/* A number that may only have one value yet. */
static int read_only_one(struct yaml_reader *reader, const yaml_node_t *node,
			 const struct yaml_field *field, const char *why)
{
	const struct yaml_field any = { .key = field->key };
	uint64_t value;
	int error = yaml_read_number(reader, node, &any, &value);

	if (!error && value != 1)
		error = yaml_fail(reader, node, "%s is %llu; %s", field->key,
				  (unsigned long long)value, why);
	return error;
}

static int read_version(struct yaml_reader *reader, const yaml_node_t *node,
			const struct yaml_field *field, void *object)
{
	return read_only_one(reader, node, field, "expected 1, the only version there is");
}

/* ----------------------------------------------------------------- policy */

static int read_policy_name(struct yaml_reader *reader, const yaml_node_t *node,
			    const struct yaml_field *field, void *object)
{
	struct scenario *scenario = object;
	size_t i;
	int error = yaml_choice(reader, node, "policy", scenario_policy_word, NULL, &i);

	if (!error)
		scenario->policy = scenario_policy_word(NULL, i);
	return error;
}

/* Beside the scenario, unless its path is absolute. */
static int read_schedule(struct yaml_reader *reader, const yaml_node_t *node,
			 const struct yaml_field *field, void *object)
{
	struct scenario *scenario = object;
	const char *name;
	int error = yaml_scalar(reader, node, "file", "the name of a schedule file", &name);

	if (error)
		return error;
	scenario->schedule_at = yaml_place(node);
	scenario->schedule = *name == '/' ? heap_copy(name) : place_join(scenario->folder, name);
	if (scenario_uses_schedule(scenario))
		return 0;
	return yaml_fail(reader, node, "policy %s takes no file; expected policy script, or no "
			 "\"file\"", scenario->policy);
}

static const struct yaml_field policy_fields[] = {
	{ "name", read_policy_name, 0, 0, 0, true },
	{ "quantum", yaml_read_duration, offsetof(struct scenario, quantum_ns), 1, 0, false },
	{ "burst", yaml_read_number, offsetof(struct scenario, burst), 1, UINT32_MAX, false },
	{ "file", read_schedule, 0, 0, 0, false },
	{ 0 },
};

/* A bare name stands for the policy with its default settings. */
static int read_policy(struct yaml_reader *reader, const yaml_node_t *node,
		       const struct yaml_field *field, void *object)
{
	struct scenario *scenario = object;

	scenario->policy_at = yaml_place(node);
	if (node->type == YAML_SCALAR_NODE)
		return read_policy_name(reader, node, field, object);
	return yaml_read_mapping(reader, node, "policy", policy_fields, object);
}

static int read_show(struct yaml_reader *reader, const yaml_node_t *node,
		     const struct yaml_field *field, void *object)
{
	struct scenario *scenario = object;
	size_t i;
	int error = yaml_choice(reader, node, "show", scenario_show_word, NULL, &i);

	if (!error)
		scenario->show = (enum show)i;
	return error;
}

static int read_format(struct yaml_reader *reader, const yaml_node_t *node,
		       const struct yaml_field *field, void *object)
{
	struct scenario *scenario = object;
	size_t i;
	int error = yaml_choice(reader, node, "format", scenario_format_word, NULL, &i);

	if (!error)
		scenario->format = (enum format)i;
	return error;
}

/* -------------------------------------------------------------------- VMs */

static int read_name(struct yaml_reader *reader, const yaml_node_t *node,
		     const struct yaml_field *field, void *object)
{
	struct scenario_vm *vm = object;
	int error = read_string(reader, node, "name", &vm->name);

	if (error)
		return error;
	vm->name_at = yaml_place(node);
	for (const char *c = vm->name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			return yaml_fail(reader, node, "name %s has other characters; expected "
					 "letters, digits, '-', '_' and '.'",
					 yaml_describe(node).text);
	if (strlen(vm->name) > SCENARIO_NAME_MAX)
		return yaml_fail(reader, node, "name is %zu bytes long; expected at most %d",
				 strlen(vm->name), SCENARIO_NAME_MAX);
	if (!strcmp(vm->name, EXPECTATION_HOST_NAME))
		return yaml_fail(reader, node, "name \"%s\" is the host's; expected another",
				 vm->name);
	return 0;
}

static int read_image(struct yaml_reader *reader, const yaml_node_t *node,
		      const struct yaml_field *field, void *object)
{
	struct scenario_vm *vm = object;

	vm->image_at = yaml_place(node);
	return read_string(reader, node, "image", &vm->image);
}

static int read_mode(struct yaml_reader *reader, const yaml_node_t *node,
		     const struct yaml_field *field, void *object)
{
	struct scenario_vm *vm = object;
	size_t i;
	int error = yaml_choice(reader, node, "mode", scenario_mode_word, NULL, &i);

	if (!error) {
		vm->mode = (enum baton_mode)i;
		vm->has_mode = true;
	}
	return error;
}

static int read_memory(struct yaml_reader *reader, const yaml_node_t *node,
		       const struct yaml_field *field, void *object)
{
	struct scenario_vm *vm = object;
	int error = yaml_read_size(reader, node, field, object);

	if (!error && vm->memory % SCENARIO_PAGE)
		error = yaml_fail(reader, node, "memory is no multiple of 4 KiB; expected one");
	return error;
}

static int read_share(struct yaml_reader *reader, const yaml_node_t *node,
		      const struct yaml_field *field, void *object)
{
	struct scenario_vm *vm = object;

	vm->share_at = yaml_place(node);
	return yaml_read_number(reader, node, field, object);
}

static int read_vm_ports(struct yaml_reader *reader, const yaml_node_t *node,
			 const struct yaml_field *field, void *object)
{
	struct scenario_vm *vm = object;
	bool none;
	int error = device_course_read(reader, node, vm->ports, &none);

	if (!error && none) {
		device_settings_free(vm->ports);
		vm->ports = NULL;
	}
	return error;
}

static int read_argument(struct yaml_reader *reader, const yaml_node_t *node,
			 const struct yaml_field *field, void *object)
{
	const struct yaml_field number = { .key = field->key, .max = UINT32_MAX };
	struct scenario_vm *vm = object;
	uint64_t argument;
	int error = yaml_read_number(reader, node, &number, &argument);

	if (!error)
		vm->argument = (uint32_t)argument;
	return error;
}

static int read_vcpus(struct yaml_reader *reader, const yaml_node_t *node,
		      const struct yaml_field *field, void *object)
{
	return read_only_one(reader, node, field, "a VM has one vCPU for now, expected 1");
}

int scenario_read_vms(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		      const struct scenario *scenario, struct scenario_vms *vms)
{
	size_t none;

	if (node->type == YAML_SCALAR_NODE && !yaml_check_tag(reader, node) &&
	    strlen((const char *)node->data.scalar.value) == node->data.scalar.length &&
	    scenario_find(scenario, (const char *)node->data.scalar.value, vms))
		return 0;
	/* It is none of the words, or no word: this says what is wrong. */
	yaml_choice(reader, node, what, scenario_vm_word, scenario, &none);
	return -EINVAL;
}

int scenario_read_vm(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		     const struct scenario *scenario, size_t *vm)
{
	struct scenario_vms vms;
	int error = scenario_read_vms(reader, node, what, scenario, &vms);

	if (error)
		return error;
	if (scenario_find_vm(scenario, (const char *)node->data.scalar.value) == SIZE_MAX)
		return yaml_fail(reader, node, "%s %s is a group of VMs; expected one of them, from "
				 "\"%s\" to \"%s\"", what, yaml_describe(node).text,
				 scenario->vms[vms.first].name,
				 scenario->vms[vms.first + vms.count - 1].name);
	*vm = vms.first;
	return 0;
}

#define IN_VM(member) offsetof(struct scenario_vm, member)

static const struct yaml_field vm_fields[] = {
	{ "name", read_name, 0, 0, 0, false },
	{ "count", yaml_read_number, IN_VM(count), 1, SCENARIO_MOST_VMS, false },
	{ "image", read_image, 0, 0, 0, false },
	{ "mode", read_mode, 0, 0, 0, false },
	{ "memory", read_memory, IN_VM(memory), SCENARIO_LEAST_MEMORY, SCENARIO_MOST_MEMORY,
	  false },
	{ "share", read_share, IN_VM(share), 0, BATON_WEIGHT_MAX, false },
	{ "load", yaml_read_size, IN_VM(load), 0, SCENARIO_MOST_MEMORY, false },
	{ "entry", yaml_read_size, IN_VM(entry), 0, 0, false },
	{ "ports", read_vm_ports, 0, 0, 0, false },
	{ "argument", read_argument, 0, 0, 0, false },
	{ "bare", yaml_read_bool, IN_VM(bare), 0, 0, false },
	{ "arrives", yaml_read_duration, IN_VM(arrives_ns), 0, 0, false },
	{ "watchdog", yaml_read_duration, IN_VM(watchdog_ns), 0, 0, false },
	{ "step_replay", yaml_read_bool, IN_VM(step_replay), 0, 0, false },
	{ "reads_tsc", yaml_read_bool, IN_VM(reads_tsc), 0, 0, false },
	{ "workload", workload_read, IN_VM(workload), 0, 0, false },
	{ "vcpus", read_vcpus, 0, 0, 0, false },
	{ 0 },
};

static int read_vm(struct yaml_reader *reader, const yaml_node_t *node,
		   const struct yaml_field *field, void *object)
{
	struct scenario *scenario = object;
	struct scenario_vm *vm = scenario_add_vm(scenario);
	size_t same;
	int error;

	vm->at = vm->share_at = yaml_place(node);
	error = yaml_read_mapping(reader, node, "a VM", vm_fields, vm);
	if (!error && !vm->image && !scenario->simulated)
		return yaml_fail(reader, node, "a VM has no \"image\"; expected one");
	if (error || !vm->name)
		return error;
	same = scenario_find_vm(scenario, vm->name);
	if (same == SIZE_MAX) {
		directory_add(&scenario->names, vm->name, 2 * (scenario->vm_count - 1));
		return 0;
	}
	reader->error->at = vm->name_at;
	snprintf(reader->error->text, sizeof(reader->error->text),
		 "name \"%s\" is taken by the VM in line %u; expected another", vm->name,
		 scenario->vms[same].at.line);
	return -EINVAL;
}

static int read_vms(struct yaml_reader *reader, const yaml_node_t *node,
		    const struct yaml_field *field, void *object)
{
	struct scenario *scenario = object;
	int error = yaml_read_list(reader, node, field, read_vm, object);
	size_t count;

	if (!error)
		error = scenario_count(scenario, &count, reader->error);
	for (size_t i = 0; !error && i < scenario->vm_count; i++)
		if (!scenario->vms[i].name)
			scenario_name_vm(scenario, i);
	return error ? error : scenario_expand(scenario, reader->error);
}

/* ---------------------------------------------------------------- devices */

static int read_device(struct yaml_reader *reader, const yaml_node_t *node,
		       const struct yaml_field *field, void *object)
{
	struct scenario *scenario = object;
	struct device_settings *settings;
	int error = device_read(reader, node, scenario, &settings);

	if (error)
		return error;
	scenario->devices = heap_grow(scenario->devices, scenario->device_count,
				      sizeof(*scenario->devices));
	scenario->devices[scenario->device_count++] = settings;
	return 0;
}

static int read_devices(struct yaml_reader *reader, const yaml_node_t *node,
			const struct yaml_field *field, void *object)
{
	return yaml_read_list(reader, node, field, read_device, object);
}

/* -------------------------------------------------------------- the whole */

#define IN_SCENARIO(member) offsetof(struct scenario, member)

/* Devices and expectations name VMs, so they come last. */
static const struct yaml_field scenario_fields[] = {
	{ "version", read_version, 0, 0, 0, true },
	{ "policy", read_policy, 0, 0, 0, false },
	{ "for", yaml_read_duration, IN_SCENARIO(for_ns), 1, 0, false },
	{ "seed", yaml_read_number, IN_SCENARIO(seed), 0, 0, false },
	{ "watchdog", yaml_read_duration, IN_SCENARIO(watchdog_ns), 0, 0, false },
	{ "show", read_show, 0, 0, 0, false },
	{ "format", read_format, 0, 0, 0, false },
	{ "vms", read_vms, 0, 1, SCENARIO_MOST_ITEMS, true },
	{ "regions", scenario_read_regions, 0, 0, SCENARIO_MOST_ITEMS, false },
	{ "devices", read_devices, 0, 0, SCENARIO_MOST_ITEMS, false },
	{ "expect", scenario_read_expect, 0, 0, 0, false },
	{ "explore", scenario_read_explore, 0, 0, 0, false },
	{ 0 },
};

int scenario_parse(struct scenario *scenario, const void *bytes, size_t size,
		   struct yaml_error *error)
{
	struct yaml_reader reader;
	int result = yaml_reader_init(&reader, bytes, size, error);

	if (result)
		return result;
	result = yaml_read_mapping(&reader, yaml_root(&reader), "the scenario", scenario_fields,
				   scenario);
	yaml_reader_fini(&reader);
	return result;
}

/* Reads at most one byte more than a scenario may have. */
static int read_file(const char *path, char **bytes, size_t *size)
{
	FILE *file = fopen(path, "re");
	int result = 0;

	if (!file)
		return -errno;
	*bytes = heap_zeroed(LARGEST_FILE + 1, 1);
	errno = 0;
	*size = fread(*bytes, 1, LARGEST_FILE + 1, file);
	if (ferror(file))
		result = errno ? -errno : -EIO;
	else if (*size > LARGEST_FILE)
		result = -EFBIG;
	fclose(file);
	if (result)
		free(*bytes);
	return result;
}

int scenario_load(struct scenario *scenario, struct yaml_error *error)
{
	char *bytes = NULL;
	size_t size = 0;
	int result = read_file(scenario->file, &bytes, &size);

	if (result) {
		error->at = (struct place){ 0, 0 };
		snprintf(error->text, sizeof(error->text), "cannot be read: %s; expected a "
			 "scenario%s%s", strerror(-result), result == -EFBIG ? " of at most " : "",
			 result == -EFBIG ? units_size(LARGEST_FILE).text : "");
		return -EINVAL;
	}
	result = scenario_parse(scenario, bytes, size, error);
	free(bytes);
	return result;
}
