/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot_show.c - for people, and as JSON.
 */
#include "snapshot_show.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "from.h"
#include "json_set.h"
#include "units.h"

#define SNAPSHOT_JSON_VERSION 1

static const struct reg {
	const char *name;
	size_t at;
} regs[] = {
#define REG(name) { #name, offsetof(struct baton_regs, name) }
	REG(rax), REG(rbx), REG(rcx), REG(rdx), REG(rsi), REG(rdi), REG(rsp), REG(rbp),
	REG(r8), REG(r9), REG(r10), REG(r11), REG(r12), REG(r13), REG(r14), REG(r15),
	REG(rip), REG(rflags),
#undef REG
};
#define REGS (sizeof(regs) / sizeof(*regs))

static uint64_t value(const struct baton_snapshot_vm *vm, const struct reg *reg)
{
	return *(const uint64_t *)((const char *)&vm->regs + reg->at);
}

/* ----------------------------------------------------------------- for people */

static void show_vm(const struct baton_snapshot_vm *vm, FILE *to)
{
	fprintf(to, "\n  %s: %s, %s of memory, %" PRIu64 " of its pages are not all zeroes\n", vm->name,
		baton_mode_name(vm->mode), units_size(vm->memory).text, vm->pages);
	if (vm->idle)
		fprintf(to, "    waits in HLT for an interrupt\n");
	if (vm->writes)
		fprintf(to, "    a write of 0x%" PRIx64 " at 0x%" PRIx64 " waits for its device\n",
			vm->data, vm->address);
	fprintf(to, "    its clock shows %s\n", units_time(vm->clock_ns).text);
	if (vm->sleep_ns)
		fprintf(to, "    sleeps for %s more\n", units_time(vm->sleep_ns).text);
	for (size_t i = 0; i < REGS; i++)
		fprintf(to, "%s%-6s %016" PRIx64 "%s", i % 3 ? "   " : "    ", regs[i].name,
			value(vm, &regs[i]), i % 3 == 2 ? "\n" : "");
	fprintf(to, "    cr0 %" PRIx64 "  cr3 %" PRIx64 "  cr4 %" PRIx64 "  efer %" PRIx64 "  cs base %" PRIx64
		"  and %u MSRs\n", vm->cr0, vm->cr3, vm->cr4, vm->efer, vm->cs_base, vm->msrs);
}

static void show_shared(const struct baton_snapshot_file *file, FILE *to)
{
	struct baton_snapshot_device device;
	uint64_t size, pages;

	for (uint32_t i = 0; !baton_snapshot_file_region(file, i, &size, &pages); i++)
		fprintf(to, "\n  region %u: %s, %" PRIu64 " pages are not all zeroes", i,
			units_size(size).text, pages);
	for (uint32_t i = 0; !baton_snapshot_file_device(file, i, &device); i++) {
		fprintf(to, "\n  device %u: %s, %u bytes", i, device.type, device.plain);
		if (device.alarm_vm)
			fprintf(to, ", an alarm for %s in %s", device.alarm_vm,
				units_time(device.alarm_ns).text);
	}
	fputc('\n', to);
}

void snapshot_show(const struct from *from, FILE *to)
{
	struct baton_snapshot_info info;
	struct baton_snapshot_vm vm;

	baton_snapshot_file_info(from->file, &info);
	fprintf(to, "A snapshot of version %u, made by baton", info.version);
	for (int i = 0; i < from->note.argument_count; i++)
		if (strcmp(from->note.arguments[i], "--"))
			fprintf(to, " %s", from->note.arguments[i]);
	fprintf(to, "\n\n  needs: %s, family %u, model %u, stepping %u, with the same %u leaves of CPUID\n",
		info.processor, info.family, info.model, info.stepping, info.leaves);
	if (*info.model_name)
		fprintf(to, "  was:   %s\n", info.model_name);
	for (uint32_t i = 0; !baton_snapshot_file_vm(from->file, i, &vm); i++)
		show_vm(&vm, to);
	show_shared(from->file, to);
}

/* ----------------------------------------------------------------------- JSON */

static json_t *json_processor(const struct baton_snapshot_info *info)
{
	json_t *object = json_object();

	json_set_text(object, "vendor", info->processor);
	json_set_text(object, "model_name", info->model_name);
	json_set_integer(object, "family", info->family);
	json_set_integer(object, "model", info->model);
	json_set_integer(object, "stepping", info->stepping);
	json_set_integer(object, "leaves", info->leaves);
	json_set_integer(object, "xsave_size", info->xsave_size);
	return object;
}

static json_t *json_vm(const struct baton_snapshot_vm *vm)
{
	json_t *object = json_object(), *list = json_object();

	json_set_text(object, "name", vm->name);
	json_set_text(object, "mode", baton_mode_name(vm->mode));
	json_set_integer(object, "memory", vm->memory);
	json_set_integer(object, "pages", vm->pages);
	json_set_integer(object, "msrs", vm->msrs);
	json_set_integer(object, "regions", vm->regions);
	json_set_boolean(object, "idle", vm->idle);
	json_set_integer(object, "clock_ns", vm->clock_ns);
	json_set_integer(object, "sleep_ns", vm->sleep_ns);
	json_object_set_new(object, "write", vm->writes ? json_object() : json_null());
	if (vm->writes) {
		json_set_hex(json_object_get(object, "write"), "addr", vm->address);
		json_set_hex(json_object_get(object, "write"), "data", vm->data);
	}
	for (size_t i = 0; i < REGS; i++)
		json_set_hex(list, regs[i].name, value(vm, &regs[i]));
	json_object_set_new(object, "regs", list);
	list = json_object();
	json_set_hex(list, "cr0", vm->cr0);
	json_set_hex(list, "cr3", vm->cr3);
	json_set_hex(list, "cr4", vm->cr4);
	json_set_hex(list, "efer", vm->efer);
	json_set_hex(list, "cs_base", vm->cs_base);
	json_object_set_new(object, "control", list);
	return object;
}

static json_t *json_device(const struct baton_snapshot_device *device)
{
	json_t *object = json_object();

	json_set_text(object, "type", device->type);
	json_set_integer(object, "layout", device->layout);
	json_set_integer(object, "bytes", device->plain);
	json_object_set_new(object, "alarm_vm",
			    device->alarm_vm ? json_string(device->alarm_vm) : json_null());
	json_set_integer(object, "alarm_ns", device->alarm_vm ? device->alarm_ns : 0);
	return object;
}

static json_t *json_region(uint64_t size, uint64_t pages)
{
	json_t *object = json_object();

	json_set_integer(object, "size", size);
	json_set_integer(object, "pages", pages);
	return object;
}

int snapshot_show_json(const struct from *from, FILE *to)
{
	json_t *object = json_object(), *list = json_array();
	struct baton_snapshot_device device;
	struct baton_snapshot_info info;
	struct baton_snapshot_vm vm;
	uint64_t size, pages;
	int error;

	baton_snapshot_file_info(from->file, &info);
	json_set_integer(object, "version", SNAPSHOT_JSON_VERSION);
	json_set_integer(object, "format", info.version);
	for (int i = 1; i < from->note.argument_count; i++)
		json_array_append_new(list, json_string(from->note.arguments[i]));
	json_object_set_new(object, "arguments", list);
	json_object_set_new(object, "processor", json_processor(&info));
	list = json_array();
	for (uint32_t i = 0; !baton_snapshot_file_vm(from->file, i, &vm); i++)
		json_array_append_new(list, json_vm(&vm));
	json_object_set_new(object, "vms", list);
	list = json_array();
	for (uint32_t i = 0; !baton_snapshot_file_region(from->file, i, &size, &pages); i++)
		json_array_append_new(list, json_region(size, pages));
	json_object_set_new(object, "regions", list);
	list = json_array();
	for (uint32_t i = 0; !baton_snapshot_file_device(from->file, i, &device); i++)
		json_array_append_new(list, json_device(&device));
	json_object_set_new(object, "devices", list);
	error = json_dumpf(object, to, JSON_INDENT(2)) || fputc('\n', to) == EOF ? -EIO : 0;
	json_decref(object);
	return error;
}
