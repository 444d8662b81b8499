/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_json.c - figures about exits for programs.
 */
#include <inttypes.h>

#include "exits_show.h"
#include "json_set.h"

/* JSON's integers here have 63 bits. */
static void set_count(json_t *object, const char *key, uint64_t value)
{
	json_set_integer(object, key, value > INT64_MAX ? INT64_MAX : value);
}

static void set_time(json_t *object, const char *key, const struct exits *exits, uint64_t cycles)
{
	if (exits->tsc_khz)
		set_count(object, key, exits_ns(exits, cycles));
}

static void set_word(json_t *object, const char *key, const char *word)
{
	if (*word)
		json_set_text(object, key, word);
}

static json_t *reasons_of(const struct exits *exits, const struct exits_sums *sums)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sums->count; i++) {
		const struct exits_row *row = &sums->rows[i];
		json_t *one = json_object();

		json_set_text(one, "reason", row->name);
		json_set_hex(one, "code", row->code);
		set_count(one, "count", row->count);
		set_time(one, "kvm_ns", exits, row->kvm);
		set_time(one, "user_ns", exits, row->user);
		set_time(one, "asleep_ns", exits, row->asleep);
		set_time(one, "preempted_ns", exits, row->preempted);
		json_array_append_new(list, one);
	}
	return list;
}

void exits_json_sums(json_t *object, const struct exits *exits, const struct exits_sums *sums)
{
	set_count(object, "exits", exits_count(sums));
	if (exits->tsc_khz) {
		set_count(object, "fast", sums->fast);
		set_time(object, "guest_ns", exits, sums->guest);
	}
	json_object_set_new(object, "reasons", reasons_of(exits, sums));
}

json_t *exits_json(const struct exits *exits, const char *source)
{
	json_t *object = json_object(), *vms = json_array(), *part;
	struct exits_sums total;

	json_set_integer(object, "version", EXITS_JSON_VERSION);
	json_set_text(object, "source", source);
	json_set_text(object, "isa", exits_isa_name(exits->isa));
	set_word(object, "profile", exits->profile);
	set_word(object, "scope", exits->scope);
	set_count(object, "unix_ns", exits->unix_ns);
	if (exits->interval_ns)
		set_count(object, "interval_ns", exits->interval_ns);
	else
		json_object_set_new(object, "interval_ns", json_null());
	set_count(object, "missed", exits->missed);
	json_set_boolean(object, "reset", exits->reset);
	exits_total(exits, &total);
	part = json_object();
	exits_json_sums(part, exits, &total);
	exits_sums_fini(&total);
	json_object_set_new(object, "host", part);
	for (size_t i = 0; i < exits->vm_count; i++) {
		const struct exits_vm *vm = &exits->vms[i];

		part = json_object();
		if (vm->id)
			set_count(part, "id", vm->id);
		else
			json_object_set_new(part, "id", json_null());
		json_set_integer(part, "pid", vm->pid);
		json_object_set_new(part, "process",
				    *vm->process ? json_string(vm->process) : json_null());
		json_set_integer(part, "vcpus", vm->vcpus);
		exits_json_sums(part, exits, &vm->sums);
		json_array_append_new(vms, part);
	}
	json_object_set_new(object, "vms", vms);
	part = json_object();
	set_count(part, "vms", exits->gone_vms);
	exits_json_sums(part, exits, &exits->gone);
	json_object_set_new(object, "gone", part);
	return object;
}

/* --------------------------------------------------------------------- CSV */

/* A process chooses its name itself: quotes in it are doubled. */
static void put_quoted(const char *text, FILE *to)
{
	fputc('"', to);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', to);
		fputc(*text, to);
	}
	fputc('"', to);
}

static void put_time(const struct exits *exits, uint64_t cycles, FILE *to)
{
	fputc(',', to);
	if (exits->tsc_khz)
		fprintf(to, "%" PRIu64, exits_ns(exits, cycles));
}

void exits_csv_head(FILE *to)
{
	fputs("unix_ns,interval_ns,vm,pid,process,vcpus,reason,code,count,kvm_ns,user_ns,asleep_ns,"
	      "preempted_ns\n", to);
}

static void put_sums(const struct exits *exits, const struct exits_vm *vm,
		     const struct exits_sums *sums, FILE *to)
{
	for (size_t i = 0; i < sums->count; i++) {
		const struct exits_row *row = &sums->rows[i];

		fprintf(to, "%" PRIu64 ",", exits->unix_ns);
		if (exits->interval_ns)
			fprintf(to, "%" PRIu64, exits->interval_ns);
		fputc(',', to);
		if (!vm)
			fputs("gone,,,", to);
		else if (vm->id)
			fprintf(to, "%" PRIu64 ",%" PRIu32 ",", vm->id, vm->pid);
		else
			fprintf(to, ",%" PRIu32 ",", vm->pid);
		if (vm) {
			put_quoted(vm->process, to);
			fprintf(to, ",%" PRIu32, vm->vcpus);
		}
		fprintf(to, ",%s,0x%" PRIx32 ",%" PRIu64, row->name, row->code, row->count);
		put_time(exits, row->kvm, to);
		put_time(exits, row->user, to);
		put_time(exits, row->asleep, to);
		put_time(exits, row->preempted, to);
		fputc('\n', to);
	}
}

void exits_csv(const struct exits *exits, FILE *to)
{
	for (size_t i = 0; i < exits->vm_count; i++)
		put_sums(exits, &exits->vms[i], &exits->vms[i].sums, to);
	put_sums(exits, NULL, &exits->gone, to);
}
