/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.c - writes a record while a run goes on.
 */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cloud.h"
#include "device.h"
#include "scenario.h"

/* --------------------------------------------------------------------- hash */

/* FNV-1a, 64 bits. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001B3);
	return hash;
}

static uint64_t mix_file(uint64_t hash, const char *path)
{
	FILE *file = path ? fopen(path, "re") : NULL;
	char bytes[4096];
	size_t size;

	while (file && (size = fread(bytes, 1, sizeof(bytes), file)))
		hash = mix(hash, bytes, size);
	if (file)
		fclose(file);
	return hash;
}

uint64_t record_hash(const struct scenario *scenario)
{
	uint64_t hash = mix_file(UINT64_C(0xCBF29CE484222325), scenario->file);

	for (size_t i = 0; i < scenario->vm_count; i++) {
		const struct scenario_vm *vm = &scenario->vms[i];
		const uint64_t facts[] = {
			vm->mode, vm->bare, vm->memory, vm->load, vm->entry, vm->argument,
		};

		hash = mix(hash, facts, sizeof(facts));
		hash = mix_file(hash, vm->path);
	}
	return hash;
}

const char *record_obstacle(const struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->region_count; i++)
		if (!scenario->regions[i].trapped)
			return "VMs share memory, where the host sees no access";
	for (size_t i = 0; i < scenario->vm_count; i++) {
		const struct course_settings *ports = (const void *)scenario->vms[i].ports;

		if (scenario->vms[i].reads_tsc)
			return "a guest reads the time-stamp counter";
		if (ports && ports->gva != BATON_COURSE_GVA_OFF)
			return "a guest may ask for host addresses";
	}
	for (size_t i = 0; i < scenario->device_count; i++)
		if (scenario->devices[i]->type == &device_files)
			return "a guest reads or writes files, which may change";
	return NULL;
}

/* ------------------------------------------------------------------ writing */

static size_t number(const struct recorder *r, const struct baton_vm *vm)
{
	return scenario_find_vm(r->scenario, baton_vm_name(vm)) + 1;
}

static void see_exit(void *context, struct baton_vm *vm, const struct baton_exit *e)
{
	struct recorder *r = context;

	fprintf(r->file, "exit %zu %s 0x%" PRIx64 " %u %" PRIu32 " 0x%" PRIx64 "\n", number(r, vm),
		baton_exit_name(e->kind), e->addr, e->size, e->count, e->data);
	r->on_turn = vm;
	if (r->next->exit)
		r->next->exit(r->next_context, vm, e);
}

static void see_turn(void *context, const struct baton_turn *turn)
{
	struct recorder *r = context;

	fprintf(r->file, "turn %zu %" PRIu64 "\n", number(r, turn->vm), turn->exits);
	r->exits += turn->exits;
	r->on_turn = NULL;
	if (r->next->turn)
		r->next->turn(r->next_context, turn);
}

static uint64_t see_time(void *context, struct baton_vm *vm, uint64_t ns)
{
	struct recorder *r = context;

	fprintf(r->file, "time %zu %" PRIu64 "\n", number(r, vm), ns);
	return ns;
}

void recorder_begin(struct recorder *r, FILE *file, const struct scenario *scenario,
		    const struct baton_observer *next, void *next_context)
{
	*r = (struct recorder){
		.file = file,
		.scenario = scenario,
		.next = next,
		.next_context = next_context,
		.observer = { .exit = see_exit, .turn = see_turn },
		.choices = { .context = r, .time = see_time },
	};
	fprintf(file, "baton-record %d\nscenario %016" PRIx64 "\nseed %" PRIu64 "\n", RECORD_VERSION,
		record_hash(scenario), scenario->seed);
}

/* The run's end may have cut a turn: it had what is left of all exits. */
static void end_turn(struct recorder *r, const struct cloud *cloud)
{
	uint64_t all = 0;

	if (!r->on_turn)
		return;
	for (size_t i = 0; i < cloud->scenario->vm_count; i++)
		all += cloud->vms[i].stats.exits;
	fprintf(r->file, "turn %zu %" PRIu64 "\n", number(r, r->on_turn), all - r->exits);
}

static const char *obstacle_of_run(const struct cloud *cloud)
{
	if (cloud->stats.alarms)
		return "a timer sent interrupts, which come at any instruction";
	for (size_t i = 0; i < cloud->scenario->vm_count; i++) {
		const struct baton_death *death = baton_vm_death(cloud->vms[i].vm);

		if (death && death->kind == BATON_DEATH_WATCHDOG)
			return "a watchdog ended a VM, at any instruction";
	}
	return record_obstacle(cloud->scenario);
}

int recorder_end(struct recorder *r, const struct cloud *cloud)
{
	const char *obstacle = obstacle_of_run(cloud);

	end_turn(r, cloud);
	if (obstacle)
		fprintf(r->file, "cannot-be-replayed %s\n", obstacle);
	else
		fputs("end\n", r->file);
	errno = 0;
	return fflush(r->file) || ferror(r->file) ? -(errno ? errno : EIO) : 0;
}
