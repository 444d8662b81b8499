/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_show.c - see trace_show.h: the tables.
 */
#include "trace_show.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "table.h"
#include "terminal.h"
#include "units.h"

#define MOST_ROWS 40 /* VMs in a table; the JSON has them all */

bool trace_show_has(const struct trace_show *show, baton_entity_t entity)
{
	if (!show->fold->vms[entity])
		return false;
	return !show->vm || !strcmp(show->vm, trace_reader_name(show->reader, entity).text);
}

/* The first so many that are to be shown: calls `row` for each, and says how many were left out. */
static void each(const struct trace_show *show, FILE *to,
		 void (*row)(struct table *table, const struct trace_show *show, baton_entity_t e),
		 struct table *table)
{
	uint32_t more = 0, rows = 0;

	for (uint32_t e = 0; e < show->fold->capacity; e++) {
		if (!trace_show_has(show, e))
			continue;
		if (rows++ < MOST_ROWS)
			row(table, show, e);
		else
			more++;
	}
	table_print(table, to);
	if (more)
		fprintf(to, "  … and %" PRIu32 " more: see --json, or --vm\n", more);
}

static void heading(const struct terminal *terminal, const char *text)
{
	fprintf(terminal->to, "\n  %s%s%s\n", terminal_colour(terminal, COLOUR_STRONG), text,
		terminal_plain(terminal));
}

static void cells(struct table *table, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		table_cell(table, "%s", texts[i]);
}

#define CELLS(table, ...)                                              \
	cells(table, (const char *const[]){ __VA_ARGS__ },             \
	      sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* ------------------------------------------------------------ header, ledger */

static void print_header(const struct trace_show *show, FILE *to)
{
	const struct baton_trace_header *h = &show->reader->header;
	time_t began = (time_t)h->began_s;
	struct tm tm;
	char when[32] = "";

	if (localtime_r(&began, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(to, "\n  %s: begun %s, version %u\n", show->file, when, h->version);
	fprintf(to, "  policy %s, quantum %s, burst %" PRIu32 ", seed %" PRIu64 ", %" PRIu32 " VM%s\n",
		h->policy, units_duration(h->slice_ns).text, h->burst, h->seed, h->capacity,
		h->capacity == 1 ? "" : "s");
	fprintf(to, "  %s records, %s lost\n", units_count(show->fold->records).text,
		units_count(show->fold->lost).text);
}

static void add_part(struct table *table, const struct trace_fold *fold, const char *name,
		     uint64_t ns, const char *what)
{
	uint64_t wall = fold->last_ns - fold->first_ns;

	table_cell(table, "%s", name);
	table_cell(table, "%s", units_count(ns).text);
	table_cell(table, "%s", units_percent(wall ? 100.0 * (double)ns / (double)wall : 0, 2).text);
	table_cell(table, "%s", what);
}

static void print_ledger(const struct trace_show *show, const struct terminal *terminal)
{
	const struct trace_fold *f = show->fold;
	const char *wrong = trace_fold_imbalance(f);
	struct table table;

	heading(terminal, "Ledger");
	table_init(&table, "lrrl");
	CELLS(&table, "part", "ns", "share", "what");
	table_rule(&table);
	add_part(&table, f, "run", f->run_ns, "inside KVM_RUN");
	add_part(&table, f, "handler", f->handler_ns, "serving exits");
	add_part(&table, f, "switch", f->switch_ns, "between turns");
	add_part(&table, f, "idle", f->idle_ns, "nobody could run");
	if (f->unknown_ns)
		add_part(&table, f, "unknown", f->unknown_ns, "records are missing");
	table_rule(&table);
	add_part(&table, f, "wall", f->last_ns - f->first_ns, "last reading − first");
	table_print(&table, terminal->to);
	if (!wrong)
		fprintf(terminal->to, "  It balances: the parts, those of the VMs, and what %s turns were "
			"charged\n  agree to the nanosecond.\n", units_count(f->turns).text);
	else if (f->lost)
		fprintf(terminal->to, "  It cannot balance: %s records are missing, so counts and sums are "
			"of what is there.\n", units_count(f->lost).text);
	else
		fprintf(terminal->to, "  %sIt does not balance%s: %s.\n",
			terminal_colour(terminal, COLOUR_BAD), terminal_plain(terminal), wrong);
}

/* ---------------------------------------------------------------------- VMs */

static void add_vm(struct table *table, const struct trace_show *show, baton_entity_t e)
{
	struct trace_fold_vm vm = trace_fold_vm(show->fold, e);

	CELLS(table, trace_reader_name(show->reader, e).text, units_count(vm.turns).text,
	      units_brief(vm.run_ns).text, units_brief(vm.handler_ns).text,
	      units_brief(vm.ready_ns).text, units_brief(vm.blocked_ns).text,
	      units_brief(spread_percentile(&vm.turn, 50)).text,
	      units_brief(spread_percentile(&vm.turn, 99)).text, units_brief(vm.turn.most_ns).text);
}

static void add_wait(struct table *table, const struct trace_show *show, baton_entity_t e)
{
	const struct spread *wait = &show->fold->vms[e]->wait;

	CELLS(table, trace_reader_name(show->reader, e).text, units_count(wait->count).text,
	      units_brief(spread_percentile(wait, 50)).text,
	      units_brief(spread_percentile(wait, 90)).text,
	      units_brief(spread_percentile(wait, 99)).text, units_brief(wait->most_ns).text);
}

static void add_exits(struct table *table, const struct trace_show *show, baton_entity_t e)
{
	const struct trace_fold_vm *vm = show->fold->vms[e];
	struct trace_reader_name name = trace_reader_name(show->reader, e);

	for (unsigned kind = 0; kind < BATON_EXIT_KINDS; kind++) {
		if (!vm->by_kind[kind].count)
			continue;
		CELLS(table, name.text, baton_exit_name((enum baton_exit_kind)kind),
		      units_count(vm->by_kind[kind].count).text,
		      units_brief(vm->by_kind[kind].run_ns).text,
		      units_brief(vm->by_kind[kind].handler_ns).text);
		name.text[0] = '\0'; /* it stands once */
	}
}

static void add_calls(struct table *table, const struct trace_show *show, baton_entity_t e)
{
	const struct trace_fold_vm *vm = show->fold->vms[e];
	struct trace_reader_name name = trace_reader_name(show->reader, e);

	for (unsigned call = 0; call < HYPERCALLS; call++) {
		if (!vm->by_call[call])
			continue;
		CELLS(table, name.text, hypercall_name(BATON_CALL_BASE + call),
		      units_count(vm->by_call[call]).text);
		name.text[0] = '\0'; /* it stands once */
	}
}

static bool has_calls(const struct trace_show *show)
{
	for (uint32_t e = 0; e < show->fold->capacity; e++)
		for (unsigned call = 0; call < HYPERCALLS && trace_show_has(show, e); call++)
			if (show->fold->vms[e]->by_call[call])
				return true;
	return false;
}

static void print_calls(const struct trace_show *show, const struct terminal *terminal)
{
	struct table table;

	if (!has_calls(show))
		return;
	heading(terminal, "Calls: exits that say what the guest wants of Baton");
	table_init(&table, "llr");
	CELLS(&table, "VM", "call", "count");
	table_rule(&table);
	each(show, terminal->to, add_calls, &table);
}

static void print_vms(const struct trace_show *show, const struct terminal *terminal)
{
	struct table table;

	heading(terminal, "Turns: their time, as charged");
	table_init(&table, "lrrrrrrrr");
	CELLS(&table, "VM", "turns", "run", "handler", "ready", "blocked", "median", "p99", "longest");
	table_rule(&table);
	each(show, terminal->to, add_vm, &table);

	heading(terminal, "Waiting: from ready to entered");
	table_init(&table, "lrrrrr");
	CELLS(&table, "VM", "waits", "median", "p90", "p99", "longest");
	table_rule(&table);
	each(show, terminal->to, add_wait, &table);

	if (!show->fold->exits)
		return;
	heading(terminal, "Exits");
	table_init(&table, "llrrr");
	CELLS(&table, "VM", "kind", "count", "run before", "handler");
	table_rule(&table);
	each(show, terminal->to, add_exits, &table);
	print_calls(show, terminal);
}

static void print_overruns(const struct trace_show *show, const struct terminal *terminal)
{
	const struct trace_fold *f = show->fold;
	struct table table;

	if (!f->overrun_count)
		return;
	heading(terminal, "Longest overruns");
	table_init(&table, "lrrrr");
	CELLS(&table, "VM", "over by", "charged", "slice", "ended at");
	table_rule(&table);
	for (unsigned i = 0; i < f->overrun_count; i++) {
		const struct trace_fold_overrun *o = &f->overruns[i];

		if (trace_show_has(show, o->entity))
			CELLS(&table, trace_reader_name(show->reader, o->entity).text,
			      units_brief(o->charged_ns - o->slice_ns).text,
			      units_brief(o->charged_ns).text, units_brief(o->slice_ns).text,
			      units_time(o->ended_ns - f->first_ns).text);
	}
	table_print(&table, terminal->to);
}

void trace_show_tables(const struct trace_show *show, const struct terminal *terminal)
{
	print_header(show, terminal->to);
	print_ledger(show, terminal);
	if (!show->summary) {
		print_vms(show, terminal);
		print_overruns(show, terminal);
	}
	fputc('\n', terminal->to);
}
