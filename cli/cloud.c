/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cloud.c - makes a host from a scenario and runs it.
 */
#include "cloud.h"

#include <errno.h>
#include <stdlib.h>

#include "device.h"
#include "heap.h"
#include "kernel_exits.h"
#include "outlet.h"
#include "show.h"
#include "terminal.h"
#include "trace_file.h"

#define PROGRESS_STEP_NS UINT64_C(200000000)
#define PROGRESS_FROM_NS UINT64_C(1000000000) /* shorter runs need no progress line */
#define RESERVE 4096 /* bytes of a VM's memory that its devices may hand it things in */

#define PROGRESS_VMS	 3			      /* as many as fit on a line */

enum status cloud_status(int error)
{
	switch (-error) {
	case EINVAL:
	case EEXIST:
	case ENOEXEC:
	case EFBIG:
	case EISDIR:
	case EIO:
		return STATUS_USAGE;
	default:
		return STATUS_CANNOT;
	}
}

static enum status fail(struct yaml_error *error, struct place at, int result,
			const struct baton_diag *diag)
{
	error->at = at;
	snprintf(error->text, sizeof(error->text), "%s%s%s", diag->where,
		 *diag->where ? ": " : "", diag->message);
	return cloud_status(result);
}

/* ----------------------------------------------------------------- making */

static int add_vm(struct cloud *cloud, size_t i, struct baton_diag *diag)
{
	const struct scenario_vm *vm = &cloud->scenario->vms[i];
	struct baton_vm_config config = BATON_VM_CONFIG;
	static const uint8_t halt = 0xF4; /* HLT: an image must be */

	config.name = vm->name;
	if (vm->blank) {
		config.image = &halt;
		config.image_size = sizeof(halt);
	} else {
		config.image_path = vm->path;
	}
	config.mode = vm->mode;
	config.memory = vm->memory;
	config.load = vm->load;
	config.entry = vm->entry;
	config.bare = vm->bare;
	config.step_replay = vm->step_replay;
	config.share = vm->share;
	config.arrives_ns = vm->arrives_ns;
	config.watchdog_ns = vm->watchdog_ns;
	config.argument = vm->argument;
	config.reserve = vm->ports ? RESERVE : 0;
	return baton_vm_create(cloud->host, &config, diag, &cloud->vms[i].vm);
}

static enum status add_region(struct cloud *cloud, const struct scenario_region *region,
			      struct yaml_error *error)
{
	struct baton_diag diag = { .message = "" };
	struct baton_region *shared;
	int result = baton_region_create(cloud->host, region->size, &diag, &shared);

	if (result)
		return fail(error, region->at, result, &diag);
	for (size_t i = 0; i < region->place_count; i++) {
		const struct scenario_place *place = &region->places[i];

		result = (region->trapped ? baton_region_trap : baton_region_share)(
			shared, cloud->vms[place->vm].vm, place->gpa, &diag);
		if (result)
			return fail(error, place->at, result, &diag);
	}
	return STATUS_MET;
}

/* What the VMs have on their ports, then the scenario's devices. */
static enum status add_devices(struct cloud *cloud, struct yaml_error *error)
{
	const struct scenario *scenario = cloud->scenario;
	struct device_site site = { .scenario = scenario, .host = cloud->host };
	const struct device_settings *settings;
	struct baton_diag diag = { .message = "" };
	int result = 0;

	site.vms = heap_zeroed(scenario->vm_count, sizeof(*site.vms));
	for (size_t i = 0; i < scenario->vm_count; i++)
		site.vms[i] = (struct device_site_vm){
			.vm = cloud->vms[i].vm, .output = &cloud->vms[i].output,
		};
	for (size_t i = 0; i < scenario->device_count; i++)
		if (scenario->devices[i]->type->prepare)
			scenario->devices[i]->type->prepare(scenario->devices[i], &site);
	for (size_t i = 0; i < scenario->vm_count + scenario->device_count && !result; i++) {
		settings = i < scenario->vm_count ? scenario->vms[i].ports :
						    scenario->devices[i - scenario->vm_count];
		site.shown = i < scenario->vm_count ? NULL : &cloud->devices[i - scenario->vm_count];
		for (site.member = 0; settings && site.member <= settings->others && !result;
		     site.member++)
			result = settings->type->create(settings, &site, &diag);
	}
	free(site.vms);
	return result ? fail(error, settings->at, result, &diag) : STATUS_MET;
}

int cloud_add_host(struct cloud *cloud, struct show_lines *lines, const struct cloud_tape *tape,
		   struct baton_diag *diag)
{
	const struct scenario *scenario = cloud->scenario;
	struct baton_host_config config = BATON_HOST_CONFIG;

	config.policy = scenario->policy;
	config.sched.slice_ns = scenario->quantum_ns;
	config.sched.burst = (uint32_t)scenario->burst;
	config.sched.seed = scenario->seed;
	config.sched.script = scenario->script;
	config.max_vms = (uint32_t)scenario->vm_count;
	config.trace = scenario->trace ? &scenario->trace->sink : NULL;
	config.observer = &lines->observer;
	config.observer_context = lines;
	if (tape) {
		config.observer = tape->observer;
		config.observer_context = tape->context;
		config.choices = tape->choices;
		config.gate = tape->gate;
		config.gate_context = tape->gate_context;
	}
	if (tape && tape->policy) {
		config.ops = tape->policy;
		config.sched.script = tape->script;
		config.untimed = true;
	}
	return baton_host_create(&config, diag, &cloud->host);
}

/* Output is kept where it is to be compared, and one byte more to tell "too much". */
static void prepare_outputs(struct cloud *cloud, const struct show_lines *lines, struct outlet *to,
			    struct terminal *terminal)
{
	const struct scenario *scenario = cloud->scenario;
	/* A file or a pipe gets the bytes as they are. */
	bool named = to->eager && scenario->vm_count > 1 && scenario->format == FORMAT_LINES;

	for (size_t k = 0; k < scenario->expectation_count; k++) {
		const struct expectation *e = &scenario->expectations[k];

		for (size_t i = 0; e->vm != EXPECTATION_HOST && i <= e->others; i++)
			if (expectation_room(e) > cloud->vms[e->vm + i].output.room)
				cloud->vms[e->vm + i].output.room = expectation_room(e);
	}
	for (size_t i = 0; i < scenario->vm_count; i++) {
		output_init(&cloud->vms[i].output, to, terminal, cloud->vms[i].output.room);
		cloud->vms[i].output.json = scenario->format == FORMAT_JSON;
		if (named)
			output_set_name(&cloud->vms[i].output, scenario->vms[i].name,
					lines->name_width);
	}
}

static void prepare_devices(struct cloud *cloud, struct show_lines *lines)
{
	const struct scenario *scenario = cloud->scenario;

	cloud->devices = heap_zeroed(scenario->device_count, sizeof(*cloud->devices));
	for (size_t i = 0; i < scenario->device_count; i++)
		cloud->devices[i] = (struct show_device){
			.lines = lines, .type = scenario->devices[i]->type, .number = i,
		};
}

enum status cloud_create(struct cloud *cloud, const struct scenario *scenario,
			 struct show_lines *lines, const struct cloud_tape *tape, struct outlet *to,
			 struct terminal *terminal, struct yaml_error *error)
{
	struct baton_diag diag = { .message = "" };
	int result;

	*cloud = (struct cloud){ .scenario = scenario, .tape = tape };
	cloud->vms = heap_zeroed(scenario->vm_count, sizeof(*cloud->vms));
	prepare_outputs(cloud, lines, to, terminal);
	prepare_devices(cloud, lines);
	result = cloud_add_host(cloud, lines, tape, &diag);
	if (result)
		return fail(error, (struct place){ 0, 0 }, result, &diag);
	to->host = cloud->host;
	if (scenario->kernel_exits) {
		cloud->kernel = heap_zeroed(1, sizeof(*cloud->kernel));
		kernel_exits_begin(cloud->kernel, "", scenario->vm_count);
	}
	for (size_t i = 0; i < scenario->vm_count; i++) {
		result = add_vm(cloud, i, &diag);
		if (result)
			return fail(error, scenario->vms[i].at, result, &diag);
		if (cloud->kernel)
			kernel_exits_created(cloud->kernel, i);
	}
	for (size_t i = 0; i < scenario->region_count; i++) {
		enum status status = add_region(cloud, &scenario->regions[i], error);

		if (status)
			return status;
	}
	return add_devices(cloud, error);
}

void cloud_destroy(struct cloud *cloud)
{
	baton_host_destroy(cloud->host);
	for (size_t i = 0; i < cloud->scenario->vm_count; i++)
		output_fini(&cloud->vms[i].output);
	if (cloud->kernel)
		kernel_exits_fini(cloud->kernel);
	free(cloud->kernel);
	free(cloud->vms);
	free(cloud->devices);
}

/* ---------------------------------------------------------------- running */

static double per_cent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

void cloud_measure(struct cloud *cloud)
{
	const struct scenario *scenario = cloud->scenario;
	uint64_t cpu_ns = 0, weights = 0;

	baton_host_stats(cloud->host, &cloud->stats);
	for (size_t i = 0; i < scenario->vm_count; i++) {
		struct baton_vm_stats *stats = &cloud->vms[i].stats;

		baton_vm_stats(cloud->vms[i].vm, stats);
		cpu_ns += stats->run_ns + stats->handler_ns;
		weights += scenario->vms[i].share;
	}
	for (size_t i = 0; i < scenario->vm_count; i++) {
		struct cloud_vm *vm = &cloud->vms[i];

		vm->share = per_cent(vm->stats.run_ns + vm->stats.handler_ns, cpu_ns);
		vm->target = per_cent(scenario->vms[i].share, weights);
	}
}

static void measure_kernel(struct cloud *cloud)
{
	kernel_exits_read(cloud->kernel);
	for (size_t i = 0; i < cloud->scenario->vm_count; i++)
		kernel_exits_measure(cloud->kernel, i, cloud->vms[i].vm);
}

static void show_progress(struct cloud *cloud, struct terminal *terminal)
{
	const struct scenario *scenario = cloud->scenario;
	char line[128] = "";
	int used = 0;

	if (scenario->vm_count <= PROGRESS_VMS)
		cloud_measure(cloud);
	for (size_t i = 0; i < scenario->vm_count && scenario->vm_count <= PROGRESS_VMS; i++)
		used += snprintf(line + used, sizeof(line) - (size_t)used, "   %.9s %.1f %%",
				 scenario->vms[i].name, cloud->vms[i].share);
	if (scenario->for_ns == BATON_FOREVER)
		terminal_progress(terminal, "%.1f s%s", (double)cloud->stats.wall_ns / 1e9, line);
	else
		terminal_progress(terminal, "%.1f s of %.1f s%s",
				  (double)cloud->stats.wall_ns / 1e9,
				  (double)scenario->for_ns / 1e9, line);
}

/* Until nobody sees to it that the VMs can go on. */
static int run_on(struct cloud *cloud, uint64_t budget_ns)
{
	const struct cloud_tape *tape = cloud->tape;
	int error;

	do
		error = baton_host_run(cloud->host, budget_ns, &cloud->end);
	while (!error && cloud->end == BATON_RUN_STUCK && tape && tape->stuck &&
	       tape->stuck(tape->gate_context, cloud));
	return error;
}

/* Wall time goes by what the host measured, so that steps add up to the whole and no more. */
int cloud_run(struct cloud *cloud, struct terminal *terminal, bool quiet)
{
	uint64_t total = cloud->scenario->for_ns;
	bool in_steps = terminal->live && !quiet && total > PROGRESS_FROM_NS;
	int error;

	do {
		uint64_t left = BATON_FOREVER;

		if (total != BATON_FOREVER)
			left = total - cloud->stats.wall_ns;
		if (in_steps && left > PROGRESS_STEP_NS)
			left = PROGRESS_STEP_NS;
		error = run_on(cloud, left);
		baton_host_stats(cloud->host, &cloud->stats);
		if (in_steps && cloud->stats.wall_ns > PROGRESS_FROM_NS)
			show_progress(cloud, terminal);
	} while (!error && cloud->end == BATON_RUN_BUDGET && cloud->stats.wall_ns < total);
	terminal_clear(terminal);
	cloud_measure(cloud);
	if (cloud->kernel)
		measure_kernel(cloud);
	return error;
}
