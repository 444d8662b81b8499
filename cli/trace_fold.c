/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_fold.c - see trace_fold.h. A check and an effect for each kind of record; the checks
 * come first and change nothing.
 */
#include "trace_fold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"

int trace_fold_init(struct trace_fold *fold, uint32_t capacity)
{
	*fold = (struct trace_fold){ .capacity = capacity, .turn = BATON_NOBODY };
	if (!capacity || capacity > TRACE_FOLD_MOST_VMS)
		return -EINVAL;
	fold->vms = heap_zeroed(capacity, sizeof(*fold->vms));
	return 0;
}

void trace_fold_fini(struct trace_fold *fold)
{
	for (uint32_t i = 0; i < fold->capacity && fold->vms; i++) {
		if (!fold->vms[i])
			continue;
		spread_fini(&fold->vms[i]->turn);
		spread_fini(&fold->vms[i]->wait);
		free(fold->vms[i]);
	}
	free(fold->vms);
	fold->vms = NULL;
}

/* ----------------------------------------------------------------- checks */

static const char *check_vm(const struct trace_fold *f, const struct baton_trace_record *r)
{
	const struct trace_fold_vm *vm;

	if (r->entity >= f->capacity)
		return "names a VM that the host has no place for";
	vm = f->vms[r->entity];
	if (f->loose)
		return NULL;
	if (r->kind == BATON_TRACE_ADD)
		return vm && vm->there ? "adds a VM that is there already" : NULL;
	return vm && vm->there ? NULL : "names a VM that is not there";
}

static const char *check_nobody(const struct baton_trace_record *r)
{
	return r->entity == BATON_NOBODY ? NULL : "names a VM where there is none to name";
}

/* Within a turn: it must be this VM's. */
static const char *check_turn(const struct trace_fold *f, const struct baton_trace_record *r)
{
	const char *wrong = check_vm(f, r);

	if (!wrong && !f->loose && f->turn != r->entity)
		wrong = "is of a VM that has no turn";
	return wrong;
}

static const char *check_wake(const struct trace_fold *f, const struct baton_trace_record *r)
{
	const char *wrong = check_vm(f, r);
	const struct trace_fold_vm *vm = wrong ? NULL : f->vms[r->entity];

	if (!wrong && r->a > r->at_ns)
		wrong = "ends a VM's waiting in the future";
	if (wrong || f->loose || !vm || vm->loose)
		return wrong;
	if (r->detail ? vm->arrived : !vm->waiting)
		return "wakes a VM that does not wait";
	if (!r->detail && r->a < vm->last_ns)
		return "ends a VM's waiting before it began";
	return NULL;
}

static const char *check_pick(const struct trace_fold *f, const struct baton_trace_record *r)
{
	const char *wrong = r->entity == BATON_NOBODY ? NULL : check_vm(f, r);

	if (!wrong && !f->loose && f->turn != BATON_NOBODY)
		wrong = "begins a turn within a turn";
	return wrong;
}

/* Zeroes behind the text are no part of it. */
static bool is_label_text(const struct baton_trace_record *r)
{
	unsigned char text[BATON_TRACE_LABEL_PART];

	memcpy(text, &r->a, sizeof(r->a));
	memcpy(text + sizeof(r->a), &r->b, sizeof(r->b));
	for (size_t i = 0; i < sizeof(text); i++)
		if (i < r->detail ? text[i] < ' ' || text[i] > '~' : text[i])
			return false;
	return r->detail;
}

static const char *check_label(const struct trace_fold *f, const struct baton_trace_record *r)
{
	const char *wrong = check_turn(f, r);

	if (!wrong && !is_label_text(r))
		wrong = "has no text where there is to be some";
	return wrong;
}

static const char *check_end(const struct trace_fold *f, const struct baton_trace_record *r)
{
	const char *wrong = check_nobody(r);

	if (!wrong && r->a != f->records)
		wrong = "counts other records than there are before it";
	if (!wrong && r->b < f->lost)
		wrong = "counts fewer lost records than there were before it";
	return wrong;
}

static const char *check_by_kind(const struct trace_fold *f, const struct baton_trace_record *r)
{
	switch (r->kind) {
	case BATON_TRACE_OPEN:
		return f->open ? "is a second first reading" : check_nobody(r);
	case BATON_TRACE_RUN:
		if (r->detail >= BATON_EXIT_KINDS && r->detail != BATON_TRACE_NO_EXIT)
			return "has an exit of a kind that is not known";
		return check_turn(f, r);
	case BATON_TRACE_HANDLER:
	case BATON_TRACE_RAN:
		return check_turn(f, r);
	case BATON_TRACE_SWITCH:
		return r->entity == BATON_NOBODY ? NULL : check_turn(f, r);
	case BATON_TRACE_ADD:
	case BATON_TRACE_REMOVE:
		return check_vm(f, r);
	case BATON_TRACE_WAKE:
		return check_wake(f, r);
	case BATON_TRACE_PICK:
		return check_pick(f, r);
	case BATON_TRACE_END:
		return check_end(f, r);
	case BATON_TRACE_LABEL:
		return check_label(f, r);
	default:
		return check_nobody(r);
	}
}

static unsigned most_detail(unsigned kind)
{
	switch (kind) {
	case BATON_TRACE_RUN:
		return UINT8_MAX;
	case BATON_TRACE_RAN:
		return BATON_WHY_END;
	case BATON_TRACE_LABEL:
		return BATON_LABEL_MAX;
	case BATON_TRACE_HANDLER:
	case BATON_TRACE_WAKE:
	case BATON_TRACE_PICK:
		return 1;
	default:
		return 0;
	}
}

/* What may come in the midst of a label: its next part, or that it is missing. */
static bool goes_on(const struct trace_fold *f, const struct baton_trace_record *r)
{
	if (r->kind == BATON_TRACE_LOST || r->kind == BATON_TRACE_END)
		return true;
	return r->kind == BATON_TRACE_LABEL && r->entity == f->label_of && r->detail == f->label_left;
}

/* What holds for records of any kind. */
static const char *check(const struct trace_fold *f, const struct baton_trace_record *r)
{
	bool cut = baton_trace_is_cut(r->kind);

	if (!baton_trace_name(r->kind))
		return "is of a kind that is not known";
	if (f->ended)
		return "comes after the end";
	if (f->label_left && !goes_on(f, r))
		return "comes where a label goes on";
	if (r->zero || r->size > 8 || r->detail > most_detail(r->kind))
		return "has a value that is not known";
	if (r->kind == BATON_TRACE_LOST || r->kind == BATON_TRACE_END)
		return NULL;
	if (cut && r->at_ns < f->last_ns)
		return "goes back in time";
	if (f->loose)
		return NULL;
	if (cut && !f->open && r->kind != BATON_TRACE_OPEN)
		return "comes before the first reading";
	if (!cut && r->at_ns != f->last_ns)
		return "has another time than the reading before it";
	return NULL;
}

/* ---------------------------------------------------------------- effects */

static struct trace_fold_vm *vm_of(struct trace_fold *f, baton_entity_t entity)
{
	if (!f->vms[entity]) {
		f->vms[entity] = heap_zeroed(1, sizeof(*f->vms[entity]));
		f->vms[entity]->ready_since_ns = UINT64_MAX;
	}
	return f->vms[entity];
}

/* Everything since the VM's last reading belongs to `part`, unless there is a gap. */
static uint64_t cut_vm(struct trace_fold_vm *vm, uint64_t *part, uint64_t now)
{
	uint64_t ns;

	if (!vm->arrived) { /* its arrival is lost */
		vm->arrived = true;
		vm->born_ns = vm->last_ns = now;
	}
	if (now < vm->last_ns)
		return 0;
	ns = now - vm->last_ns;
	*(vm->loose ? &vm->unknown_ns : part) += ns;
	vm->last_ns = now;
	ns = vm->loose ? 0 : ns;
	vm->loose = false;
	return ns;
}

static void cut_host(struct trace_fold *f, uint64_t *part, uint64_t now)
{
	if (!f->open)
		f->first_ns = f->last_ns = now;
	f->open = true;
	*(f->gap ? &f->unknown_ns : part) += now - f->last_ns;
	f->gap = false;
	f->last_ns = now;
}

static void take_run(struct trace_fold *f, const struct baton_trace_record *r)
{
	struct trace_fold_vm *vm = vm_of(f, r->entity);
	uint64_t ns = cut_vm(vm, &vm->run_ns, r->at_ns);
	int call;

	cut_host(f, &f->run_ns, r->at_ns);
	f->charged_ns += ns;
	vm->kind = r->detail < BATON_EXIT_KINDS ? r->detail : vm->kind;
	if (r->detail == BATON_TRACE_NO_EXIT)
		return;
	f->exits++;
	f->turn_exits++;
	vm->exits++;
	vm->by_kind[r->detail].count++;
	vm->by_kind[r->detail].run_ns += ns;
	call = hypercall_of_exit(r);
	if (call >= 0)
		vm->by_call[call]++;
}

static void take_handler(struct trace_fold *f, const struct baton_trace_record *r)
{
	struct trace_fold_vm *vm = vm_of(f, r->entity);
	uint64_t ns = cut_vm(vm, &vm->handler_ns, r->at_ns);

	cut_host(f, &f->handler_ns, r->at_ns);
	f->charged_ns += ns;
	vm->by_kind[vm->kind].handler_ns += ns;
}

static void take_switch(struct trace_fold *f, const struct baton_trace_record *r)
{
	struct trace_fold_vm *vm;

	cut_host(f, &f->switch_ns, r->at_ns);
	if (r->entity == BATON_NOBODY)
		return;
	vm = vm_of(f, r->entity);
	if (vm->ready_since_ns <= r->at_ns) /* UINT64_MAX is not */
		spread_add(&vm->wait, r->at_ns - vm->ready_since_ns);
	vm->ready_since_ns = UINT64_MAX;
	cut_vm(vm, &vm->ready_ns, r->at_ns);
}

static void take_wake(struct trace_fold *f, const struct baton_trace_record *r)
{
	struct trace_fold_vm *vm = vm_of(f, r->entity);

	if (r->detail) {
		vm->arrived = true;
		vm->loose = false;
		vm->born_ns = vm->last_ns = r->a;
	} else {
		cut_vm(vm, &vm->blocked_ns, r->a);
	}
	f->wakes++;
	vm->waiting = false;
	vm->runnable = true;
	vm->ready_since_ns = vm->last_ns;
}

static void take_pick(struct trace_fold *f, const struct baton_trace_record *r)
{
	f->turn = r->entity;
	if (r->entity == BATON_NOBODY)
		return;
	f->turns++;
	vm_of(f, r->entity)->turns++;
	f->turn_known = true;
	f->slice_ns = r->a;
	f->charged_ns = f->turn_exits = 0;
}

static void note_overrun(struct trace_fold *f, const struct baton_trace_record *r)
{
	const struct trace_fold_overrun new = { r->at_ns, r->a, f->slice_ns, r->entity };
	unsigned at = f->overrun_count;

	while (at && f->overruns[at - 1].charged_ns - f->overruns[at - 1].slice_ns <
			     new.charged_ns - new.slice_ns)
		at--;
	if (at == TRACE_FOLD_OVERRUNS)
		return;
	if (f->overrun_count < TRACE_FOLD_OVERRUNS)
		f->overrun_count++;
	memmove(&f->overruns[at + 1], &f->overruns[at],
		(f->overrun_count - 1 - at) * sizeof(*f->overruns));
	f->overruns[at] = new;
}

static void take_ran(struct trace_fold *f, const struct baton_trace_record *r)
{
	struct trace_fold_vm *vm = vm_of(f, r->entity);

	spread_add(&vm->turn, r->a);
	if (f->turn_known && f->turn == r->entity) {
		f->uncharged += f->charged_ns != r->a || f->turn_exits != r->b;
		if (r->a > f->slice_ns)
			note_overrun(f, r);
	}
	vm->runnable = !baton_why_leaves((enum baton_why)r->detail);
	vm->waiting = r->detail == BATON_WHY_BLOCK;
	vm->ready_since_ns = vm->runnable ? r->at_ns : UINT64_MAX;
	f->turn = BATON_NOBODY;
	f->turn_known = false;
}

static void take_member(struct trace_fold *f, const struct baton_trace_record *r)
{
	struct trace_fold_vm *vm = vm_of(f, r->entity);

	if (r->kind == BATON_TRACE_REMOVE && f->turn == r->entity)
		f->turn = BATON_NOBODY;
	if (r->kind == BATON_TRACE_ADD) {
		vm->weight = r->a;
		vm->arrived = false; /* a number that is used again: its figures are of all its VMs */
	}
	vm->there = r->kind == BATON_TRACE_ADD;
	vm->runnable = vm->waiting = false;
	vm->ready_since_ns = UINT64_MAX;
}

static void take_label(struct trace_fold *f, const struct baton_trace_record *r)
{
	size_t more = r->detail < BATON_TRACE_LABEL_PART ? r->detail : BATON_TRACE_LABEL_PART;
	const uint64_t part[2] = { r->a, r->b };

	if (!f->label_left)
		f->label_size = 0;
	memcpy(f->label + f->label_size, part, more);
	f->label_size += more;
	f->label[f->label_size] = '\0';
	f->label_left = r->detail - more;
	f->label_of = r->entity;
}

static void take_lost(struct trace_fold *f, const struct baton_trace_record *r)
{
	f->lost = r->b;
	f->label_left = 0;
	f->loose = f->gap = true;
	for (uint32_t i = 0; i < f->capacity; i++) {
		struct trace_fold_vm *vm = f->vms[i];

		if (!vm)
			continue;
		if (vm->runnable || vm->waiting || f->turn == i) /* others have no time to account for */
			vm->loose = true;
		vm->ready_since_ns = UINT64_MAX;
	}
	f->turn = BATON_NOBODY;
	f->turn_known = false;
}

static void take(struct trace_fold *f, const struct baton_trace_record *r)
{
	switch (r->kind) {
	case BATON_TRACE_OPEN:
		cut_host(f, &f->idle_ns, r->at_ns);
		break;
	case BATON_TRACE_RUN:
		take_run(f, r);
		break;
	case BATON_TRACE_HANDLER:
		take_handler(f, r);
		break;
	case BATON_TRACE_SWITCH:
		take_switch(f, r);
		break;
	case BATON_TRACE_IDLE:
		cut_host(f, &f->idle_ns, r->at_ns);
		break;
	case BATON_TRACE_WAKE:
		take_wake(f, r);
		break;
	case BATON_TRACE_PICK:
		take_pick(f, r);
		break;
	case BATON_TRACE_RAN:
		take_ran(f, r);
		break;
	case BATON_TRACE_SKIPPED:
		f->skipped = r->a;
		break;
	case BATON_TRACE_LOST:
		take_lost(f, r);
		break;
	case BATON_TRACE_LABEL:
		take_label(f, r);
		break;
	case BATON_TRACE_END:
		f->lost = r->b;
		f->ended = true;
		break;
	default:
		take_member(f, r);
	}
}

const char *trace_fold_record(struct trace_fold *fold, const struct baton_trace_record *r)
{
	const char *wrong = check(fold, r);

	if (!wrong)
		wrong = check_by_kind(fold, r);
	if (wrong)
		return wrong;
	take(fold, r);
	fold->records += r->kind != BATON_TRACE_END;
	return NULL;
}

/* ---------------------------------------------------------------- figures */

struct trace_fold_vm trace_fold_vm(const struct trace_fold *fold, baton_entity_t entity)
{
	struct trace_fold_vm vm = *fold->vms[entity];
	bool going = vm.runnable || vm.waiting || fold->turn == entity;

	if (vm.arrived && (going || vm.loose) && vm.there && fold->last_ns > vm.last_ns)
		cut_vm(&vm, vm.waiting ? &vm.blocked_ns : &vm.ready_ns, fold->last_ns);
	return vm;
}

const char *trace_fold_imbalance(const struct trace_fold *fold)
{
	uint64_t parts = fold->run_ns + fold->handler_ns + fold->switch_ns + fold->idle_ns;
	uint64_t run = 0, handler = 0, turns = 0, exits = 0;

	if (fold->lost)
		return "records are missing";
	if (parts != fold->last_ns - fold->first_ns)
		return "the parts are not the last reading minus the first";
	for (uint32_t i = 0; i < fold->capacity; i++) {
		if (!fold->vms[i])
			continue;
		run += fold->vms[i]->run_ns;
		handler += fold->vms[i]->handler_ns;
		turns += fold->vms[i]->turns;
		exits += fold->vms[i]->exits;
	}
	if (run != fold->run_ns || handler != fold->handler_ns)
		return "the VMs' parts are not the host's";
	if (turns != fold->turns || exits != fold->exits)
		return "the VMs' counts are not the host's";
	if (fold->uncharged)
		return "turns were charged other times or exits than their parts";
	return NULL;
}
