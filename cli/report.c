/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.c - the tables after a run. Prints; decides nothing.
 */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cloud.h"
#include "explain.h"
#include "table.h"
#include "terminal.h"
#include "units.h"

#define MOST_ROWS 40 /* VMs in a table; the JSON report has them all */
#define BAR_WIDTH 14 /* columns for 100 % */

/* A VM's name, cut to fit. */
struct short_name {
	char text[24];
};

static struct short_name short_name(const struct cloud *cloud, size_t vm)
{
	const char *name = cloud->scenario->vms[vm].name;
	struct short_name s;

	snprintf(s.text, sizeof(s.text), strlen(name) > 12 ? "%.11s…" : "%s", name);
	return s;
}

static void heading(const struct terminal *terminal, const char *text)
{
	fprintf(terminal->to, "\n  %s%s%s\n", terminal_colour(terminal, COLOUR_STRONG), text,
		terminal_plain(terminal));
}

static size_t rows(const struct cloud *cloud)
{
	return cloud->scenario->vm_count < MOST_ROWS ? cloud->scenario->vm_count : MOST_ROWS;
}

/* -------------------------------------------------------------------- VMs */

struct bar {
	char text[3 * BAR_WIDTH + 4];
};

/* A bar in eighths of a column. */
static struct bar bar(double percent)
{
	static const char *const parts[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	unsigned eighths = (unsigned)(percent / 100 * BAR_WIDTH * 8 + 0.5);
	struct bar b = { "" };
	size_t used = 0;

	for (; eighths >= 8 && used + 4 < sizeof(b.text); eighths -= 8)
		used += (size_t)snprintf(b.text + used, sizeof(b.text) - used, "█");
	if (eighths < 8)
		snprintf(b.text + used, sizeof(b.text) - used, "%s", parts[eighths]);
	return b;
}

static enum colour outcome_colour(enum baton_outcome outcome)
{
	return outcome == BATON_DEAD	? COLOUR_BAD
	       : outcome == BATON_HALTED ? COLOUR_GOOD
					 : COLOUR_FAINT;
}

/* As many decimals as the tolerance of the VM's expectation, or one. */
static unsigned wanted_decimals(const struct cloud *cloud, size_t vm)
{
	const struct scenario *scenario = cloud->scenario;

	for (size_t i = 0; i < scenario->expectation_count; i++) {
		const struct expectation *e = &scenario->expectations[i];

		if (e->vm == vm && e->what == EXPECT_SHARE)
			return e->share.decimals;
	}
	return 1;
}

static void add_vm(struct table *table, const struct cloud *cloud, size_t i,
		   const struct terminal *terminal)
{
	const struct cloud_vm *vm = &cloud->vms[i];
	const char *plain = terminal_plain(terminal);
	unsigned decimals = wanted_decimals(cloud, i);
	char status[16] = "";

	if (vm->stats.outcome == BATON_HALTED)
		snprintf(status, sizeof(status), " %" PRIu32, vm->stats.status);
	table_cell(table, "%s", short_name(cloud, i).text);
	table_cell(table, "%s%s%s%s",
		   terminal_colour(terminal, outcome_colour(vm->stats.outcome)),
		   baton_outcome_name(vm->stats.outcome), status, plain);
	table_cell(table, "%s", units_count(vm->stats.turns).text);
	table_cell(table, "%s", units_time(vm->stats.run_ns + vm->stats.handler_ns).text);
	if (strcmp(cloud->scenario->policy, "share"))
		table_cell(table, "–");
	else
		table_cell(table, "%s", units_percent(vm->target, decimals).text);
	table_cell(table, "%s", units_percent(vm->share, decimals + 1).text);
	table_cell(table, "%s%s%s", terminal_colour(terminal, COLOUR_GOOD), bar(vm->share).text,
		   plain);
}

/* Did somebody sleep, end or come late, so that the others were to have more? */
static bool wants_vary(const struct cloud *cloud)
{
	for (size_t i = 0; i < cloud->scenario->vm_count; i++) {
		const struct baton_vm_stats *stats = &cloud->vms[i].stats;

		if (!strcmp(cloud->scenario->policy, "share") && cloud->scenario->vm_count > 1 &&
		    (stats->blocked_ns || stats->lifetime_ns < cloud->stats.wall_ns / 100 * 99))
			return true;
	}
	return false;
}

static void print_vms(const struct cloud *cloud, const struct terminal *terminal)
{
	struct table table;

	table_init(&table, "llrrrrO");
	table_cell(&table, "VM");
	table_cell(&table, "outcome");
	table_cell(&table, "turns");
	table_cell(&table, "CPU time");
	table_cell(&table, "wanted");
	table_cell(&table, "got");
	table_cell(&table, "share of the CPU");
	table_rule(&table);
	for (size_t i = 0; i < rows(cloud); i++)
		add_vm(&table, cloud, i, terminal);
	table_print(&table, terminal->to);
	if (cloud->scenario->vm_count > MOST_ROWS)
		fprintf(terminal->to, "  … and %zu more: see --json\n",
			cloud->scenario->vm_count - MOST_ROWS);
	if (wants_vary(cloud))
		fputs("  wanted: while all of them want to run; some did not, at times\n",
		      terminal->to);
}

/* What a VM that can never run again waits for. */
static void print_waits(const struct cloud *cloud, const struct terminal *terminal)
{
	for (size_t i = 0; i < rows(cloud) && cloud->end == BATON_RUN_STUCK; i++) {
		const struct baton_vm_stats *stats = &cloud->vms[i].stats;

		if (stats->waits_in == BATON_EXIT_HLT)
			fprintf(terminal->to, "  %s waits for an interrupt (HLT with interrupts on), "
				"but none can come.\n  To end a guest, disable interrupts first: CLI, then HLT.\n",
				short_name(cloud, i).text);
		else if (stats->waits_in != BATON_EXIT_KINDS)
			fprintf(terminal->to, "  %s waits for a device, in an exit of kind %s\n",
				short_name(cloud, i).text, baton_exit_name(stats->waits_in));
	}
}

/* ------------------------------------------------------------------ exits */

static void add_exits(struct table *table, const struct cloud *cloud, size_t vm)
{
	struct short_name name = short_name(cloud, vm);

	for (unsigned kind = 0; kind < BATON_EXIT_KINDS; kind++) {
		const struct baton_exit_stats *exits = &cloud->vms[vm].stats.by_kind[kind];

		if (!exits->count)
			continue;
		table_cell(table, "%s", name.text);
		table_cell(table, "%s", baton_exit_name((enum baton_exit_kind)kind));
		table_cell(table, "%s", units_count(exits->count).text);
		table_cell(table, "%s", units_time(exits->run_ns).text);
		table_cell(table, "%s", units_time(exits->handler_ns).text);
		table_cell(table, "%s", units_duration(exits->p50_ns).text);
		table_cell(table, "%s", units_duration(exits->p99_ns).text);
		name.text[0] = '\0'; /* it stands once */
	}
}

static void print_exits(const struct cloud *cloud, const struct terminal *terminal)
{
	struct table table;
	uint64_t exits = 0;

	for (size_t i = 0; i < rows(cloud); i++)
		exits += cloud->vms[i].stats.exits;
	if (!exits) {
		fputs("\n  No exits: these guests never asked for anything.\n", terminal->to);
		return;
	}
	heading(terminal, "Exits");
	table_init(&table, "llrrror");
	table_cell(&table, "VM");
	table_cell(&table, "kind");
	table_cell(&table, "count");
	table_cell(&table, "in KVM_RUN");
	table_cell(&table, "handler");
	table_cell(&table, "median");
	table_cell(&table, "99 %%");
	table_rule(&table);
	for (size_t i = 0; i < rows(cloud); i++)
		add_exits(&table, cloud, i);
	table_print(&table, terminal->to);
}

/* ----------------------------------------------------------------- ledger */

static void add_part(struct table *table, const char *name, uint64_t ns, uint64_t wall_ns,
		     const char *remark)
{
	table_cell(table, "%s", name);
	table_cell(table, "%s ns", units_count(ns).text);
	table_cell(table, "%s",
		   units_percent(wall_ns ? 100.0 * (double)ns / (double)wall_ns : 0, 2).text);
	table_cell(table, "%s", remark);
}

static void print_ledger(const struct cloud *cloud, const struct terminal *terminal)
{
	const struct baton_host_stats *s = &cloud->stats;
	uint64_t sum = s->run_ns + s->handler_ns + s->switch_ns + s->idle_ns;
	char verdict[64];
	struct table table;

	snprintf(verdict, sizeof(verdict), "%s%s%s",
		 terminal_colour(terminal, sum == s->wall_ns ? COLOUR_GOOD : COLOUR_BAD),
		 sum == s->wall_ns ? "= wall time: it balances" : "is not the wall time",
		 terminal_plain(terminal));
	heading(terminal, "Where the time went");
	table_init(&table, "lrrl");
	add_part(&table, "run", s->run_ns, s->wall_ns, "inside KVM_RUN");
	add_part(&table, "handler", s->handler_ns, s->wall_ns, "serving exits");
	add_part(&table, "switch", s->switch_ns, s->wall_ns, "from VM to VM");
	add_part(&table, "idle", s->idle_ns, s->wall_ns, "between runs, or nobody could run");
	table_rule(&table);
	add_part(&table, "sum", sum, s->wall_ns, verdict);
	table_print(&table, terminal->to);
	fprintf(terminal->to, "  stolen by other processes: %s of it\n",
		units_duration(s->stolen_ns).text);
	fprintf(terminal->to, "  longest overrun of a slice: %s\n",
		units_duration(s->overrun_ns).text);
	if (scenario_uses_schedule(cloud->scenario))
		fprintf(terminal->to, "  turns of the schedule that were skipped: %s\n",
			units_count(s->skipped).text);
	if (!strcmp(cloud->scenario->policy, "share")) {
		struct expectation_lag lag = expectation_lag(cloud);

		fprintf(terminal->to, "  furthest from the ideal share: %s, allowed %s\n",
			units_duration(s->lag_ns).text, units_duration(lag.bound_ns).text);
		if (s->lag_later_ns)
			fprintf(terminal->to, "  and once VMs came and went: %s, allowed %s\n",
				units_duration(s->lag_later_ns).text,
				units_duration(lag.later_bound_ns).text);
	}
}

/* ----------------------------------------------------------- expectations */

#define CELL 20 /* columns of what was wanted, and of what came out */

/* The beginning of a text, in CELL columns. */
struct cell {
	char text[4 * CELL + sizeof("…")];
};

static struct cell cell(const char *text)
{
	size_t size = 0, width = 0;
	struct cell cell;

	if (table_width(text) <= CELL) {
		snprintf(cell.text, sizeof(cell.text), "%s", text);
		return cell;
	}
	for (; width < CELL; size++)
		width += ((unsigned char)text[size] & 0xc0) != 0x80;
	snprintf(cell.text, sizeof(cell.text), "%.*s…", (int)size - 1, text);
	return cell;
}

static struct short_name subject(const struct cloud *cloud, const struct expectation *e)
{
	if (e->vm == EXPECTATION_HOST)
		return (struct short_name){ EXPECTATION_HOST_NAME };
	return short_name(cloud, e->vm);
}

static void add_expectation(struct table *table, const struct cloud *cloud,
			    const struct expectation *e, const struct terminal *terminal)
{
	struct expectation_result result = expectation_check(e, cloud);
	enum colour colour = result.met ? COLOUR_GOOD : COLOUR_BAD;

	table_cell(table, "%s%s%s", terminal_colour(terminal, colour), result.met ? "✓" : "✗",
		   terminal_plain(terminal));
	table_cell(table, "%s", subject(cloud, e).text);
	table_cell(table, "%s", result.what);
	table_cell(table, "%s", cell(result.wanted).text);
	table_cell(table, "%s", cell(result.got).text);
}

/* What did not fit into the table, of an expectation that is unmet. */
static void print_in_full(const struct cloud *cloud, const struct expectation *e,
			  const struct terminal *terminal)
{
	struct expectation_result result = expectation_check(e, cloud);

	if (result.met || (table_width(result.wanted) <= CELL && table_width(result.got) <= CELL))
		return;
	fprintf(terminal->to, "  %s, %s:\n    wanted %s\n    got    %s\n",
		subject(cloud, e).text, result.what, result.wanted, result.got);
}

static void print_expectations(const struct cloud *cloud, const struct terminal *terminal)
{
	const struct scenario *scenario = cloud->scenario;
	size_t met = expectations_met(cloud);
	struct table table;

	if (!scenario->expectation_count)
		return;
	heading(terminal, "Expectations");
	table_init(&table, "lllll");
	table_cell(&table, " ");
	table_cell(&table, "VM");
	table_cell(&table, "what");
	table_cell(&table, "wanted");
	table_cell(&table, "got");
	table_rule(&table);
	for (size_t i = 0; i < scenario->expectation_count; i++)
		add_expectation(&table, cloud, &scenario->expectations[i], terminal);
	table_print(&table, terminal->to);
	fprintf(terminal->to, "  %zu of %zu met\n", met, scenario->expectation_count);
	for (size_t i = 0; i < scenario->expectation_count; i++)
		print_in_full(cloud, &scenario->expectations[i], terminal);
}

/* -------------------------------------------------------------- the whole */

static void print_title(const struct cloud *cloud, const struct terminal *terminal)
{
	const struct scenario *scenario = cloud->scenario;
	static const char *const ends[] = {
		[BATON_RUN_BUDGET] = "",
		[BATON_RUN_STOPPED] = "  It was stopped.\n",
		[BATON_RUN_DONE] = "  All VMs have ended.\n",
		[BATON_RUN_STUCK] = "  The VMs that are left can never run again.\n",
		[BATON_RUN_OVER] = "  The schedule is over.\n",
	};
	char detail[48] = "";

	if (scenario_uses_quantum(scenario))
		snprintf(detail, sizeof(detail), ", quantum %s",
			 units_duration(scenario->quantum_ns).text);
	fprintf(terminal->to, "\n  %s%zu VM%s, one thread, policy %s%s: %s, %s turn%s%s\n%s\n",
		terminal_colour(terminal, COLOUR_STRONG), scenario->vm_count,
		scenario->vm_count == 1 ? "" : "s", scenario->policy, detail,
		units_time(cloud->stats.wall_ns).text, units_count(cloud->stats.turns).text,
		cloud->stats.turns == 1 ? "" : "s", terminal_plain(terminal), ends[cloud->end]);
}

/* Why a real-mode guest's exceptions may not have been seen as such. */
static void print_astray(const struct cloud *cloud, size_t i, const struct terminal *terminal)
{
	const struct baton_death *death = baton_vm_death(cloud->vms[i].vm);
	const struct scenario_vm *vm = &cloud->scenario->vms[i];

	if (!death || death->tripwire || vm->bare || vm->mode != BATON_MODE_REAL)
		return;
	fputc('\n', terminal->to);
	terminal_wrap(terminal, 2, 0, "The image lies on the interrupt vectors (0 to 0x3ff). So if an "
		      "exception came before this, it went astray unseen. Loaded at 0x1000 (--load "
		      "0x1000), Baton would catch it.");
}

void report_print(const struct cloud *cloud, const struct terminal *terminal)
{
	print_title(cloud, terminal);
	print_vms(cloud, terminal);
	print_waits(cloud, terminal);
	print_exits(cloud, terminal);
	print_ledger(cloud, terminal);
	for (size_t i = 0; i < cloud->scenario->vm_count; i++) {
		explain_death(cloud->vms[i].vm, cloud->scenario->vms[i].path, terminal);
		print_astray(cloud, i, terminal);
	}
	print_expectations(cloud, terminal);
	fputc('\n', terminal->to);
}

void report_print_faults(const struct cloud *cloud, const struct terminal *terminal)
{
	const struct scenario *scenario = cloud->scenario;

	for (size_t i = 0; i < scenario->vm_count; i++) {
		const struct baton_death *death = baton_vm_death(cloud->vms[i].vm);

		if (death)
			fprintf(terminal->to, "baton run: %s died: %s\n", scenario->vms[i].name,
				death->sentence);
	}
	for (size_t i = 0; i < scenario->expectation_count; i++) {
		const struct expectation *e = &scenario->expectations[i];
		struct expectation_result result = expectation_check(e, cloud);

		if (!result.met)
			fprintf(terminal->to, "baton run: %s: %s: wanted %s, got %s\n",
				e->vm == EXPECTATION_HOST ? EXPECTATION_HOST_NAME
							  : scenario->vms[e->vm].name,
				result.what, result.wanted, result.got);
	}
}
