/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake-baton.c - see fake-baton.h. What a report has no business to call fails.
 */
#include "fake-baton.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "baton/traffic.h"

const struct baton_device_ops baton_batch = { .name = "batch" };
const struct baton_device_ops baton_console = { .name = "console" };
const struct baton_device_ops baton_course = { .name = "course" };
const struct baton_device_ops baton_doorbell = { .name = "doorbell" };
const struct baton_device_ops baton_exits = { .name = "exits" };
const struct baton_device_ops baton_files = { .name = "files" };
const struct baton_device_ops baton_handoff = { .name = "handoff" };
const struct baton_device_ops baton_latch = { .name = "latch" };
const struct baton_device_ops baton_random = { .name = "random" };
const struct baton_device_ops baton_ring = { .name = "ring" };
const struct baton_device_ops baton_section = { .name = "section" };
const struct baton_device_ops baton_timer = { .name = "timer" };

const struct baton_course_map *baton_course_maps(void)
{
	static const struct baton_course_map maps[2] = { { .name = "course", .print8 = 0xE9 } };

	return maps;
}

const struct baton_batch_ports *baton_batch_ports(void)
{
	static const struct baton_batch_ports ports[2] = { { .name = "course" } };

	return ports;
}

const char *baton_ring_layout_name(enum baton_ring_layout layout)
{
	return layout == BATON_RING_COUNT ? "count" : "pointers";
}

const char *baton_traffic_name(enum baton_traffic_kind kind)
{
	static const char *const names[] = { "produced", "consuming", "consumed" };

	return names[kind];
}

const char *baton_exit_name(enum baton_exit_kind kind)
{
	static const char *const names[] = {
#define BATON_EXIT(id, name, summary) name,
#include "baton/exits.def"
#undef BATON_EXIT
	};

	return names[kind];
}

const char *baton_steps_end_name(enum baton_steps_end end)
{
	static const char *const names[] = { "none", "exact", "other", "long", "failed" };

	return names[end];
}

const char *baton_cause_name(enum baton_cause cause)
{
	static const char *const names[] = {
#define BATON_CAUSE(id, name, sentence, advice) name,
#include "baton/causes.def"
#undef BATON_CAUSE
	};

	return names[cause];
}

const char *baton_mode_name(enum baton_mode mode)
{
	static const char *const names[] = { "real", "protected", "paged", "long" };

	return names[mode];
}

const char *baton_outcome_name(enum baton_outcome outcome)
{
	static const char *const names[] = { "running", "blocked", "halted", "dead" };

	return names[outcome];
}

const char *baton_death_name(enum baton_death_kind kind)
{
	static const char *const names[] = {
		[BATON_DEATH_SHUTDOWN] = "shutdown",
		[BATON_DEATH_TRIPWIRE] = "tripwire",
		[BATON_DEATH_WATCHDOG] = "watchdog",
	};

	return names[kind];
}

const char *baton_why_name(enum baton_why why)
{
	return why == BATON_WHY_SLICE ? "slice" : "exits";
}

const struct baton_sched_ops *const *baton_policies(void)
{
	static const struct baton_sched_ops share = { .name = "share" };
	static const struct baton_sched_ops *const policies[] = { &share, NULL };

	return policies;
}

void baton_host_stats(const struct baton_host *host, struct baton_host_stats *stats)
{
	*stats = host->stats;
}

void baton_vm_stats(const struct baton_vm *vm, struct baton_vm_stats *stats)
{
	*stats = vm->stats;
}

int baton_vm_kvm_stats(const struct baton_vm *vm, struct baton_kvm_stat *stats, uint32_t room,
		       uint32_t *count)
{
	for (*count = 0; *vm->kvm_stats[*count].name && !vm->kvm_stats_error; ++*count)
		if (*count < room)
			stats[*count] = vm->kvm_stats[*count];
	return vm->kvm_stats_error;
}

const char *baton_vm_name(const struct baton_vm *vm)
{
	return vm->name;
}

enum baton_mode baton_vm_mode(const struct baton_vm *vm)
{
	return vm->mode;
}

const struct baton_death *baton_vm_death(const struct baton_vm *vm)
{
	return vm->death;
}

int baton_vm_read(const struct baton_vm *vm, baton_gpa_t from, void *to, size_t size)
{
	if (from > sizeof(vm->memory) || size > sizeof(vm->memory) - from)
		return -EFAULT;
	memcpy(to, vm->memory + from, size);
	return 0;
}

int baton_host_create(const struct baton_host_config *config, struct baton_diag *diag,
		      struct baton_host **host)
{
	abort();
}

void baton_host_destroy(struct baton_host *host)
{
	abort();
}

int baton_host_run(struct baton_host *host, uint64_t budget_ns, enum baton_run_end *end)
{
	abort();
}

int baton_vm_create(struct baton_host *host, const struct baton_vm_config *config,
		    struct baton_diag *diag, struct baton_vm **vm)
{
	abort();
}

int baton_device_create(struct baton_host *host, const struct baton_device_ops *ops,
			const void *config, struct baton_diag *diag, struct baton_device **device)
{
	abort();
}

void baton_host_stop(struct baton_host *host)
{
	(void)host;
}

int baton_region_create(struct baton_host *host, uint64_t size, struct baton_diag *diag,
			struct baton_region **region)
{
	(void)host, (void)size, (void)diag, (void)region;
	return 0;
}

int baton_region_share(struct baton_region *region, struct baton_vm *vm, baton_gpa_t at,
		       struct baton_diag *diag)
{
	(void)region, (void)vm, (void)at, (void)diag;
	return 0;
}

int baton_region_trap(struct baton_region *region, struct baton_vm *vm, baton_gpa_t at,
		      struct baton_diag *diag)
{
	return baton_region_share(region, vm, at, diag);
}
