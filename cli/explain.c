/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.c - prints what the library found out about a death. The library
 * gives the facts and the sentence; only the disassembly is made here.
 */
#include "explain.h"

#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdio.h>

#include "baton/baton.h"
#include "show.h"
#include "table.h"
#include "terminal.h"
#include "units.h"

#define SHOWN_INSTRUCTIONS 4
#define INDENT		   2

/* ------------------------------------------------------------ instructions */

static cs_mode code_mode(const struct baton_death *death)
{
	return death->code_bits == 64 ? CS_MODE_64
	       : death->code_bits == 32 ? CS_MODE_32
					: CS_MODE_16;
}

static void print_instruction(const cs_insn *insn, bool guilty, const struct terminal *terminal)
{
	char bytes[3 * sizeof(insn->bytes) + 1] = "";
	size_t used = 0;

	for (size_t i = 0; i < insn->size; i++)
		used += (size_t)snprintf(bytes + used, sizeof(bytes) - used, "%02x ",
					 insn->bytes[i]);
	fprintf(terminal->to, "  %s%s 0x%" PRIx64 "  %-24s%s%s%s%s\n",
		guilty ? terminal_colour(terminal, COLOUR_BAD) : "", guilty ? "→" : " ",
		insn->address, bytes, insn->mnemonic, *insn->op_str ? " " : "", insn->op_str,
		guilty ? terminal_plain(terminal) : "");
}

/* What stands at the guilty address, and a little behind it. */
static void print_code(const struct baton_death *death, const struct terminal *terminal)
{
	size_t count = 0;
	cs_insn *insn;
	csh engine;

	if (!death->code_size) {
		fprintf(terminal->to, "  → 0x%" PRIx64 "  no guest memory there\n",
			death->address);
		return;
	}
	if (!cs_open(CS_ARCH_X86, code_mode(death), &engine)) {
		count = cs_disasm(engine, death->code, death->code_size, death->address,
				  SHOWN_INSTRUCTIONS, &insn);
		for (size_t i = 0; i < count; i++)
			print_instruction(&insn[i], !i, terminal);
		if (count)
			cs_free(insn, count);
		cs_close(&engine);
	}
	if (!count) {
		fprintf(terminal->to, "  → 0x%" PRIx64 " ", death->address);
		for (uint32_t i = 0; i < death->code_size; i++)
			fprintf(terminal->to, " %02x", death->code[i]);
		fputs("  no valid instruction\n", terminal->to);
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

/* What the address is: mostly the culprit, but not always. */
static const char *place_heading(const struct baton_death *death)
{
	if (!death->at_death)
		return "This KVM lost the place; the guest was last seen at:";
	if (death->kind == BATON_DEATH_WATCHDOG)
		return "Where it was when its time was up:";
	return "The instruction that failed:";
}

void explain_death(const struct baton_vm *vm, const struct terminal *terminal)
{
	const struct baton_death *death = baton_vm_death(vm);

	if (!death)
		return;
	fprintf(terminal->to, "\n  %s%s died%s after %s (%s, %s)\n",
		terminal_colour(terminal, COLOUR_BAD), baton_vm_name(vm), terminal_plain(terminal),
		units_time(death->at_ns).text, baton_death_name(death->kind),
		baton_cause_name(death->cause));
	terminal_wrap(terminal, INDENT, 0, death->sentence);
	terminal_wrap(terminal, INDENT, 0, death->advice);
	fprintf(terminal->to, "\n  %s\n", place_heading(death));
	print_code(death, terminal);
	print_exception(death, terminal);
	fputc('\n', terminal->to);
	print_registers(death, terminal);
	print_last_exits(death, terminal);
}
