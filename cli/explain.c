/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.c - prints what the library found out about a death. The library
 * gives the facts and the sentence; disassembly and symbols are the command's.
 */
#include "explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "baton/baton.h"
#include "disassembly.h"
#include "evidence.h"
#include "show.h"
#include "symbols.h"
#include "table.h"
#include "terminal.h"
#include "units.h"

#define INDENT	    2
#define WIDTH	    80
#define BYTES_WIDTH 24 /* of most instructions, with a space behind */

/* ------------------------------------------------------------ instructions */

static void print_instruction(const struct disassembly_line *line, const struct terminal *terminal)
{
	char address[24], bytes[3 * sizeof(line->bytes) + 1] = "";
	size_t used = 0, before, gap;

	for (size_t i = 0; i < line->size; i++)
		used += (size_t)snprintf(bytes + used, sizeof(bytes) - used, "%s%02x", i ? " " : "",
					 line->bytes[i]);
	before = 4 + (size_t)snprintf(address, sizeof(address), "0x%" PRIx64 "  ", line->address);
	gap = used < BYTES_WIDTH ? BYTES_WIDTH - used : 1;
	fprintf(terminal->to, "  %s%s %s%s",
		line->guilty ? terminal_colour(terminal, COLOUR_BAD) : "",
		line->guilty ? "→" : " ", address, bytes);
	/* Text that would be too wide has a line of its own. */
	if (before + used + gap + strlen(line->text) > WIDTH)
		fprintf(terminal->to, "\n%*s", (int)before, "");
	else
		fprintf(terminal->to, "%*s", (int)gap, "");
	fprintf(terminal->to, "%s%s\n", line->text, line->guilty ? terminal_plain(terminal) : "");
}

/* "main+0x12, hello.c:34", as far as it is known. */
static void print_place(const struct baton_death *death, struct symbols *symbols,
			const struct terminal *terminal)
{
	struct symbols_place place;
	const char *slash;
	char text[400] = "";
	size_t used = 0;

	if (!symbols_find(symbols, death->address, &place))
		return;
	if (place.name[0])
		used = (size_t)snprintf(text, sizeof(text), "%s+0x%" PRIx64, place.name,
					place.offset);
	slash = strrchr(place.file, '/');
	if (place.file[0])
		snprintf(text + used, sizeof(text) - used, "%s%s:%d", used ? ", " : "",
			 slash ? slash + 1 : place.file, place.line);
	terminal_wrap(terminal, 2 * INDENT, 0, text);
}

/* What stands at the guilty address, and a little around it. */
static void print_code(const struct baton_death *death, struct symbols *symbols,
		       const struct terminal *terminal)
{
	bool starts[BATON_CODE_BEFORE] = { false };
	struct disassembly d;

	if (!death->code_size) {
		fprintf(terminal->to, "  → 0x%" PRIx64 "  no guest memory there\n",
			death->address);
		return;
	}
	print_place(death, symbols, terminal);
	symbols_mark_starts(symbols, death->address, death->before_size, starts);
	disassemble(death, starts, &d);
	for (size_t i = 0; i < d.count; i++)
		print_instruction(&d.lines[i], terminal);
	if (!d.count) {
		struct disassembly_line line = { .address = death->address, .guilty = true,
						 .size = death->code_size,
						 .text = "no valid instruction" };

		memcpy(line.bytes, death->code, death->code_size);
		print_instruction(&line, terminal);
	}
}

/* --------------------------------------------------------------- registers */

static const char *exception_name(int vector)
{
	/* SDM vol. 3, 6.15; APM vol. 2, 8.2 */
	static const char *const names[] = {
		"#DE, divide error",	    "#DB, debug",
		"NMI",			    "#BP, breakpoint",
		"#OF, overflow",	    "#BR, bound range exceeded",
		"#UD, invalid opcode",	    "#NM, no FPU",
		"#DF, double fault",	    "coprocessor segment overrun",
		"#TS, invalid TSS",	    "#NP, segment not present",
		"#SS, stack fault",	    "#GP, general protection",
		"#PF, page fault",	    "reserved",
		"#MF, x87 error",	    "#AC, alignment check",
		"#MC, machine check",	    "#XM, SIMD error",
	};

	return vector < (int)(sizeof(names) / sizeof(*names)) ? names[vector] : "an interrupt";
}

static void add_register(struct table *table, const char *name, uint64_t value)
{
	table_cell(table, "%s", name);
	table_cell(table, "%016" PRIx64, value);
}

static void print_registers(const struct baton_death *death, const struct terminal *terminal)
{
	const struct baton_regs *r = &death->regs;
	const struct {
		const char *name;
		uint64_t value;
	} registers[] = {
		{ "rax", r->rax }, { "rbx", r->rbx }, { "rcx", r->rcx }, { "rdx", r->rdx },
		{ "rsi", r->rsi }, { "rdi", r->rdi }, { "rsp", r->rsp }, { "rbp", r->rbp },
		{ "r8", r->r8 },   { "r9", r->r9 },   { "r10", r->r10 }, { "r11", r->r11 },
		{ "r12", r->r12 }, { "r13", r->r13 }, { "r14", r->r14 }, { "r15", r->r15 },
		{ "rip", r->rip }, { "flags", r->rflags },
	};
	struct table table;

	table_init(&table, "lrlrlr");
	for (size_t i = 0; i < sizeof(registers) / sizeof(*registers); i++)
		add_register(&table, registers[i].name, registers[i].value);
	if (death->has_sregs) {
		add_register(&table, "cr0", death->cr0);
		add_register(&table, "cr3", death->cr3);
		add_register(&table, "cr4", death->cr4);
		add_register(&table, "efer", death->efer);
		for (int i = 0; i < 4; i++)
			table_cell(&table, "%s", ""); /* to the end of the row */
	}
	table_print(&table, terminal->to);
	if (death->has_sregs)
		fprintf(terminal->to, "  cs 0x%" PRIx64 ", its base 0x%" PRIx64 "\n", death->cs,
			death->cs_base);
}

static void print_exception(const struct baton_death *death, const struct terminal *terminal)
{
	if (death->vector < 0)
		return;
	fprintf(terminal->to, "  exception %d (%s), error code 0x%" PRIx32, death->vector,
		exception_name(death->vector), death->error_code);
	if (death->vector == 14)
		fprintf(terminal->to, ", CR2 0x%" PRIx64, death->cr2);
	fputc('\n', terminal->to);
}

/* ---------------------------------------------------------------- evidence */

/* The columns of an entry: name, GPA of it, value; then come its flags. */
#define FLAGS_AT 37

static void print_entry(const struct baton_walk *walk, uint32_t i, const struct terminal *terminal)
{
	const struct baton_walk_entry *entry = &walk->entries[i];
	const char *names[EVIDENCE_FLAGS];
	size_t count = evidence_flags(entry, names), used = 0;
	char flags[128] = "";

	for (size_t k = 0; k < count; k++)
		used += (size_t)snprintf(flags + used, sizeof(flags) - used, "%s%s", k ? " " : "",
					 names[k]);
	if (!entry->present)
		used += (size_t)snprintf(flags, sizeof(flags), "not present");
	if (entry->reserved)
		snprintf(flags + used, sizeof(flags) - used, " reserved bits 0x%" PRIx64,
			 entry->reserved);
	fprintf(terminal->to, "  %-5s  %08" PRIx64 "  %016" PRIx64 "  ",
		evidence_entry_name(walk, i), entry->at, entry->value);
	terminal_wrap(terminal, FLAGS_AT, FLAGS_AT, flags);
}

static void print_walk(const struct baton_walk *walk, const char *of,
		       const struct terminal *terminal)
{
	/* The entry that cannot be read is told of in the end. */
	uint32_t readable = walk->count - (walk->end == BATON_WALK_NO_TABLE);
	char text[200];

	if (!walk->levels) {
		fprintf(terminal->to, "\n  Paging is off: address 0x%" PRIx64 " is %s\n",
			walk->linear, evidence_walk_end(walk).text);
		return;
	}
	fprintf(terminal->to, "\n  Page tables, for 0x%" PRIx64 " (%s):\n", walk->linear, of);
	if (readable)
		fprintf(terminal->to, "  %-5s  %-8s  %-16s  flags\n", "entry", "at GPA", "value");
	for (uint32_t i = 0; i < readable; i++)
		print_entry(walk, i, terminal);
	snprintf(text, sizeof(text), "→ %s", evidence_walk_end(walk).text);
	terminal_wrap(terminal, INDENT, 0, text);
}

static void print_descriptor(const struct baton_death *death, const struct baton_descriptor *d,
			     const struct terminal *terminal)
{
	/* Baton's own gates are no riddle. */
	bool ours = d->role == BATON_ROLE_EXCEPTION && death->kind == BATON_DEATH_TRIPWIRE;
	struct evidence_text content = evidence_content(death, d);
	char raw[40] = "";

	fprintf(terminal->to, "  %s, %s%s\n", evidence_place(d).text, evidence_role(d).text,
		ours ? " (Baton's tripwire)" : "");
	if (d->size == 16)
		snprintf(raw, sizeof(raw), "%016" PRIx64 " %016" PRIx64, d->raw[0], d->raw[1]);
	else if (d->size)
		snprintf(raw, sizeof(raw), "%0*" PRIx64, 2 * (int)d->size, d->raw[0]);
	terminal_wrap(terminal, 2 * INDENT, 0, raw);
	terminal_wrap(terminal, 2 * INDENT, 0, content.text);
}

static void print_tables(const struct baton_death *death, const struct terminal *terminal)
{
	static const char *const names[BATON_TABLES] = { "GDT", "LDT", "IDT" };
	bool wanted[BATON_TABLES] = { [BATON_TABLE_GDT] = true, [BATON_TABLE_IDT] = true };
	char text[200] = "";
	size_t used = 0;

	for (uint32_t i = 0; i < death->descriptor_count; i++)
		wanted[death->descriptors[i].table] = true;
	for (int i = 0; i < BATON_TABLES; i++)
		if (wanted[i])
			used += (size_t)snprintf(text + used, sizeof(text) - used,
						 "%s%s at 0x%" PRIx64 ", limit 0x%" PRIx32,
						 used ? "; " : "", names[i], death->tables[i].base,
						 death->tables[i].limit);
	fputc('\n', terminal->to);
	terminal_wrap(terminal, INDENT, 0, text);
	for (uint32_t i = 0; i < death->descriptor_count; i++)
		print_descriptor(death, &death->descriptors[i], terminal);
}

static void print_evidence(const struct baton_death *death, const struct terminal *terminal)
{
	const char *const of[] = { death->cs_base ? "CS:RIP" : "RIP", "CR2" };

	if (!death->has_sregs)
		return;
	for (uint32_t i = 0; i < death->walk_count; i++)
		print_walk(&death->walks[i], of[i], terminal);
	print_tables(death, terminal);
}

/* ------------------------------------------------------------------- exits */

static void print_last_exits(const struct baton_death *death, const struct terminal *terminal)
{
	if (!death->last_count)
		return;
	fputs("\n  The last exits, oldest first:\n", terminal->to);
	for (uint32_t i = 0; i < death->last_count; i++) {
		/* The exit that told of the exception is Baton's own doing, not the guest's. */
		bool ours = death->kind == BATON_DEATH_TRIPWIRE && i == death->last_count - 1;

		fprintf(terminal->to, "    rip 0x%-10" PRIx64 "  %s%s\n", death->last[i].rip,
			show_exit(&death->last[i]).text, ours ? "  (Baton's tripwire)" : "");
	}
}

static void print_steps(const struct baton_death *death, const struct terminal *terminal)
{
	static const char *const texts[BATON_STEPS_ENDS] = {
		[BATON_STEPS_EXACT] = "Executed again since its last exit, it died again. Its last "
				      "steps:",
		[BATON_STEPS_OTHER] = "Executed again since its last exit, it did something else; "
				      "perhaps it reads the time.",
		[BATON_STEPS_LONG] = "Executed again since its last exit, it did not die within a "
				     "million steps, or in 20 s.",
		[BATON_STEPS_FAILED] = "Its last steps could not be executed again on this KVM.",
	};
	struct disassembly_line line;

	if (!texts[death->steps_end])
		return;
	fputc('\n', terminal->to);
	terminal_wrap(terminal, INDENT, 0, texts[death->steps_end]);
	if (death->steps_end != BATON_STEPS_EXACT)
		return;
	for (uint32_t i = 0; i < death->step_count; i++) {
		disassemble_step(death, i, &line);
		print_instruction(&line, terminal);
	}
}

/* What the address is: mostly the culprit, but not always. */
static const char *place_heading(const struct baton_death *death)
{
	if (!death->at_death)
		return "This KVM lost the place; the guest was last seen at:";
	if (death->kind == BATON_DEATH_WATCHDOG)
		return "Where it was when its time was up:";
	return "The instruction that failed:";
}

void explain_death(const struct baton_vm *vm, const char *path, const struct terminal *terminal)
{
	const struct baton_death *death = baton_vm_death(vm);
	struct symbols *symbols;

	if (!death)
		return;
	fprintf(terminal->to, "\n  %s%s died%s after %s (%s, %s)\n",
		terminal_colour(terminal, COLOUR_BAD), baton_vm_name(vm), terminal_plain(terminal),
		units_time(death->at_ns).text, baton_death_name(death->kind),
		baton_cause_name(death->cause));
	terminal_wrap(terminal, INDENT, 0, death->sentence);
	terminal_wrap(terminal, INDENT, 0, death->advice);
	fprintf(terminal->to, "\n  %s\n", place_heading(death));
	symbols = symbols_open(path);
	print_code(death, symbols, terminal);
	symbols_close(symbols);
	print_exception(death, terminal);
	fputc('\n', terminal->to);
	print_registers(death, terminal);
	print_evidence(death, terminal);
	print_steps(death, terminal);
	print_last_exits(death, terminal);
}
