/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_show.c - the tables. Counts are as they are, or per second; times are mean ones per
 * exit in the kernel, where the processor's work for an exit is, and sums elsewhere.
 */
#include "exits_show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bar.h"
#include "table.h"
#include "terminal.h"
#include "units.h"

#define NARROW_BAR 8 /* columns, beside times where there are only 80 */
#define MANY_VMS   40 /* of a table; more are in JSON and CSV */

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static uint64_t scaled(const struct exits_show *show, const struct exits *exits, uint64_t value)
{
	unsigned __int128 rate;

	if (!show->rates || !exits->interval_ns)
		return value;
	rate = ((unsigned __int128)value * 1000000000 + exits->interval_ns / 2) / exits->interval_ns;
	return rate > UINT64_MAX ? UINT64_MAX : (uint64_t)rate;
}

static struct units_text count_text(const struct exits_show *show, const struct exits *exits,
				    uint64_t count)
{
	return units_count(scaled(show, exits, count));
}

static struct units_text time_text(const struct exits_show *show, const struct exits *exits,
				   uint64_t cycles)
{
	return units_brief(scaled(show, exits, exits_ns(exits, cycles)));
}

static const char *what(const struct exits_show *show, uint64_t count)
{
	return show->rates ? "exits per second" : count == 1 ? "exit" : "exits";
}

static void heading(const struct exits_show *show, const char *text)
{
	fprintf(show->terminal->to, "\n  %s%s%s\n", terminal_colour(show->terminal, COLOUR_STRONG),
		text, terminal_plain(show->terminal));
}

/* ----------------------------------------------------------------- reasons */

static void add_reason(struct table *table, const struct exits_show *show,
		       const struct exits *exits, const struct exits_row *row, uint64_t all)
{
	const struct terminal *terminal = show->terminal;
	double share = percent(row->count, all);

	table_cell(table, "%s", row->name);
	table_cell(table, "%s", count_text(show, exits, row->count).text);
	table_cell(table, "%s", units_percent(share, 1).text);
	table_cell(table, "%s%s%s", terminal_colour(terminal, COLOUR_GOOD),
		   bar(share, exits->tsc_khz ? NARROW_BAR : BAR_MOST).text, terminal_plain(terminal));
	if (!exits->tsc_khz)
		return;
	if (row->count)
		table_cell(table, "%s", units_brief(exits_ns(exits, row->kvm / row->count)).text);
	else
		table_cell(table, "–");
	table_cell(table, "%s", time_text(show, exits, row->user).text);
	table_cell(table, "%s", time_text(show, exits, row->asleep).text);
	table_cell(table, "%s", time_text(show, exits, row->preempted).text);
}

static void print_reasons(const struct exits_show *show, const struct exits *exits,
			  const struct exits_sums *sums)
{
	const struct exits_row *last = sums->count ? &sums->rows[sums->count - 1] : NULL;
	uint64_t all = exits_count(sums);
	struct table table;

	if (!last)
		return;
	table_init(&table, exits->tsc_khz ? "lrrOrrro" : "lrrO");
	table.width = show->width;
	table_cell(&table, "reason");
	table_cell(&table, "%s", show->rates ? "per s" : "count");
	table_cell(&table, "share");
	table_cell(&table, "%s", "");
	if (exits->tsc_khz) {
		table_cell(&table, "in KVM");
		table_cell(&table, "userspace");
		table_cell(&table, "asleep");
		table_cell(&table, "preempted");
	}
	table_rule(&table);
	for (size_t i = 0; i < sums->count; i++)
		add_reason(&table, show, exits, &sums->rows[i], all);
	table_print(&table, show->terminal->to);
	if (sums->count > 1)
		fprintf(show->terminal->to, "  most frequent: %s, least frequent: %s\n",
			sums->rows[0].name, last->name);
}

/* -------------------------------------------------------------------- VMs */

/* A number as text; a dash for 0, which stands for what is not known. */
static struct units_text number(uint64_t value)
{
	struct units_text text = { "–" };

	if (value)
		snprintf(text.text, sizeof(text.text), "%" PRIu64, value);
	return text;
}

static const char *process(const struct exits_vm *vm)
{
	return *vm->process ? vm->process : "?";
}

/* The last cells of a line: its exits. */
static void add_sums(struct table *table, const struct exits_show *show, const struct exits *exits,
		     const struct exits_sums *sums, uint64_t all)
{
	const struct terminal *terminal = show->terminal;
	uint64_t count = exits_count(sums);
	double share = percent(count, all);

	table_cell(table, "%s", count_text(show, exits, count).text);
	table_cell(table, "%s", units_percent(share, 1).text);
	table_cell(table, "%s%s%s", terminal_colour(terminal, COLOUR_GOOD),
		   bar(share, NARROW_BAR).text, terminal_plain(terminal));
	table_cell(table, "%s", sums->count ? sums->rows[0].name : "–");
}

static void print_vms(const struct exits_show *show, const struct exits *exits, uint64_t all)
{
	size_t shown = exits->vm_count < MANY_VMS ? exits->vm_count : MANY_VMS;
	struct table table;

	table_init(&table, "rrlrrrOl");
	table.width = show->width;
	table_cell(&table, "VM");
	table_cell(&table, "pid");
	table_cell(&table, "process");
	table_cell(&table, "vCPUs");
	table_cell(&table, "%s", show->rates ? "exits per s" : "exits");
	table_cell(&table, "share");
	table_cell(&table, "%s", "");
	table_cell(&table, "most frequent");
	table_rule(&table);
	for (size_t i = 0; i < shown; i++) {
		const struct exits_vm *vm = &exits->vms[i];

		table_cell(&table, "%s", number(vm->id).text);
		table_cell(&table, "%" PRIu32, vm->pid);
		table_cell(&table, "%s", process(vm));
		table_cell(&table, "%" PRIu32, vm->vcpus);
		add_sums(&table, show, exits, &vm->sums, all);
	}
	if (exits->gone_vms || exits->gone.count) {
		table_cell(&table, "%s", "");
		table_cell(&table, "%s", "");
		table_cell(&table, "%" PRIu64 " gone", exits->gone_vms);
		table_cell(&table, "%s", "");
		add_sums(&table, show, exits, &exits->gone, all);
	}
	table_print(&table, show->terminal->to);
	if (shown < exits->vm_count)
		fprintf(show->terminal->to, "  … and %zu more: see --json, --csv, --vm and --pid\n",
			exits->vm_count - shown);
}

static void print_vm(const struct exits_show *show, const struct exits *exits,
		     const struct exits_vm *vm)
{
	char title[160];
	int used;

	if (vm->id)
		used = snprintf(title, sizeof(title), "VM %" PRIu64 ", %s, pid %" PRIu32, vm->id,
				process(vm), vm->pid);
	else
		used = snprintf(title, sizeof(title), "VMs of %s, pid %" PRIu32, process(vm), vm->pid);
	if (exits->tsc_khz && vm->sums.guest)
		snprintf(title + used, sizeof(title) - (size_t)used, ": %s in the guest%s",
			 time_text(show, exits, vm->sums.guest).text, show->rates ? " per second" : "");
	heading(show, title);
	if (vm->sums.fast)
		fprintf(show->terminal->to, "  %s of them were over before KVM's tracepoint\n",
			count_text(show, exits, vm->sums.fast).text);
	print_reasons(show, exits, &vm->sums);
}

/* -------------------------------------------------------------- the whole */

static void print_title(const struct exits_show *show, const struct exits *exits, uint64_t all)
{
	char of[96] = "since the module was loaded, or last reset";

	if (exits->interval_ns)
		snprintf(of, sizeof(of), show->rates ? "over %s" : "in %s",
			 units_brief(exits->interval_ns).text);
	fprintf(show->terminal->to, "\n  %s%s %s %s%s\n  %s, counted by %s\n",
		terminal_colour(show->terminal, COLOUR_STRONG), count_text(show, exits, all).text,
		what(show, scaled(show, exits, all)), of, terminal_plain(show->terminal),
		exits_isa_title(exits->isa), show->source);
}

static void print_notes(const struct exits_show *show, const struct exits *exits)
{
	FILE *to = show->terminal->to;

	if (exits->missed)
		fprintf(to, "\n  %s%s exits are in no count: no memory, or no way to the reason%s\n",
			terminal_colour(show->terminal, COLOUR_WARN), units_count(exits->missed).text,
			terminal_plain(show->terminal));
	if (exits->reset)
		fprintf(to, "\n  %sSomebody let counts begin at 0 again meanwhile: some are too small%s\n",
			terminal_colour(show->terminal, COLOUR_WARN), terminal_plain(show->terminal));
}

/* What the names of the table mean, once each. */
static void print_meanings(const struct exits_show *show, const struct exits *exits,
			   const struct exits_sums *sums)
{
	const struct exits_reason *reason;
	struct table table;

	heading(show, "What these reasons are");
	table_init(&table, "ll");
	for (size_t i = 0; i < sums->count; i++) {
		reason = exits_reason(exits->isa, sums->rows[i].code);
		table_cell(&table, "%s", sums->rows[i].name);
		if (reason && !strcmp(reason->name, sums->rows[i].name))
			table_cell(&table, "%s", reason->text);
		else
			table_cell(&table, "number %#" PRIx32 ", which is not defined here",
				   sums->rows[i].code);
	}
	table_print(&table, show->terminal->to);
	if (exits->tsc_khz)
		fputs("  in KVM: mean time per exit; the other times are sums, until the next entry\n",
		      show->terminal->to);
}

void exits_show(const struct exits_show *show, const struct exits *exits)
{
	bool one = exits->vm_count == 1 && !exits->gone.count;
	struct exits_sums total;
	uint64_t all;

	exits_total(exits, &total);
	all = exits_count(&total);
	print_title(show, exits, all);
	print_notes(show, exits);
	if (exits->vm_count || exits->gone_vms || exits->gone.count)
		print_vms(show, exits, all);
	else
		fputs("  no VM\n", show->terminal->to);
	if (!one && total.count) {
		heading(show, show->all ? "This host" : "These VMs");
		print_reasons(show, exits, &total);
	}
	for (size_t i = 0; i < exits->vm_count && i < MANY_VMS; i++)
		if (exits->vms[i].sums.count)
			print_vm(show, exits, &exits->vms[i]);
	if (total.count)
		print_meanings(show, exits, &total);
	exits_sums_fini(&total);
}

void exits_show_names(const struct terminal *terminal)
{
	const struct exits_show show = { .terminal = terminal };

	for (enum exits_isa isa = EXITS_ISA_VMX; isa < EXITS_ISAS; isa++) {
		size_t count;
		const struct exits_reason *reasons = exits_reasons(isa, &count);
		struct table table;

		heading(&show, exits_isa_title(isa));
		table_init(&table, "rll");
		for (size_t i = 0; i < count; i++) {
			if (isa == EXITS_ISA_VMX)
				table_cell(&table, "%" PRIu32, reasons[i].code);
			else
				table_cell(&table, "%#" PRIx32, reasons[i].code);
			table_cell(&table, "%s%s", reasons[i].name, reasons[i].handled ? "" : " *");
			table_cell(&table, "%s", reasons[i].text);
		}
		table_print(&table, terminal->to);
	}
	fputs("\n  * KVM of Linux 6.1 has no handler for it\n", terminal->to);
}
