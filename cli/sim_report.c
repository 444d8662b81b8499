/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_report.c - the figures of a simulation as tables, for people.
 */
#include "sim_report.h"

#include <string.h>

#include "sim_plan.h"
#include "sim_run.h"
#include "table.h"
#include "units.h"

#define MOST_ROWS 20 /* of VMs */

static double per_cent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static bool goes_by_time(const struct sim_plan *plan)
{
	return !strcmp(plan->ops->name, "share") || !strcmp(plan->ops->name, "quantum");
}

static struct units_text decisions_a_second(const struct sim_result *result)
{
	struct units_text text;

	snprintf(text.text, sizeof(text.text), "%.2f million",
		 result->cpu_ns ? 1e3 * (double)result->stats.turns / (double)result->cpu_ns : 0);
	return text;
}

static void print_title(const struct sim_plan *plan, const struct sim_result *result, FILE *to)
{
	const struct baton__sim_stats *s = &result->stats;

	fprintf(to, "\n  %s VMs on a virtual clock, policy %s", units_count(result->count).text,
		plan->ops->name);
	if (goes_by_time(plan))
		fprintf(to, ", quantum %s", units_duration(plan->sched.slice_ns).text);
	if (!strcmp(plan->ops->name, "turns"))
		fprintf(to, ", burst %u", plan->sched.burst);
	fprintf(to, ", seed %llu: %s s, %s turns\n\n", (unsigned long long)plan->sched.seed,
		units_seconds(s->now_ns).text, units_count(s->turns).text);
}

static void print_rows(const struct sim_plan *plan, const struct sim_result *result, FILE *to)
{
	uint32_t rows = plan->row_count < MOST_ROWS ? plan->row_count : MOST_ROWS;
	struct table table;

	table_init(&table, "lrrrrrr");
	for (const char *const *head = (const char *const[]){ "VM", "VMs", "turns", "exits", "CPU time",
							       "wanted", "got", NULL }; *head; head++)
		table_cell(&table, "%s", *head);
	table_rule(&table);
	for (uint32_t i = 0; i < rows; i++) {
		const struct sim_row *row = &result->rows[i];

		table_cell(&table, "%s", plan->names[i]);
		table_cell(&table, "%s", units_count(row->vms).text);
		table_cell(&table, "%s", units_count(row->turns).text);
		table_cell(&table, "%s", units_count(row->exits).text);
		table_cell(&table, "%s", units_time(row->charged_ns).text);
		table_cell(&table, "%s", units_percent(per_cent(row->weight, result->weight), 3).text);
		table_cell(&table, "%s",
			   units_percent(per_cent(row->charged_ns, result->charged_ns), 3).text);
	}
	table_print(&table, to);
	if (rows < plan->row_count)
		fprintf(to, "  … and %u more; --json has them all\n", plan->row_count - rows);
}

static void add_times(struct table *table, const char *name, const struct baton__histogram *h)
{
	static const unsigned percents[] = { 50, 90, 99, 100 };

	table_cell(table, "%s", name);
	for (size_t i = 0; i < sizeof(percents) / sizeof(*percents); i++)
		table_cell(table, "%s", h->count ?
			   units_brief(baton__histogram_percentile(h, percents[i])).text : "-");
}

static void add_errors(struct table *table, const char *name, const struct baton__histogram *h,
		       double scale, const char *unit)
{
	static const unsigned percents[] = { 50, 90, 99, 100 };

	table_cell(table, "%s", name);
	for (size_t i = 0; i < sizeof(percents) / sizeof(*percents); i++)
		table_cell(table, "%.3g%s",
			   (double)baton__histogram_percentile(h, percents[i]) / scale, unit);
}

static void print_spread(const struct sim_result *result, FILE *to)
{
	struct table table;

	fprintf(to, "\n");
	table_init(&table, "lrrrr");
	for (const char *const *head = (const char *const[]){ "", "median", "90 %", "99 %", "most", NULL };
	     *head; head++)
		table_cell(&table, "%s", *head);
	table_rule(&table);
	add_times(&table, "from wake to run", &result->waits);
	add_times(&table, "length of a turn", &result->turns);
	add_errors(&table, "|got - wanted|, in points", &result->errors, SIM_POINT, "");
	add_errors(&table, "the same, of what was wanted", &result->relatives, 1e4, " %");
	table_print(&table, to);
}

void sim_report_print(const struct sim_plan *plan, const struct sim_result *result, FILE *to)
{
	const struct baton__sim_stats *s = &result->stats;

	print_title(plan, result, to);
	print_rows(plan, result, to);
	print_spread(result, to);
	fprintf(to, "\n  idle: %s, %.2f %%\n", units_duration(s->idle_ns).text,
		per_cent(s->idle_ns, s->now_ns));
	if (goes_by_time(plan))
		fprintf(to, "  longest overrun of a slice: %s\n", units_duration(s->lag.overrun_ns).text);
	fprintf(to, "  furthest from the ideal share: %s", units_duration(s->lag.lag_ns).text);
	if (result->share)
		fprintf(to, ", allowed %s", units_duration(result->allowed.bound_ns).text);
	if (s->lag.lag_later_ns)
		fprintf(to, "\n  and once VMs came and went: %s",
			units_duration(s->lag.lag_later_ns).text);
	if (s->lag.lag_later_ns && result->share)
		fprintf(to, ", allowed %s", units_duration(result->allowed.later_bound_ns).text);
	fprintf(to, "\n  %s decisions per second of this machine's CPU time, %zu bytes per VM\n",
		decisions_a_second(result).text, s->bytes / result->count);
}

void sim_report_print_sweep(const struct sim_plan *plan, const struct sim_result *results,
			    size_t count, FILE *to)
{
	static const char *const heads[] = {
		"VMs", "turns", "lag", "allowed", "later lag", "allowed", "wake 50 %", "99 %", "most",
		"decisions/s",
	};
	struct table table;

	fprintf(to, "\n  policy %s, quantum %s, seed %llu\n\n", plan->ops->name,
		units_duration(plan->sched.slice_ns).text, (unsigned long long)plan->sched.seed);
	table_init(&table, "rrrrrrrrro");
	table.width = 110;
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_cell(&table, "%s", heads[i]);
	table_rule(&table);
	for (const struct sim_result *r = results; r < results + count; r++) {
		const struct baton__sim_stats *s = &r->stats;

		table_cell(&table, "%s", units_count(r->count).text);
		table_cell(&table, "%s", units_count(s->turns).text);
		table_cell(&table, "%s", units_time(s->lag.lag_ns).text);
		table_cell(&table, "%s", r->share ? units_time(r->allowed.bound_ns).text : "-");
		table_cell(&table, "%s", s->lag.lag_later_ns ? units_time(s->lag.lag_later_ns).text : "-");
		table_cell(&table, "%s", r->share ? units_time(r->allowed.later_bound_ns).text : "-");
		table_cell(&table, "%s", units_brief(baton__histogram_percentile(&r->waits, 50)).text);
		table_cell(&table, "%s", units_brief(baton__histogram_percentile(&r->waits, 99)).text);
		table_cell(&table, "%s", units_brief(r->waits.most).text);
		table_cell(&table, "%s", decisions_a_second(r).text);
	}
	table_print(&table, to);
}
