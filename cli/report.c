/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.c - the tables after a run. Prints; decides nothing.
 *
 * A VM that stands alone has rows of its own, and so has each member of a group if all are
 * wanted; else a group has a line, and its members are named where they are at an end.
 */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bar.h"
#include "cloud.h"
#include "explain.h"
#include "group_figures.h"
#include "heap.h"
#include "kernel_exits.h"
#include "table.h"
#include "terminal.h"
#include "units.h"

#define MOST_ROWS 40 /* VMs in a table, unless all are wanted */

/* A VM's name, cut to fit. */
struct short_name {
	char text[24];
};

static struct short_name shorten(const char *name)
{
	struct short_name s;

	snprintf(s.text, sizeof(s.text), strlen(name) > 12 ? "%.11s…" : "%s", name);
	return s;
}

static struct short_name short_name(const struct cloud *cloud, size_t vm)
{
	return shorten(cloud->scenario->vms[vm].name);
}

static void heading(const struct terminal *terminal, const char *text)
{
	fprintf(terminal->to, "\n  %s%s%s\n", terminal_colour(terminal, COLOUR_STRONG), text,
		terminal_plain(terminal));
}

/* Does a VM have rows of its own, if there is room for them? */
static bool alone(const struct cloud *cloud, size_t vm)
{
	return cloud->scenario->all || !cloud->scenario->vms[vm].group;
}

/* VMs with rows, and how many more there would have been. */
struct rows {
	size_t *vms;
	size_t count, left_out;
};

/* The caller frees `vms`. */
static struct rows rows_of(const struct cloud *cloud)
{
	size_t most = cloud->scenario->all ? SIZE_MAX : MOST_ROWS;
	struct rows rows = { .vms = heap_zeroed(cloud->scenario->vm_count, sizeof(*rows.vms)) };

	for (size_t i = 0; i < cloud->scenario->vm_count; i++) {
		if (!alone(cloud, i))
			continue;
		if (rows.count < most)
			rows.vms[rows.count++] = i;
		else
			rows.left_out++;
	}
	return rows;
}

/* Groups with a line. */
static size_t group_lines(const struct cloud *cloud)
{
	return cloud->scenario->all ? 0 : cloud->scenario->group_count;
}

/* -------------------------------------------------------------------- VMs */

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

		if (e->what == EXPECT_SHARE && vm - e->vm <= e->others)
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
	table_cell(table, "%s%s%s", terminal_colour(terminal, COLOUR_GOOD), bar(vm->share, BAR_MOST).text,
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

static void print_vms_alone(const struct cloud *cloud, const struct terminal *terminal)
{
	struct rows rows = rows_of(cloud);
	struct table table;

	if (!rows.count)
		goto free_rows;
	table_init(&table, "llrrrrO");
	table_cell(&table, "VM");
	table_cell(&table, "outcome");
	table_cell(&table, "turns");
	table_cell(&table, "CPU time");
	table_cell(&table, "wanted");
	table_cell(&table, "got");
	table_cell(&table, "share of the CPU");
	table_rule(&table);
	for (size_t i = 0; i < rows.count; i++)
		add_vm(&table, cloud, rows.vms[i], terminal);
	table_print(&table, terminal->to);
	if (rows.left_out)
		fprintf(terminal->to, "  … and %zu more: see --all and --json\n", rows.left_out);
	if (group_lines(cloud))
		fputc('\n', terminal->to);
free_rows:
	free(rows.vms);
}

static void add_group(struct table *table, const struct cloud *cloud,
		      const struct scenario_group *group, const struct group_figures *f)
{
	bool shares = !strcmp(cloud->scenario->policy, "share");

	table_cell(table, "%s", shorten(group->name).text);
	table_cell(table, "%s", units_count(group->vms.count).text);
	table_cell(table, "%s/%s/%s", units_count(f->fewest_turns.value).text,
		   units_count(f->median_turns).text, units_count(f->most_turns.value).text);
	table_cell(table, "%s", units_brief(f->cpu_ns).text);
	table_cell(table, "%s", shares ? units_percent(f->target, 1).text : "–");
	table_cell(table, "%s", units_percent(f->share, 2).text);
	table_cell(table, "%s", shares ? units_brief(f->furthest_ns.value).text : "–");
}

/* "worker: 998 running, 2 dead; fewest turns: worker-17; …" */
static void print_extremes(const struct cloud *cloud, const struct scenario_group *group,
			   const struct group_figures *f, const struct terminal *terminal)
{
	const struct scenario_vm *vms = cloud->scenario->vms;
	char *text = heap_print("%s: ", group->name), *longer;
	const char *comma = "";

	for (int i = 0; i <= BATON_DEAD; i++) {
		if (!f->outcomes[i])
			continue;
		longer = heap_print("%s%s%s %s", text, comma, units_count(f->outcomes[i]).text,
				    baton_outcome_name((enum baton_outcome)i));
		free(text);
		text = longer;
		comma = ", ";
	}
	longer = heap_print("%s; turns: fewest %s, most %s; CPU time: least %s (%s), most %s (%s)",
			    text, vms[f->fewest_turns.vm].name, vms[f->most_turns.vm].name,
			    vms[f->least_cpu_ns.vm].name, units_brief(f->least_cpu_ns.value).text,
			    vms[f->most_cpu_ns.vm].name, units_brief(f->most_cpu_ns.value).text);
	free(text);
	text = longer;
	if (!strcmp(cloud->scenario->policy, "share")) {
		longer = heap_print("%s; furthest from its share: %s", text,
				    vms[f->furthest_ns.vm].name);
		free(text);
		text = longer;
	}
	fputs("  ", terminal->to);
	terminal_wrap(terminal, 4, 2, text);
	free(text);
}

static void print_groups(const struct cloud *cloud, const struct terminal *terminal)
{
	struct group_figures *figures;
	struct table table;

	if (!group_lines(cloud))
		return;
	figures = heap_zeroed(group_lines(cloud), sizeof(*figures));
	table_init(&table, "lrrrrrr");
	table_cell(&table, "group");
	table_cell(&table, "VMs");
	table_cell(&table, "turns");
	table_cell(&table, "CPU time");
	table_cell(&table, "wanted");
	table_cell(&table, "got");
	table_cell(&table, "worst lag");
	table_rule(&table);
	for (size_t i = 0; i < group_lines(cloud); i++) {
		const struct scenario_group *group = &cloud->scenario->groups[i];

		group_figures(cloud, group->vms, &figures[i]);
		add_group(&table, cloud, group, &figures[i]);
	}
	table_print(&table, terminal->to);
	fputs("  turns: the fewest, the median and the most of a VM; lag: at the end\n",
	      terminal->to);
	for (size_t i = 0; i < group_lines(cloud); i++)
		print_extremes(cloud, &cloud->scenario->groups[i], &figures[i], terminal);
	free(figures);
}

static void print_vms(const struct cloud *cloud, const struct terminal *terminal)
{
	print_vms_alone(cloud, terminal);
	print_groups(cloud, terminal);
	if (wants_vary(cloud))
		fputs("  wanted: while all of them want to run; some did not, at times\n",
		      terminal->to);
}

static void print_wait(const struct cloud *cloud, size_t vm, const struct terminal *terminal)
{
	const struct baton_vm_stats *stats = &cloud->vms[vm].stats;

	if (stats->waits_in == BATON_EXIT_HLT)
		fprintf(terminal->to, "  %s waits for an interrupt (HLT with interrupts on), "
			"but none can come.\n  To end a guest, disable interrupts first: CLI, then HLT.\n",
			short_name(cloud, vm).text);
	else if (stats->waits_in != BATON_EXIT_KINDS)
		fprintf(terminal->to, "  %s waits for a device, in an exit of kind %s\n",
			short_name(cloud, vm).text, baton_exit_name(stats->waits_in));
}

/* The first of a group, and how many more do. */
static void print_wait_of_group(const struct cloud *cloud, const struct scenario_group *group,
				const struct terminal *terminal)
{
	size_t first = SIZE_MAX, more = 0;

	for (size_t i = group->vms.first; i < group->vms.first + group->vms.count; i++) {
		if (cloud->vms[i].stats.waits_in == BATON_EXIT_KINDS)
			continue;
		if (first == SIZE_MAX)
			first = i;
		else
			more++;
	}
	if (first != SIZE_MAX)
		print_wait(cloud, first, terminal);
	if (more)
		fprintf(terminal->to, "  %s more of %s wait, too\n", units_count(more).text,
			shorten(group->name).text);
}

/* What VMs that can never run again wait for. */
static void print_waits(const struct cloud *cloud, const struct terminal *terminal)
{
	struct rows rows;

	if (cloud->end != BATON_RUN_STUCK)
		return;
	rows = rows_of(cloud);
	for (size_t i = 0; i < rows.count; i++)
		print_wait(cloud, rows.vms[i], terminal);
	free(rows.vms);
	for (size_t i = 0; i < group_lines(cloud); i++)
		print_wait_of_group(cloud, &cloud->scenario->groups[i], terminal);
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

/* Sums; a median of medians would be none. */
static void add_exits_of_group(struct table *table, const struct cloud *cloud,
			       const struct scenario_group *group)
{
	struct short_name name = shorten(group->name);
	struct group_figures f;

	group_figures(cloud, group->vms, &f);
	for (unsigned kind = 0; kind < BATON_EXIT_KINDS; kind++) {
		if (!f.by_kind[kind].count)
			continue;
		table_cell(table, "%s", name.text);
		table_cell(table, "%s", baton_exit_name((enum baton_exit_kind)kind));
		table_cell(table, "%s", units_count(f.by_kind[kind].count).text);
		table_cell(table, "%s", units_time(f.by_kind[kind].run_ns).text);
		table_cell(table, "%s", units_time(f.by_kind[kind].handler_ns).text);
		table_cell(table, "–");
		table_cell(table, "–");
		name.text[0] = '\0';
	}
}

static void print_exits(const struct cloud *cloud, const struct terminal *terminal)
{
	struct table table;
	struct rows rows;
	uint64_t exits = 0;

	for (size_t i = 0; i < cloud->scenario->vm_count; i++)
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
	rows = rows_of(cloud);
	for (size_t i = 0; i < rows.count; i++)
		add_exits(&table, cloud, rows.vms[i]);
	free(rows.vms);
	for (size_t i = 0; i < group_lines(cloud); i++)
		add_exits_of_group(&table, cloud, &cloud->scenario->groups[i]);
	table_print(&table, terminal->to);
}

/* The kernel's count stands beside ours, of the first VMs, in a group or not. */
static void print_kernel_exits(const struct cloud *cloud, const struct terminal *terminal)
{
	const char *names[MOST_ROWS];
	struct short_name cut[MOST_ROWS];
	size_t count = cloud->scenario->vm_count < MOST_ROWS ? cloud->scenario->vm_count :
							       MOST_ROWS;

	if (!cloud->kernel)
		return;
	for (size_t i = 0; i < count; i++) {
		cut[i] = short_name(cloud, i);
		names[i] = cut[i].text;
	}
	kernel_exits_print(cloud->kernel, terminal, names, count);
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
	return shorten(expectation_subject(e, cloud));
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

	if (result.met || (table_width(result.wanted) <= CELL &&
			   table_width(result.got) <= CELL && !*result.whose))
		return;
	fprintf(terminal->to, "  %s, %s:\n    wanted %s\n    got    %s\n",
		subject(cloud, e).text, result.what, result.wanted, result.got);
	if (*result.whose)
		fprintf(terminal->to, "    of     %s\n", result.whose);
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

/*
 * Is this VM's death to be told? Of a group, the first for each cause is; `more` says how
 * many others died of it.
 */
static bool tells_death(const struct cloud *cloud, size_t vm, size_t *more)
{
	const struct scenario_group *group = scenario_group_of(cloud->scenario, vm);
	const struct baton_death *death = baton_vm_death(cloud->vms[vm].vm), *other;

	*more = 0;
	if (!death || alone(cloud, vm))
		return death;
	for (size_t i = group->vms.first; i < group->vms.first + group->vms.count; i++) {
		other = baton_vm_death(cloud->vms[i].vm);
		if (!other || other->cause != death->cause || i == vm)
			continue;
		if (i < vm)
			return false;
		++*more;
	}
	return true;
}

static void print_death(const struct cloud *cloud, size_t vm, const struct terminal *terminal)
{
	size_t more;

	if (!tells_death(cloud, vm, &more))
		return;
	explain_death(cloud->vms[vm].vm, cloud->scenario->vms[vm].path, terminal);
	print_astray(cloud, vm, terminal);
	if (more)
		fprintf(terminal->to, "\n  %s more of %s died of the same cause: see --all and --json\n",
			units_count(more).text, scenario_group_of(cloud->scenario, vm)->name);
}

void report_print(const struct cloud *cloud, const struct terminal *terminal)
{
	print_title(cloud, terminal);
	print_vms(cloud, terminal);
	print_waits(cloud, terminal);
	print_exits(cloud, terminal);
	print_kernel_exits(cloud, terminal);
	print_ledger(cloud, terminal);
	for (size_t i = 0; i < cloud->scenario->vm_count; i++)
		print_death(cloud, i, terminal);
	print_expectations(cloud, terminal);
	fputc('\n', terminal->to);
}

void report_print_faults(const struct cloud *cloud, const struct terminal *terminal)
{
	const struct scenario *scenario = cloud->scenario;
	size_t more;

	for (size_t i = 0; i < scenario->vm_count; i++) {
		if (!tells_death(cloud, i, &more))
			continue;
		fprintf(terminal->to, "baton run: %s died: %s\n", scenario->vms[i].name,
			baton_vm_death(cloud->vms[i].vm)->sentence);
		if (more)
			fprintf(terminal->to, "baton run: and so did %zu more of %s\n", more,
				scenario_group_of(scenario, i)->name);
	}
	for (size_t i = 0; i < scenario->expectation_count; i++) {
		const struct expectation *e = &scenario->expectations[i];
		struct expectation_result result = expectation_check(e, cloud);

		if (!result.met)
			fprintf(terminal->to, "baton run: %s: %s: wanted %s, got %s%s%s\n",
				expectation_subject(e, cloud), result.what, result.wanted, result.got,
				*result.whose ? " of " : "", result.whose);
	}
}
