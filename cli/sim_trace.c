/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_trace.c - a plan from a traced run: each VM's stretches of CPU time and of waiting, as
 * they were, whoever decides about its turns next time.
 *
 * A VM that had not ended with the run goes on: it waits for ever if it waited last, and only
 * computes if it ran. Exits come evenly, as many as there were. Time between turns is nobody's,
 * and is not in it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baton/trace.h"
#include "heap.h"
#include "sim_plan.h"
#include "trace_fold.h" /* TRACE_FOLD_MOST_VMS */
#include "trace_reader.h"

struct vm {
	struct baton__sim_part *parts;
	size_t part_count;
	baton_entity_t entity;
	uint64_t weight, arrives_ns, removed_ns;
	uint64_t run_ns, all_ns, exits; /* since it last gave the CPU up; since ever */
	uint64_t slept_at_ns;
	bool woke, sleeps, ended;
};

struct reading {
	struct vm *vms;
	size_t count;
	uint32_t *vm_of; /* by entity: which of `vms`, plus 1 */
	uint32_t capacity;
	uint64_t first_ns, last_ns; /* 0: no reading of the clock yet */
};

static int fail(struct trace_reader *trace, const char *why)
{
	snprintf(trace->error, sizeof(trace->error), "has a record before byte %llu that %s",
		 (unsigned long long)trace->offset, why);
	return -EINVAL;
}

/* Since the run began; before that it is 0. */
static uint64_t since(const struct reading *r, uint64_t at_ns)
{
	return r->first_ns && at_ns > r->first_ns ? at_ns - r->first_ns : 0;
}

/* The stretch is over. What takes no time at all takes a nanosecond here. */
static void end_part(struct vm *vm, uint64_t sleep_ns)
{
	const uint64_t run_ns = vm->run_ns ? vm->run_ns : 1;

	vm->parts = heap_grow(vm->parts, vm->part_count, sizeof(*vm->parts));
	vm->parts[vm->part_count++] = (struct baton__sim_part){ run_ns, sleep_ns };
	vm->all_ns += run_ns;
	vm->run_ns = 0;
}

static void take_wake(struct reading *r, struct vm *vm, uint64_t at_ns)
{
	if (!vm->woke)
		vm->arrives_ns = since(r, at_ns);
	else if (vm->sleeps)
		end_part(vm, at_ns > vm->slept_at_ns ? at_ns - vm->slept_at_ns : 1);
	vm->woke = true;
	vm->sleeps = false;
}

static const char *take_ran(struct vm *vm, const struct baton_trace_record *record)
{
	if (vm->sleeps || vm->ended || !vm->woke)
		return "is a turn of a VM that cannot run";
	if (__builtin_add_overflow(vm->run_ns, record->a, &vm->run_ns) ||
	    vm->run_ns > INT64_MAX - vm->all_ns)
		return "is a turn that takes centuries";
	vm->exits += record->b;
	switch (record->detail) {
	case BATON_WHY_YIELD:
		end_part(vm, 0);
		break;
	case BATON_WHY_BLOCK:
		vm->sleeps = true;
		vm->slept_at_ns = record->at_ns;
		break;
	case BATON_WHY_END:
		vm->ended = true;
		break;
	default:
		break;
	}
	return NULL;
}

static const char *take_add(struct reading *r, const struct baton_trace_record *record)
{
	if (record->entity >= r->capacity)
		return "names a VM beyond the header's capacity";
	if (record->a > BATON_WEIGHT_MAX)
		return "has a share beyond what there is";
	if (r->count == TRACE_FOLD_MOST_VMS)
		return "is of one VM too many";
	r->vms = heap_grow(r->vms, r->count, sizeof(*r->vms));
	r->vms[r->count++] = (struct vm){ .entity = record->entity, .weight = record->a };
	r->vm_of[record->entity] = (uint32_t)r->count;
	return NULL;
}

/* NULL, or what is wrong with the record. */
static const char *take(struct reading *r, const struct baton_trace_record *record)
{
	struct vm *vm;

	if (record->at_ns) {
		r->first_ns = r->first_ns ? r->first_ns : record->at_ns;
		if (record->at_ns < r->last_ns)
			return "is of a time before the last one";
		r->last_ns = record->at_ns;
	}
	if (record->kind == BATON_TRACE_LOST)
		return "says that some are missing";
	if (record->kind == BATON_TRACE_ADD)
		return take_add(r, record);
	if (record->kind != BATON_TRACE_WAKE && record->kind != BATON_TRACE_RAN &&
	    record->kind != BATON_TRACE_REMOVE)
		return NULL;
	if (record->entity >= r->capacity || !r->vm_of[record->entity])
		return "is of a VM that is not there";
	vm = &r->vms[r->vm_of[record->entity] - 1];
	if (record->kind == BATON_TRACE_RAN)
		return take_ran(vm, record);
	if (record->kind == BATON_TRACE_WAKE) {
		take_wake(r, vm, record->at_ns);
		return NULL;
	}
	if (!vm->ended)
		vm->removed_ns = since(r, record->at_ns) ? since(r, record->at_ns) : 1;
	r->vm_of[record->entity] = 0;
	return NULL;
}

/* ----------------------------------------------------------------- the plan */

/* It ends where it did, once the last part is over. */
static void finish(struct vm *vm)
{
	if (vm->ended) {
		vm->run_ns += !vm->run_ns;
		vm->all_ns += vm->run_ns;
	} else if (vm->sleeps) {
		end_part(vm, UINT64_MAX);
	}
	if (!vm->parts) /* a list that is empty is a list */
		vm->parts = heap_zeroed(1, sizeof(*vm->parts));
}

static struct baton__sim_entity kind_of(const struct vm *vm)
{
	uint64_t apart_ns = vm->exits ? (vm->all_ns + vm->run_ns) / vm->exits : 0;

	return (struct baton__sim_entity){
		.weight = vm->weight,
		.arrives_ns = vm->woke ? vm->arrives_ns : UINT64_MAX,
		.work_ns = vm->ended ? vm->all_ns : 0,
		.removed_ns = vm->removed_ns,
		.exit_ns = { apart_ns, apart_ns },
		.parts = vm->parts,
		.part_count = (uint32_t)vm->part_count,
	};
}

static int make_plan(struct sim_plan *plan, struct trace_reader *trace, struct reading *r)
{
	const struct baton_trace_header *h = &trace->header;
	const struct baton_sched_ops *ops = baton_policy(h->policy);

	if (!ops || !strcmp(ops->name, "script"))
		ops = baton_policy("share"); /* which an option may override */
	*plan = (struct sim_plan){
		.ops = ops,
		.sched = { h->slice_ns, h->burst, h->seed, NULL },
		.for_ns = r->last_ns > r->first_ns ? r->last_ns - r->first_ns : 1,
		.count = (uint32_t)r->count,
		.row_count = (uint32_t)r->count,
		.kind_count = (uint32_t)r->count,
		.names = heap_zeroed(r->count, sizeof(*plan->names)),
		.kinds = heap_zeroed(r->count, sizeof(*plan->kinds)),
		.parts = heap_zeroed(r->count, sizeof(*plan->parts)),
	};
	for (size_t i = 0; i < r->count; i++) {
		struct vm *vm = &r->vms[i];

		finish(vm);
		plan->names[i] = heap_copy(trace_reader_name(trace, vm->entity).text);
		plan->kinds[i] = kind_of(vm);
		plan->parts[i] = vm->parts;
		vm->parts = NULL;
	}
	return 0;
}

/* All records, up to the END. 0 or -EINVAL. */
static int take_all(struct reading *r, struct trace_reader *trace)
{
	struct baton_trace_record record = { .kind = 0 };
	const char *wrong;
	int more;

	while ((more = trace_reader_next(trace, &record)) > 0) {
		wrong = take(r, &record);
		if (wrong)
			return fail(trace, wrong);
	}
	if (more)
		return more;
	if (record.kind != BATON_TRACE_END || !r->count) {
		snprintf(trace->error, sizeof(trace->error), "%s; expected the trace of a whole run",
			 r->count ? "is cut off: it has no end" : "has no VM");
		return -EINVAL;
	}
	return 0;
}

int sim_plan_of_trace(struct sim_plan *plan, struct trace_reader *trace)
{
	struct reading r = { .capacity = trace->header.capacity };
	int error;

	*plan = (struct sim_plan){ 0 };
	r.vm_of = heap_zeroed(r.capacity, sizeof(*r.vm_of));
	error = take_all(&r, trace);
	if (!error)
		error = make_plan(plan, trace, &r);
	for (size_t i = 0; i < r.count; i++)
		free(r.vms[i].parts);
	free(r.vms);
	free(r.vm_of);
	return error;
}
