/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario.c - what a run is to be, apart from how YAML spells it.
 */
#include "scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "heap.h"
#include "image.h"
#include "places.h"
#include "units.h"

void scenario_init(struct scenario *scenario, const char *file)
{
	const struct baton_sched_config sched = BATON_SCHED_CONFIG;

	*scenario = (struct scenario){
		.file = file,
		.folder = file ? place_of(file) : heap_copy("."),
		.policy = "share",
		.quantum_ns = sched.slice_ns,
		.burst = sched.burst,
		.seed = sched.seed,
		.for_ns = BATON_FOREVER,
	};
}

void scenario_drop_expectations(struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->expectation_count; i++)
		expectation_fini(&scenario->expectations[i]);
	free(scenario->expectations);
	scenario->expectations = NULL;
	scenario->expectation_count = 0;
}

void scenario_fini(struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->vm_count; i++) {
		free(scenario->vms[i].name);
		free(scenario->vms[i].image);
		free(scenario->vms[i].path);
		if (scenario->vms[i].ports)
			device_settings_free(scenario->vms[i].ports);
	}
	scenario_drop_expectations(scenario);
	free(scenario->vms);
	for (size_t i = 0; i < scenario->group_count; i++)
		free(scenario->groups[i].name);
	free(scenario->groups);
	directory_fini(&scenario->names);
	for (size_t i = 0; i < scenario->region_count; i++) {
		free(scenario->regions[i].name);
		free(scenario->regions[i].places);
	}
	free(scenario->regions);
	for (size_t i = 0; i < scenario->device_count; i++)
		device_settings_free(scenario->devices[i]);
	free(scenario->devices);
	scenario_explore_fini(&scenario->explore);
	free(scenario->folder);
	free(scenario->schedule);
}

char *scenario_error(const struct scenario *scenario, const struct yaml_error *error)
{
	if (!scenario->file)
		return heap_print("baton run: %s", error->text);
	if (!error->at.line)
		return heap_print("%s: %s", scenario->file, error->text);
	return heap_print("%s:%u:%u: %s", scenario->file, error->at.line, error->at.column,
			  error->text);
}

/* -------------------------------------------------------------------- VMs */

struct scenario_vm *scenario_add_vm(struct scenario *scenario)
{
	const struct baton_vm_config config = BATON_VM_CONFIG;
	struct scenario_vm *vm;

	scenario->vms = heap_grow(scenario->vms, scenario->vm_count, sizeof(*scenario->vms));
	vm = &scenario->vms[scenario->vm_count++];
	vm->memory = config.memory;
	vm->share = config.share;
	vm->load = config.load;
	vm->entry = config.entry;
	vm->watchdog_ns = BATON_FOREVER;
	vm->ports = device_course_new(scenario, scenario->vm_count - 1);
	return vm;
}

/* Reads the SHARE and MODE of "IMAGE:SHARE:MODE"; an empty part stands for the default. */
static int read_parts(struct scenario_vm *vm, char *share, char *mode, struct yaml_error *error)
{
	const struct place nowhere = { 0, 0 };
	const char *wrong = *share ? units_read_number(share, &vm->share) : NULL;
	const char *word, *meant;
	char list[80];

	if (!wrong && vm->share > BATON_WEIGHT_MAX)
		wrong = "is too large";
	if (wrong)
		return yaml_fail_at(error, nowhere,
				    "%s: share \"%s\" %s; expected " UNITS_NUMBER " from 0 to %llu",
				    vm->image, share, wrong, (unsigned long long)BATON_WEIGHT_MAX);
	if (!*mode)
		return 0;
	for (size_t i = 0; (word = scenario_mode_word(NULL, i)); i++) {
		if (!strcmp(word, mode)) {
			vm->mode = (enum baton_mode)i;
			vm->has_mode = true;
			return 0;
		}
	}
	meant = suggest(mode, scenario_mode_word, NULL);
	return yaml_fail_at(error, nowhere, "%s: mode \"%s\" is unknown; expected %s%s%s%s",
			    vm->image, mode, suggest_list(list, sizeof(list), scenario_mode_word, NULL),
			    meant ? " (did you mean \"" : "", meant ? meant : "", meant ? "\"?)" : "");
}

/* Cuts "*N" off the end of an image's name. What is no count is part of the name. */
static int read_count(struct scenario_vm *vm, struct yaml_error *error)
{
	char *star = strrchr(vm->image, '*');
	const char *wrong;

	if (!star || !star[1] || star[1 + strspn(star + 1, "0123456789")])
		return 0;
	wrong = units_read_number(star + 1, &vm->count);
	if (!wrong && (!vm->count || vm->count > SCENARIO_MOST_VMS))
		wrong = "is too small or too large";
	if (wrong)
		return yaml_fail_at(error, (struct place){ 0, 0 }, "%s: count \"%s\" %s; expected "
				    UNITS_NUMBER " from 1 to %d", vm->image, star + 1, wrong,
				    SCENARIO_MOST_VMS);
	*star = '\0';
	return 0;
}

int scenario_add_image(struct scenario *scenario, const char *text, struct yaml_error *error)
{
	struct scenario_vm *vm;
	char *share, *mode;
	size_t vms;
	int result;

	if (scenario->vm_count == SCENARIO_MOST_ITEMS)
		return yaml_fail_at(error, (struct place){ 0, 0 },
				    "too many images; expected at most %d", SCENARIO_MOST_ITEMS);
	vm = scenario_add_vm(scenario);
	vm->image = heap_copy(text);
	share = strchr(vm->image, ':');
	if (share)
		*share++ = '\0';
	else
		share = vm->image + strlen(vm->image);
	mode = strchr(share, ':');
	if (mode)
		*mode++ = '\0';
	else
		mode = share + strlen(share);
	result = read_count(vm, error);
	if (result)
		return result;
	if (!*vm->image)
		return yaml_fail_at(error, (struct place){ 0, 0 },
				    "\"%s\" names no image; expected IMAGE[*N][:SHARE[:MODE]]", text);
	result = read_parts(vm, share, mode, error);
	if (!result)
		result = scenario_count(scenario, &vms, error);
	if (!result)
		scenario_name_vm(scenario, scenario->vm_count - 1);
	return result;
}

/* -------------------------------------------------------------- the whole */

bool scenario_uses_quantum(const struct scenario *scenario)
{
	return !strcmp(scenario->policy, "quantum") || !strcmp(scenario->policy, "share");
}

bool scenario_uses_schedule(const struct scenario *scenario)
{
	return !strcmp(scenario->policy, "script");
}

static int check_schedule(const struct scenario *scenario, struct yaml_error *error)
{
	if (!scenario_uses_schedule(scenario) || scenario->schedule)
		return 0;
	return yaml_fail_at(error, scenario->policy_at, "policy script has no schedule; expected "
			    "--schedule FILE, or a scenario's policy with \"file\"");
}

static int check_shares(const struct scenario *scenario, struct yaml_error *error)
{
	if (strcmp(scenario->policy, "share"))
		return 0;
	for (size_t i = 0; i < scenario->vm_count; i++)
		if (scenario->vms[i].share)
			return 0;
	return yaml_fail_at(error, scenario->vms[0].share_at,
			    "every share is 0; expected at least one above 0");
}

static int find_image(const struct scenario *scenario, struct scenario_vm *vm,
		      struct yaml_error *error)
{
	char *meant, *guests;
	int result;

	vm->path = image_find(scenario->folder, vm->image);
	if (vm->blank)
		return 0;
	if (vm->path) {
		result = vm->has_mode ? 0 : image_mode(vm->path, &vm->mode);
		return result ? yaml_fail_at(error, vm->image_at, "image \"%s\" cannot be read: %s",
					     vm->path, strerror(-result))
				      : 0;
	}
	meant = image_suggest(scenario->folder, vm->image);
	guests = place_folder(PLACE_GUESTS);
	result = yaml_fail_at(error, vm->image_at,
			      "no image \"%s\"; expected a file in %s, or one of Baton's guests in %s"
			      "%s%s%s",
			      vm->image, scenario->folder, guests, meant ? " (did you mean \"" : "",
			      meant ? meant : "", meant ? "\"?)" : "");
	free(guests);
	free(meant);
	return result;
}

static int check_expectations(const struct scenario *scenario, struct yaml_error *error)
{
	for (size_t i = 0; i < scenario->expectation_count; i++) {
		const struct expectation *e = &scenario->expectations[i];
		uint64_t memory;

		if (e->what == EXPECT_LAG && strcmp(scenario->policy, "share"))
			return yaml_fail_at(error, e->at,
					    "policy %s bounds no lag; expected policy share",
					    scenario->policy);
		if (e->what != EXPECT_MEMORY)
			continue;
		memory = scenario->vms[e->vm].memory;
		if (e->memory.gpa > memory - sizeof(e->memory.word))
			return yaml_fail_at(error, e->at,
					    "address 0x%llx is outside of memory; expected at most "
					    "0x%llx",
					    (unsigned long long)e->memory.gpa,
					    (unsigned long long)(memory - sizeof(e->memory.word)));
	}
	return 0;
}

int scenario_finish(struct scenario *scenario, struct yaml_error *error)
{
	int result;

	if (!scenario->vm_count)
		return yaml_fail_at(error, (struct place){ 0, 0 }, "no VM; expected at least one");
	result = scenario_expand(scenario, error);
	if (!result)
		result = check_shares(scenario, error);
	if (!result)
		result = check_schedule(scenario, error);
	if (!result)
		result = check_expectations(scenario, error);
	for (size_t i = 0; !result && i < scenario->vm_count; i++) {
		struct scenario_vm *vm = &scenario->vms[i];

		if (vm->watchdog_ns == BATON_FOREVER)
			vm->watchdog_ns = scenario->watchdog_ns;
		/* Members of a group are alike. */
		if (i && vm->group && vm->group == vm[-1].group) {
			vm->path = heap_copy(vm[-1].path);
			vm->mode = vm[-1].mode;
		} else {
			result = find_image(scenario, vm, error);
		}
	}
	return result;
}

/* ------------------------------------------------------------------ words */

const char *scenario_policy_word(const void *none, size_t i)
{
	return baton_policies()[i] ? baton_policies()[i]->name : NULL;
}

const char *scenario_mode_word(const void *none, size_t i)
{
	return i < BATON_MODES ? baton_mode_name((enum baton_mode)i) : NULL;
}

const char *scenario_show_word(const void *none, size_t i)
{
	static const char *const words[] = {
		[SHOW_NONE] = "none",
		[SHOW_EXITS] = "exits",
		[SHOW_TURNS] = "turns",
		[SHOW_TRAFFIC] = "traffic",
	};

	return i < sizeof(words) / sizeof(*words) ? words[i] : NULL;
}

const char *scenario_format_word(const void *none, size_t i)
{
	static const char *const words[] = {
		[FORMAT_LINES] = "lines",
		[FORMAT_COURSE] = "course",
		[FORMAT_JSON] = "json",
	};

	return i < sizeof(words) / sizeof(*words) ? words[i] : NULL;
}
