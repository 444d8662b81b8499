/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario_groups.c - what VMs are called, and VMs by the thousand: an item with a count
 * becomes a group, NAME-1 to NAME-COUNT.
 *
 * While the items are read, `vms` has one VM for each, and `names` knows it by its item's
 * name. scenario_expand() then puts the members in their places. Names of VMs and of groups
 * are all different.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "heap.h"
#include "scenario.h"

/* ----------------------------------------------------------------- finding */

/* `names` has a VM as twice its index, and a group as one more than twice its own. */

bool scenario_find(const struct scenario *scenario, const char *name, struct scenario_vms *vms)
{
	size_t number;

	if (!directory_find(&scenario->names, name, &number))
		return false;
	*vms = (struct scenario_vms){ .first = number / 2, .count = 1 };
	if (number % 2)
		*vms = scenario->groups[number / 2].vms;
	return true;
}

size_t scenario_find_vm(const struct scenario *scenario, const char *name)
{
	size_t number;

	return directory_find(&scenario->names, name, &number) && number % 2 == 0 ? number / 2 :
										   SIZE_MAX;
}

/* The groups come first. */
const char *scenario_vm_word(const void *context, size_t i)
{
	const struct scenario *scenario = context;

	if (i < scenario->group_count)
		return scenario->groups[i].name;
	i -= scenario->group_count;
	for (size_t k = 0; k < scenario->vm_count; k++)
		if (!scenario->vms[k].group && !i--)
			return scenario->vms[k].name;
	return NULL;
}

const struct scenario_group *scenario_group_of(const struct scenario *scenario, size_t vm)
{
	size_t group = scenario->vms[vm].group;

	return group ? &scenario->groups[group - 1] : NULL;
}

/* ------------------------------------------------------------------ naming */

/* The file's name without folder and extension, in the characters that a name may have. */
static char *stem_of(const char *image)
{
	const char *slash = strrchr(image, '/');
	const char *base = slash ? slash + 1 : image;
	const char *dot = strrchr(base, '.');
	size_t size = dot && dot > base ? (size_t)(dot - base) : strlen(base);
	size_t most = SCENARIO_NAME_MAX - 2 * (sizeof("-65536") - 1); /* its own number, a member's */
	char *stem;

	if (size > most)
		size = most;
	stem = size ? heap_print("%.*s", (int)size, base) : heap_copy("vm");
	for (char *c = stem; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			*c = '_';
	return stem;
}

/* Will a group have a member of that name, NAME-NUMBER? */
static bool is_members(const struct scenario *scenario, const char *name)
{
	const char *dash = strrchr(name, '-');
	char *group, *end;
	size_t item;
	bool found;
	unsigned long long number;

	if (!dash || dash[1] < '1' || dash[1] > '9')
		return false;
	number = strtoull(dash + 1, &end, 10);
	if (*end)
		return false;
	group = heap_print("%.*s", (int)(dash - name), name);
	found = directory_find(&scenario->names, group, &item) &&
		number <= scenario->vms[item / 2].count;
	free(group);
	return found;
}

static bool is_free(const struct scenario *scenario, const char *name, uint64_t count)
{
	bool found = !strcmp(name, EXPECTATION_HOST_NAME) || is_members(scenario, name);
	size_t item;

	found = found || directory_find(&scenario->names, name, &item);
	for (uint64_t i = 1; i <= count && !found; i++) {
		char *member = heap_print("%s-%llu", name, (unsigned long long)i);

		found = directory_find(&scenario->names, member, &item) ||
			is_members(scenario, member);
		free(member);
	}
	return !found;
}

void scenario_name_vm(struct scenario *scenario, size_t vm)
{
	struct scenario_vm *v = &scenario->vms[vm];
	const char *image = v->image ? v->image : "vm";
	char *stem = stem_of(image), *name = heap_copy(stem);
	size_t number = 1;

	for (size_t i = 0; i < scenario->vm_count; i++)
		if (scenario->vms[i].name && scenario->vms[i].image &&
		    !strcmp(scenario->vms[i].image, image))
			number++;
	if (number > 1)
		number--; /* the first of them may have a name of its own */
	while (!is_free(scenario, name, v->count)) {
		free(name);
		name = heap_print("%s-%zu", stem, ++number);
	}
	free(stem);
	v->name = name;
	directory_add(&scenario->names, name, 2 * vm);
}

/* --------------------------------------------------------------- expanding */

static char *copy(const char *text)
{
	return text ? heap_copy(text) : NULL;
}

/* Gives a VM its place for good. */
static int settle(struct scenario *scenario, const struct scenario_vm *vm, struct yaml_error *error)
{
	size_t i = scenario->vm_count++, other;

	scenario->vms[i] = *vm;
	if (vm->ports)
		device_course_give(vm->ports, i);
	if (directory_find(&scenario->names, vm->name, &other))
		return yaml_fail_at(error, vm->name_at.line ? vm->name_at : vm->at,
				    "name \"%s\" is taken by another VM, or a group; expected another",
				    vm->name);
	directory_add(&scenario->names, vm->name, 2 * i);
	return 0;
}

static int settle_group(struct scenario *scenario, struct scenario_vm *item,
			struct yaml_error *error)
{
	struct scenario_vm member = *item;
	struct scenario_group *group;
	int result = 0;
	size_t other;

	if (directory_find(&scenario->names, item->name, &other))
		result = yaml_fail_at(error, item->name_at.line ? item->name_at : item->at,
				      "name \"%s\" is taken by another group's VM; expected another",
				      item->name);
	member.group = scenario->group_count + 1;
	member.count = 0;
	scenario->groups = heap_grow(scenario->groups, scenario->group_count,
				     sizeof(*scenario->groups));
	group = &scenario->groups[scenario->group_count];
	group->name = item->name;
	group->vms = (struct scenario_vms){ scenario->vm_count, (size_t)item->count };
	for (size_t i = 1; i <= item->count && (i == 1 || !result); i++) {
		int settled;

		member.name = heap_print("%s-%zu", item->name, i);
		member.image = i > 1 ? copy(item->image) : item->image;
		member.ports = i > 1 && item->ports ? device_course_copy(item->ports) : item->ports;
		settled = settle(scenario, &member, error);
		result = result ? result : settled;
	}
	scenario->group_count++;
	if (!result)
		directory_add(&scenario->names, group->name, 2 * scenario->group_count - 1);
	return result;
}

int scenario_count(struct scenario *scenario, size_t *vms, struct yaml_error *error)
{
	*vms = 0;
	for (size_t i = 0; i < scenario->vm_count; i++) {
		struct scenario_vm *vm = &scenario->vms[i];

		if (vm->count && scenario->count)
			vm->count = scenario->count;
		*vms += vm->count ? (size_t)vm->count : 1;
		if (*vms > SCENARIO_MOST_VMS)
			return yaml_fail_at(error, vm->at, "more than %d VMs in all; expected at "
					    "most as many", SCENARIO_MOST_VMS);
	}
	return 0;
}

/* Do the names have room for numbers? */
static int check_names(const struct scenario *scenario, struct yaml_error *error)
{
	char digits[24];

	for (size_t i = 0; i < scenario->vm_count; i++) {
		const struct scenario_vm *vm = &scenario->vms[i];

		snprintf(digits, sizeof(digits), "-%llu", (unsigned long long)vm->count);
		if (vm->count && strlen(vm->name) + strlen(digits) > SCENARIO_NAME_MAX)
			return yaml_fail_at(error, vm->name_at, "name \"%s\" leaves no room for "
					    "numbers up to %s; expected at most %d bytes with them", vm->name,
					    digits + 1, SCENARIO_NAME_MAX);
	}
	return 0;
}

int scenario_expand(struct scenario *scenario, struct yaml_error *error)
{
	struct scenario_vm *items = scenario->vms;
	size_t item_count = scenario->vm_count, vms, i;
	bool any = false;
	int result = 0;

	for (i = 0; i < item_count; i++)
		any = any || items[i].count;
	if (!any)
		return 0;
	result = scenario_count(scenario, &vms, error);
	if (!result)
		result = check_names(scenario, error);
	if (result)
		return result;
	directory_fini(&scenario->names);
	scenario->vms = heap_zeroed(vms, sizeof(*scenario->vms));
	scenario->vm_count = 0;
	for (i = 0; i < item_count && !result; i++)
		result = items[i].count ? settle_group(scenario, &items[i], error) :
					  settle(scenario, &items[i], error);
	for (; i < item_count; i++) { /* those that have no place any more */
		free(items[i].name);
		free(items[i].image);
		if (items[i].ports)
			device_settings_free(items[i].ports);
	}
	free(items);
	return result;
}
