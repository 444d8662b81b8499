/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits.c - sums, differences and names of figures about exits.
 */
#include "exits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"

void exits_sums_fini(struct exits_sums *sums)
{
	free(sums->rows);
	*sums = (struct exits_sums){ 0 };
}

void exits_fini(struct exits *exits)
{
	for (size_t i = 0; i < exits->vm_count; i++)
		exits_sums_fini(&exits->vms[i].sums);
	free(exits->vms);
	exits_sums_fini(&exits->gone);
	*exits = (struct exits){ 0 };
}

struct exits_vm *exits_add_vm(struct exits *exits)
{
	exits->vms = heap_grow(exits->vms, exits->vm_count, sizeof(*exits->vms));
	return &exits->vms[exits->vm_count++];
}

struct exits_row *exits_find_row(const struct exits_sums *sums, uint32_t code, const char *name)
{
	for (size_t i = 0; i < sums->count; i++)
		if (sums->rows[i].code == code && !strcmp(sums->rows[i].name, name))
			return &sums->rows[i];
	return NULL;
}

static struct exits_row *add_row(struct exits_sums *sums, uint32_t code, const char *name)
{
	struct exits_row *row;

	sums->rows = heap_grow(sums->rows, sums->count, sizeof(*sums->rows));
	row = &sums->rows[sums->count++];
	row->code = code;
	snprintf(row->name, sizeof(row->name), "%s", name);
	return row;
}

struct exits_row *exits_get_row(struct exits_sums *sums, uint32_t code, const char *name)
{
	struct exits_row *row = exits_find_row(sums, code, name);

	return row ? row : add_row(sums, code, name);
}

/* -------------------------------------------------------------------- sums */

uint64_t exits_plus(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static void change(struct exits_sums *to, const struct exits_sums *by,
		   uint64_t (*how)(uint64_t a, uint64_t b))
{
	to->fast = how(to->fast, by->fast);
	to->guest = how(to->guest, by->guest);
	for (size_t i = 0; i < by->count; i++) {
		const struct exits_row *from = &by->rows[i];
		struct exits_row *row = exits_get_row(to, from->code, from->name);

		row->count = how(row->count, from->count);
		row->kvm = how(row->kvm, from->kvm);
		row->user = how(row->user, from->user);
		row->asleep = how(row->asleep, from->asleep);
		row->preempted = how(row->preempted, from->preempted);
	}
}

void exits_add_sums(struct exits_sums *to, const struct exits_sums *from)
{
	change(to, from, exits_plus);
}

void exits_total(const struct exits *exits, struct exits_sums *total)
{
	*total = (struct exits_sums){ 0 };
	exits_add_sums(total, &exits->gone);
	for (size_t i = 0; i < exits->vm_count; i++)
		exits_add_sums(total, &exits->vms[i].sums);
	exits_sort_rows(total);
}

uint64_t exits_count(const struct exits_sums *sums)
{
	uint64_t count = 0;

	for (size_t i = 0; i < sums->count; i++)
		count = exits_plus(count, sums->rows[i].count);
	return count;
}

static int by_count(const void *a, const void *b)
{
	const struct exits_row *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->code < y->code ? -1 : x->code > y->code;
}

void exits_sort_rows(struct exits_sums *sums)
{
	if (sums->count)
		qsort(sums->rows, sums->count, sizeof(*sums->rows), by_count);
}

void exits_sort(struct exits *exits)
{
	for (size_t i = 0; i < exits->vm_count; i++)
		exits_sort_rows(&exits->vms[i].sums);
	exits_sort_rows(&exits->gone);
}

uint64_t exits_ns(const struct exits *exits, uint64_t cycles)
{
	unsigned __int128 ns;

	if (!exits->tsc_khz)
		return 0;
	ns = (unsigned __int128)cycles * 1000000 / exits->tsc_khz;
	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

/* ------------------------------------------------------------- differences */

static const struct exits_vm *find_vm(const struct exits *exits, const struct exits_vm *vm)
{
	for (size_t i = 0; i < exits->vm_count; i++)
		if (exits->vms[i].id == vm->id && (vm->id || exits->vms[i].pid == vm->pid))
			return &exits->vms[i];
	return NULL;
}

/* Has a count become less? */
static bool was_reset(const struct exits_sums *before, const struct exits_sums *now)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct exits_row *old = &before->rows[i];
		const struct exits_row *row = exits_find_row(now, old->code, old->name);

		if (old->count > (row ? row->count : 0))
			return true;
	}
	return false;
}

/* A time may have ended without an exit: whoever slept since before has woken up. */
static bool is_empty(const struct exits_row *row)
{
	return !row->count && !row->kvm && !row->user && !row->asleep && !row->preempted;
}

static void drop_empty_rows(struct exits_sums *sums)
{
	struct exits_sums rest = { .fast = sums->fast, .guest = sums->guest };

	for (size_t i = 0; i < sums->count; i++)
		if (!is_empty(&sums->rows[i]))
			*add_row(&rest, sums->rows[i].code, "") = sums->rows[i];
	exits_sums_fini(sums);
	*sums = rest;
}

static bool has_ended(const struct exits *now, const struct exits_vm *vm)
{
	return vm->id && !find_vm(now, vm);
}

void exits_since(const struct exits *before, const struct exits *now, struct exits *difference)
{
	*difference = (struct exits){
		.isa = now->isa, .tsc_khz = now->tsc_khz, .unix_ns = now->unix_ns,
		.missed = minus(now->missed, before->missed),
		.gone_vms = minus(now->gone_vms, before->gone_vms),
		.reset = now->gone_vms < before->gone_vms || now->missed < before->missed ||
			 was_reset(&before->gone, &now->gone),
	};
	bool all = difference->reset;

	memcpy(difference->profile, now->profile, sizeof(now->profile));
	memcpy(difference->scope, now->scope, sizeof(now->scope));
	for (size_t i = 0; i < now->vm_count; i++) {
		const struct exits_vm *old = find_vm(before, &now->vms[i]);
		struct exits_vm *vm = exits_add_vm(difference);

		*vm = now->vms[i];
		vm->sums = (struct exits_sums){ 0 };
		exits_add_sums(&vm->sums, &now->vms[i].sums);
		if (old && was_reset(&old->sums, &now->vms[i].sums))
			difference->reset = true;
		else if (old)
			change(&vm->sums, &old->sums, minus);
		drop_empty_rows(&vm->sums);
	}
	exits_add_sums(&difference->gone, &now->gone);
	if (!all)
		change(&difference->gone, &before->gone, minus);
	for (size_t i = 0; i < before->vm_count && !all; i++)
		if (has_ended(now, &before->vms[i]))
			change(&difference->gone, &before->vms[i].sums, minus);
	drop_empty_rows(&difference->gone);
}

static void keep(struct exits *exits, uint64_t id, uint32_t pid, bool idle)
{
	struct exits_vm *all = exits->vms;
	size_t count = exits->vm_count;

	exits->vms = NULL;
	exits->vm_count = 0;
	for (size_t i = 0; i < count; i++) {
		if ((!id || all[i].id == id) && (!pid || all[i].pid == pid) &&
		    (idle || all[i].sums.count))
			*exits_add_vm(exits) = all[i];
		else
			exits_sums_fini(&all[i].sums);
	}
	free(all);
}

void exits_drop_idle(struct exits *exits)
{
	keep(exits, 0, 0, false);
}

void exits_keep(struct exits *exits, uint64_t id, uint32_t pid)
{
	keep(exits, id, pid, true);
	exits_sums_fini(&exits->gone);
	exits->gone_vms = 0;
}

/* --------------------------------------------------------------- processes */

void exits_process_name(const char *proc, uint32_t pid, char name[EXITS_WORD])
{
	char *path = heap_print("%s/%" PRIu32 "/comm", proc, pid);
	FILE *file = fopen(path, "re");

	free(path);
	name[0] = '\0';
	if (!file)
		return;
	if (!fgets(name, EXITS_WORD, file))
		name[0] = '\0';
	fclose(file);
	name[strcspn(name, "\n")] = '\0';
	for (char *c = name; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?'; /* a process chooses its name itself */
}

uint32_t exits_process_of(const char *proc, uint32_t thread)
{
	char *path = heap_print("%s/%" PRIu32 "/status", proc, thread), line[128];
	FILE *file = fopen(path, "re");
	uint32_t process = thread;

	free(path);
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Tgid: %" SCNu32, &process) == 1)
			break;
	if (file)
		fclose(file);
	return process;
}

void exits_name_processes(struct exits *exits, const char *proc)
{
	for (size_t i = 0; i < exits->vm_count; i++) {
		struct exits_vm *vm = &exits->vms[i];

		vm->pid = exits_process_of(proc, vm->pid);
		exits_process_name(proc, vm->pid, vm->process);
	}
}
