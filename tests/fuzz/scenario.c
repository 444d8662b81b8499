/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario.c - fuzz target: any bytes as a scenario.
 *
 * With clang, `ninja tests/fuzz/fuzz-scenario` builds it for libFuzzer:
 *	build/tests/fuzz/fuzz-scenario CORPUS tests/fuzz/corpus/scenario labs/matrix labs/answer
 * Everywhere else replay.c runs it over the corpus, as a test.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Two VMs, which differ; or one, which stands in the same place in all settings. */
static bool names_vms(const struct scenario *scenario, const struct device_settings *settings)
{
	const struct traffic_settings *t = (const struct traffic_settings *)settings;

	if (settings->type == &device_handoff || settings->type == &device_batch ||
	    settings->type == &device_ring)
		return t->producer < scenario->vm_count && t->consumer < scenario->vm_count &&
		       t->producer != t->consumer;
	return ((const struct console_settings *)settings)->vm + settings->others <
	       scenario->vm_count;
}

/* What every outcome must keep: an error says where and what; a scenario keeps its limits. */
static void check(const struct scenario *scenario, int result, const struct yaml_error *error)
{
	if (result) {
		if (!*error->text || !error->at.line || !error->at.column)
			abort();
		if (!strstr(error->text, "expected"))
			abort();
		return;
	}
	if (!scenario->vm_count || scenario->vm_count > SCENARIO_MOST_VMS)
		abort();
	for (size_t i = 0; i < scenario->vm_count; i++) {
		const struct scenario_vm *vm = &scenario->vms[i];

		if (!vm->image || !vm->name || strlen(vm->name) > SCENARIO_NAME_MAX)
			abort();
		if (scenario_find_vm(scenario, vm->name) != i)
			abort();
		if (vm->share > BATON_WEIGHT_MAX || vm->memory % SCENARIO_PAGE)
			abort();
	}
	if (scenario->schedule && !scenario_uses_schedule(scenario))
		abort();
	for (size_t i = 0; i < scenario->device_count; i++)
		if (!names_vms(scenario, scenario->devices[i]))
			abort();
	for (size_t i = 0; i < scenario->expectation_count; i++)
		if (scenario->expectations[i].vm + scenario->expectations[i].others >=
			    scenario->vm_count &&
		    scenario->expectations[i].vm != EXPECTATION_HOST)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct yaml_error error = { .text = "" };
	struct scenario scenario;
	int result;

	scenario_init(&scenario, "fuzz.yaml");
	result = scenario_parse(&scenario, bytes, size, &error);
	check(&scenario, result, &error);
	scenario_fini(&scenario);
	return 0;
}
