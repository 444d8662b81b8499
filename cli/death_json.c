/* SPDX-License-Identifier: Apache-2.0 */
/*
 * death_json.c - all that is known of a death, and how the command reads the code.
 * Addresses and register contents are texts, as everywhere in the report.
 */
#include "death_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "baton/baton.h"
#include "disassembly.h"
#include "evidence.h"
#include "json_set.h"
#include "symbols.h"

/* --------------------------------------------------------------- registers */

static json_t *registers(const struct baton_regs *r)
{
	static const char *const names[] = {
		"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rsp", "rbp", "r8",
		"r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip", "rflags",
	};
	uint64_t values[sizeof(names) / sizeof(*names)];
	json_t *object = json_object();

	_Static_assert(sizeof(values) == sizeof(*r), "a name per register, in their order");
	memcpy(values, r, sizeof(values));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		json_set_hex(object, names[i], values[i]);
	return object;
}

static json_t *control(const struct baton_death *death)
{
	json_t *object = json_object();

	json_set_hex(object, "cs", death->cs);
	json_set_hex(object, "cs_base", death->cs_base);
	json_set_hex(object, "cr0", death->cr0);
	json_set_hex(object, "cr3", death->cr3);
	json_set_hex(object, "cr4", death->cr4);
	json_set_hex(object, "efer", death->efer);
	return object;
}

static json_t *last_exits(const struct baton_death *death)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < death->last_count; i++) {
		const struct baton_exit *exit = &death->last[i];
		json_t *object = json_object();

		json_set_text(object, "kind", baton_exit_name(exit->kind));
		json_set_integer(object, "size", exit->size);
		json_set_integer(object, "count", exit->count);
		json_set_hex(object, "addr", exit->addr);
		json_set_hex(object, "data", exit->data);
		json_set_hex(object, "rip", exit->rip);
		json_array_append_new(list, object);
	}
	return list;
}

/* -------------------------------------------------------------------- code */

static void set_symbol(json_t *object, const struct baton_death *death, struct symbols *symbols)
{
	struct symbols_place place;
	json_t *symbol;

	if (!symbols_find(symbols, death->address, &place))
		return;
	symbol = json_object();
	if (place.name[0]) {
		json_set_text(symbol, "name", place.name);
		json_set_integer(symbol, "offset", place.offset);
	}
	if (place.file[0]) {
		json_set_text(symbol, "file", place.file);
		json_set_integer(symbol, "line", (uint64_t)place.line);
	}
	json_object_set_new(object, "symbol", symbol);
}

static json_t *instructions(const struct baton_death *death, struct symbols *symbols)
{
	bool starts[BATON_CODE_BEFORE] = { false };
	json_t *list = json_array();
	struct disassembly d;

	symbols_mark_starts(symbols, death->address, death->before_size, starts);
	disassemble(death, starts, &d);
	for (size_t i = 0; i < d.count; i++) {
		json_t *object = json_object();

		json_set_hex(object, "address", d.lines[i].address);
		json_set_bytes(object, "bytes", d.lines[i].bytes, d.lines[i].size);
		json_set_text(object, "text", d.lines[i].text);
		json_set_boolean(object, "guilty", d.lines[i].guilty);
		json_array_append_new(list, object);
	}
	return list;
}

/* What was executed again. */
static json_t *steps(const struct baton_death *death)
{
	json_t *object = json_object(), *list = json_array();

	json_set_text(object, "end", baton_steps_end_name(death->steps_end));
	for (uint32_t i = 0; i < death->step_count; i++) {
		json_t *step = json_object();
		struct disassembly_line line;

		disassemble_step(death, i, &line);
		json_set_hex(step, "address", line.address);
		json_set_bytes(step, "bytes", line.bytes, line.size);
		json_set_integer(step, "code_bits", death->steps[i].code_bits);
		json_set_text(step, "text", line.text);
		json_array_append_new(list, step);
	}
	json_object_set_new(object, "last", list);
	return object;
}

/* ---------------------------------------------------------------- evidence */

static json_t *walk_entry(const struct baton_walk *walk, uint32_t i)
{
	const struct baton_walk_entry *entry = &walk->entries[i];
	const char *names[EVIDENCE_FLAGS];
	size_t count = evidence_flags(entry, names);
	json_t *object = json_object(), *flags = json_array();

	for (size_t k = 0; k < count; k++)
		json_array_append_new(flags, json_string(names[k]));
	json_set_text(object, "name", evidence_entry_name(walk, i));
	json_set_hex(object, "at", entry->at);
	if (walk->end == BATON_WALK_NO_TABLE && i == walk->count - 1) {
		json_decref(flags);
		return object;
	}
	json_set_hex(object, "value", entry->value);
	json_object_set_new(object, "flags", flags);
	json_set_hex(object, "reserved", entry->reserved);
	return object;
}

static json_t *walks(const struct baton_death *death)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < death->walk_count; i++) {
		const struct baton_walk *walk = &death->walks[i];
		json_t *object = json_object(), *entries = json_array();

		json_set_hex(object, "linear", walk->linear);
		json_set_text(object, "end", evidence_walk_end_name(walk->end));
		if (walk->end == BATON_WALK_MAPPED || walk->end == BATON_WALK_UNBACKED)
			json_set_hex(object, "gpa", walk->gpa);
		json_set_integer(object, "levels", walk->levels);
		for (uint32_t k = 0; k < walk->count; k++)
			json_array_append_new(entries, walk_entry(walk, k));
		json_object_set_new(object, "entries", entries);
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *tables(const struct baton_death *death)
{
	json_t *object = json_object();

	for (int i = 0; i < BATON_TABLES; i++) {
		json_t *table = json_object();

		json_set_hex(table, "base", death->tables[i].base);
		json_set_hex(table, "limit", death->tables[i].limit);
		json_object_set_new(object, evidence_table_name((enum baton_table)i), table);
	}
	return object;
}

/* What a descriptor holds that is there. */
static void set_fields(json_t *object, const struct baton_descriptor *d)
{
	json_t *raw = json_array();

	for (uint32_t i = 0; i < d->size; i += 8) {
		char text[24];

		snprintf(text, sizeof(text), "0x%" PRIx64, d->raw[i / 8]);
		json_array_append_new(raw, json_string(text));
	}
	json_object_set_new(object, "raw", raw);
	json_set_text(object, "type", evidence_type_name(d));
	json_set_integer(object, "bits", d->bits);
	json_set_integer(object, "dpl", d->dpl);
	json_set_boolean(object, "present", d->present);
	switch (d->kind) {
	case BATON_DESCRIPTOR_CODE:
	case BATON_DESCRIPTOR_DATA:
	case BATON_DESCRIPTOR_SYSTEM:
		json_set_hex(object, "base", d->base);
		json_set_hex(object, "limit", d->limit);
		break;
	case BATON_DESCRIPTOR_GATE:
	case BATON_DESCRIPTOR_VECTOR:
		json_set_hex(object, "selector", d->selector);
		json_set_hex(object, "offset", d->offset);
		json_set_integer(object, "ist", d->ist);
		break;
	case BATON_DESCRIPTOR_INVALID:
		break;
	}
}

static json_t *descriptors(const struct baton_death *death)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < death->descriptor_count; i++) {
		const struct baton_descriptor *d = &death->descriptors[i];
		json_t *object = json_object();

		json_set_text(object, "role", evidence_role_name(d->role));
		json_set_text(object, "table", evidence_table_name(d->table));
		json_set_hex(object, "index", d->index);
		json_set_hex(object, "at", d->at);
		json_set_text(object, "end", evidence_end_name(d->end));
		if (d->end == BATON_DESCRIPTOR_THERE)
			set_fields(object, d);
		json_array_append_new(list, object);
	}
	return list;
}

/* --------------------------------------------------------------- the whole */

json_t *death_json(const struct baton_death *death, const char *path)
{
	struct symbols *symbols = symbols_open(path);
	json_t *object = json_object();

	json_set_text(object, "kind", baton_death_name(death->kind));
	json_set_text(object, "cause", baton_cause_name(death->cause));
	json_set_text(object, "sentence", death->sentence);
	json_set_text(object, "advice", death->advice);
	json_set_hex(object, "address", death->address);
	json_set_boolean(object, "at_death", death->at_death);
	set_symbol(object, death, symbols);
	if (death->vector >= 0) {
		json_set_integer(object, "vector", (uint64_t)death->vector);
		json_set_hex(object, "error_code", death->error_code);
		json_set_hex(object, "cr2", death->cr2);
	}
	json_object_set_new(object, "regs", registers(&death->regs));
	if (death->has_sregs)
		json_object_set_new(object, "control", control(death));
	json_set_bytes(object, "code", death->code, death->code_size);
	json_set_integer(object, "code_bits", death->code_bits);
	json_object_set_new(object, "instructions", instructions(death, symbols));
	if (death->has_sregs) {
		json_object_set_new(object, "walks", walks(death));
		json_object_set_new(object, "tables", tables(death));
		json_object_set_new(object, "descriptors", descriptors(death));
	}
	if (death->steps_end != BATON_STEPS_NONE)
		json_object_set_new(object, "steps", steps(death));
	json_object_set_new(object, "last_exits", last_exits(death));
	json_set_hex(object, "detail", death->detail);
	json_set_integer(object, "at_ns", death->at_ns);
	symbols_close(symbols);
	return object;
}
