/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capacity.c - a table: what a VM takes of each limit.
 */
#include "capacity.h"

#include <stdio.h>
#include <string.h>

#include "units.h"

static const struct row {
	const char *name;
	unsigned per_vm, besides; /* for each VM, and for the rest of the process */
} rows[LIMITS] = {
	/* Its memory, the VM, the vCPU. */
	[LIMIT_FILES] = { "file descriptors", 3, 16 },
	/* KVM's worker. */
	[LIMIT_TASKS] = { "tasks of this user", 1, 0 },
	[LIMIT_TASKS_CGROUP] = { "tasks of this cgroup", 1, 0 },
	[LIMIT_TASKS_KERNEL] = { "tasks of this machine", 1, 0 },
	[LIMIT_TASK_NUMBERS] = { "numbers for tasks", 1, 0 },
	/* Its memory and a guard on either side, the vCPU's run area. */
	[LIMIT_MAPPINGS] = { "memory mappings", 4, 64 },
	/* Of the kernel above all: bench/scale in the bed svm, less a third. */
	[LIMIT_MEMORY] = { "KiB of memory", 200, 0 },
};

const char *limit_name(enum limit limit)
{
	return rows[limit].name;
}

struct capacity_need capacity_need_of(uint64_t vms)
{
	struct capacity_need need = { .vms = vms };

	for (int i = 0; i < LIMITS; i++)
		need.of[i] = vms * rows[i].per_vm + rows[i].besides;
	return need;
}

static uint64_t less(uint64_t limit, uint64_t used)
{
	if (limit == FACTS_NO_LIMIT)
		return limit;
	return limit > used ? limit - used : 0;
}

static uint64_t left(const struct machine_facts *f, enum limit limit)
{
	switch (limit) {
	case LIMIT_FILES:
		return less(f->files_hard, f->files_used);
	case LIMIT_TASKS: /* root's are not limited */
		return f->workers_are_ours && !f->root ? f->tasks_rlimit : FACTS_NO_LIMIT;
	case LIMIT_TASKS_CGROUP:
		return f->workers_are_ours ? f->tasks_cgroup : FACTS_NO_LIMIT;
	case LIMIT_TASKS_KERNEL:
		return less(f->tasks_kernel, f->tasks_used);
	case LIMIT_TASK_NUMBERS:
		return less(f->task_numbers, f->tasks_used);
	case LIMIT_MAPPINGS:
		return less(f->mappings, f->mappings_used);
	default:
		return f->memory_kib;
	}
}

/* The limit as it would have to be; `need` is of what is left. */
static uint64_t wanted(const struct machine_facts *f, enum limit limit, uint64_t need)
{
	switch (limit) {
	case LIMIT_FILES:
		return need + f->files_used;
	case LIMIT_TASKS_KERNEL:
	case LIMIT_TASK_NUMBERS:
		return need + f->tasks_used;
	case LIMIT_MAPPINGS:
		return need + f->mappings_used;
	default:
		return need;
	}
}

/* How to raise it, as a clause. */
static void way_out(const struct machine_facts *f, enum limit limit, uint64_t to, char *text,
		    size_t size)
{
	unsigned long long n = (unsigned long long)to;

	switch (limit) {
	case LIMIT_FILES:
		snprintf(text, size, "let root raise the limit: prlimit --pid $$ --nofile=%llu", n);
		break;
	case LIMIT_TASKS:
		snprintf(text, size, "raise the limit: ulimit -u %llu, and beyond the hard limit root "
			 "may: prlimit --pid $$ --nproc=%llu", n, n);
		break;
	case LIMIT_TASKS_CGROUP:
		if (f->container != CONTAINER_NONE)
			snprintf(text, size, "run the container with --pids-limit %llu", n);
		else
			snprintf(text, size, "run it so: systemd-run --scope -p TasksMax=%llu baton "
				 "run ...", n);
		break;
	case LIMIT_TASKS_KERNEL:
		snprintf(text, size, "as root: sysctl kernel.threads-max=%llu", n);
		break;
	case LIMIT_TASK_NUMBERS:
		snprintf(text, size, "as root: sysctl kernel.pid_max=%llu", n);
		break;
	case LIMIT_MAPPINGS:
		snprintf(text, size, "as root: sysctl vm.max_map_count=%llu", n);
		break;
	default:
		snprintf(text, size, "run fewer VMs, or free some");
	}
}

bool capacity_suffices(const struct machine_facts *facts, const struct capacity_need *need, char *text,
		    size_t size)
{
	for (int i = 0; i < LIMITS; i++) {
		uint64_t have = left(facts, (enum limit)i);
		char way[160];

		if (have >= need->of[i])
			continue;
		way_out(facts, (enum limit)i, wanted(facts, (enum limit)i, need->of[i]), way,
			sizeof(way));
		snprintf(text, size, "%s VM%s need%s %s %s, and %s are left; %s",
			 units_count(need->vms).text, need->vms == 1 ? "" : "s",
			 need->vms == 1 ? "s" : "", units_count(need->of[i]).text, rows[i].name,
			 units_count(have).text, way);
		return false;
	}
	return true;
}

uint64_t capacity_most_vms(const struct machine_facts *facts, enum limit *first)
{
	uint64_t most = FACTS_NO_LIMIT;

	*first = LIMIT_MEMORY;
	for (int i = 0; i < LIMITS; i++) {
		uint64_t have = left(facts, (enum limit)i), vms;

		if (have == FACTS_NO_LIMIT)
			continue;
		vms = less(have, rows[i].besides) / rows[i].per_vm;
		if (vms < most) {
			most = vms;
			*first = (enum limit)i;
		}
	}
	return most;
}
