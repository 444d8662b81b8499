/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.c - words for what the library decoded. (SDM vol. 3: page tables 4.3
 * to 4.5, segments 3.4.5, types of the rest 3.5.)
 */
#include "evidence.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------- names */

const char *evidence_walk_end_name(enum baton_walk_end end)
{
	static const char *const names[] = {
		[BATON_WALK_MAPPED] = "mapped",
		[BATON_WALK_UNBACKED] = "unbacked",
		[BATON_WALK_NOT_PRESENT] = "not-present",
		[BATON_WALK_NO_TABLE] = "no-table",
		[BATON_WALK_NON_CANONICAL] = "non-canonical",
	};

	return names[end];
}

const char *evidence_role_name(enum baton_descriptor_role role)
{
	static const char *const names[BATON_ROLES] = {
		[BATON_ROLE_EXCEPTION] = "exception",
		[BATON_ROLE_HANDLER] = "handler",
		[BATON_ROLE_INT] = "int",
		[BATON_ROLE_ERROR_CODE] = "error-code",
		[BATON_ROLE_CS] = "cs",
	};

	return names[role];
}

const char *evidence_table_name(enum baton_table table)
{
	static const char *const names[BATON_TABLES] = {
		[BATON_TABLE_GDT] = "gdt",
		[BATON_TABLE_LDT] = "ldt",
		[BATON_TABLE_IDT] = "idt",
	};

	return names[table];
}

const char *evidence_end_name(enum baton_descriptor_end end)
{
	static const char *const names[] = {
		[BATON_DESCRIPTOR_THERE] = "there",
		[BATON_DESCRIPTOR_NULL] = "null",
		[BATON_DESCRIPTOR_BEYOND] = "beyond",
		[BATON_DESCRIPTOR_UNMAPPED] = "unmapped",
	};

	return names[end];
}

const char *evidence_type_name(const struct baton_descriptor *descriptor)
{
	static const char *const system[16] = {
		[1] = "TSS", [2] = "LDT", [3] = "busy TSS", [4] = "call gate", [5] = "task gate",
		[6] = "interrupt gate", [7] = "trap gate", [9] = "TSS", [11] = "busy TSS",
		[12] = "call gate", [14] = "interrupt gate", [15] = "trap gate",
	};

	switch (descriptor->kind) {
	case BATON_DESCRIPTOR_CODE:
		return "code";
	case BATON_DESCRIPTOR_DATA:
		return descriptor->type & 2 ? "writable data" : "read-only data";
	case BATON_DESCRIPTOR_VECTOR:
		return "vector";
	case BATON_DESCRIPTOR_SYSTEM:
	case BATON_DESCRIPTOR_GATE:
		return system[descriptor->type];
	default:
		return "invalid";
	}
}

/* ------------------------------------------------------------------- walks */

static const char *level_name(uint32_t level)
{
	static const char *const names[] = { "PTE", "PDE", "PDPTE", "PML4E", "PML5E" };

	return names[level - 1];
}

const char *evidence_entry_name(const struct baton_walk *walk, uint32_t entry)
{
	return level_name(walk->levels - entry);
}

size_t evidence_flags(const struct baton_walk_entry *entry, const char *names[EVIDENCE_FLAGS])
{
	const struct {
		bool set;
		const char *name;
	} flags[EVIDENCE_FLAGS] = {
		{ entry->present, "present" }, { entry->writable, "writable" },
		{ entry->user, "user" },       { entry->large, "large" },
		{ entry->accessed, "accessed" }, { entry->dirty, "dirty" },
		{ entry->no_execute, "nx" },
	};
	size_t count = 0;

	for (size_t i = 0; i < EVIDENCE_FLAGS; i++)
		if (flags[i].set)
			names[count++] = flags[i].name;
	return count;
}

__attribute__((format(printf, 2, 3)))
static void say(struct evidence_text *t, const char *format, ...)
{
	size_t used = strlen(t->text);
	va_list args;

	va_start(args, format);
	vsnprintf(t->text + used, sizeof(t->text) - used, format, args);
	va_end(args);
}

struct evidence_text evidence_walk_end(const struct baton_walk *walk)
{
	const char *last = walk->count ? evidence_entry_name(walk, walk->count - 1) : "";
	struct evidence_text t = { "" };

	switch (walk->end) {
	case BATON_WALK_MAPPED:
		say(&t, "GPA 0x%" PRIx64, walk->gpa);
		break;
	case BATON_WALK_UNBACKED:
		say(&t, "GPA 0x%" PRIx64 ", where there is no memory", walk->gpa);
		break;
	case BATON_WALK_NOT_PRESENT:
		say(&t, "nowhere: the %s is not present", last);
		break;
	case BATON_WALK_NO_TABLE:
		say(&t, "nowhere: the %s would lie at GPA 0x%" PRIx64
		    ", where there is no memory", last, walk->entries[walk->count - 1].at);
		break;
	case BATON_WALK_NON_CANONICAL:
		say(&t, "nowhere: that is no canonical address");
		break;
	}
	return t;
}

/* ------------------------------------------------------------- descriptors */

struct evidence_text evidence_role(const struct baton_descriptor *d)
{
	struct evidence_text t = { "" };

	switch (d->role) {
	case BATON_ROLE_EXCEPTION:
		if (d->index < 32)
			say(&t, "for exception %u", d->index);
		else
			say(&t, "for INT 0x%x", d->index);
		break;
	case BATON_ROLE_HANDLER:
		say(&t, "named by that gate");
		break;
	case BATON_ROLE_INT:
		say(&t, "for INT 0x%x", d->index);
		break;
	case BATON_ROLE_ERROR_CODE:
		say(&t, "named by the error code");
		break;
	default:
		say(&t, "of the code that died");
		break;
	}
	return t;
}

struct evidence_text evidence_place(const struct baton_descriptor *d)
{
	static const char *const names[BATON_TABLES] = { "GDT", "LDT", "IDT" };
	struct evidence_text t = { "" };

	if (d->table == BATON_TABLE_IDT)
		say(&t, "%s entry %u at 0x%" PRIx64, names[d->table], d->index, d->at);
	else
		say(&t, "%s selector 0x%x at 0x%" PRIx64, names[d->table], d->index, d->at);
	return t;
}

static void say_segment(struct evidence_text *t, const struct baton_descriptor *d)
{
	bool code = d->kind == BATON_DESCRIPTOR_CODE, data = d->kind == BATON_DESCRIPTOR_DATA;

	if (code || d->kind == BATON_DESCRIPTOR_SYSTEM)
		say(t, "%u-bit ", d->bits);
	say(t, "%s", evidence_type_name(d));
	if (code && d->type & 4)
		say(t, ", conforming");
	if (code && !(d->type & 2))
		say(t, ", not readable");
	if (data && d->type & 4)
		say(t, ", expands down");
	if (!code || d->bits != 64) /* there they mean nothing */
		say(t, ", base 0x%" PRIx64 ", limit 0x%" PRIx32, d->base, d->limit);
}

static void say_gate(struct evidence_text *t, const struct baton_descriptor *d)
{
	const char *name = evidence_type_name(d);

	if (!strcmp(name, "task gate")) {
		say(t, "%s to TSS 0x%x", name, d->selector);
		return;
	}
	say(t, "%u-bit %s to 0x%x:0x%" PRIx64, d->bits, name, d->selector, d->offset);
	if (d->ist)
		say(t, ", IST %u", d->ist);
}

static void say_what_is_there(struct evidence_text *t, const struct baton_descriptor *d)
{
	if (d->kind == BATON_DESCRIPTOR_VECTOR) {
		say(t, "vector to 0x%x:0x%" PRIx64, d->selector, d->offset);
		return;
	}
	if (d->kind == BATON_DESCRIPTOR_INVALID)
		say(t, "type %u, which is none", d->type);
	else if (d->kind == BATON_DESCRIPTOR_GATE)
		say_gate(t, d);
	else
		say_segment(t, d);
	say(t, ", DPL %u, %s", d->dpl, d->present ? "present" : "not present");
}

struct evidence_text evidence_content(const struct baton_death *death,
				      const struct baton_descriptor *d)
{
	struct evidence_text t = { "" };

	switch (d->end) {
	case BATON_DESCRIPTOR_THERE:
		say_what_is_there(&t, d);
		break;
	case BATON_DESCRIPTOR_NULL:
		say(&t, "the null selector, which names nothing");
		break;
	case BATON_DESCRIPTOR_BEYOND:
		say(&t, "beyond the table's limit, 0x%" PRIx32, death->tables[d->table].limit);
		break;
	case BATON_DESCRIPTOR_UNMAPPED:
		say(&t, "not in memory");
		break;
	}
	return t;
}
