/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_show.c - prints a verdict, and the schedule that led to it.
 */
#include "explore_show.h"

#include <inttypes.h>
#include <string.h>

#include "table.h"
#include "units.h"

struct explore_finding explore_finding(const struct exploration *e)
{
	const struct search *s = &e->search;
	const char *vm = e->scenario->vms[s->vm].name;
	struct explore_finding f = { "" };

	switch (s->verdict) {
	case VERDICT_VIOLATED:
		if (s->why)
			snprintf(f.text, sizeof(f.text), "%s", s->why);
		else
			snprintf(f.text, sizeof(f.text), "VM `%s` dies: %s", vm,
				 machines_node(e->machines, s->node)->death->sentence);
		break;
	case VERDICT_REFUSED:
		snprintf(f.text, sizeof(f.text), "VM `%s` cannot be explored: %s", vm, s->why);
		break;
	case VERDICT_DEADLOCK:
		snprintf(f.text, sizeof(f.text), "nobody can go on, and not all have ended");
		break;
	case VERDICT_LIVELOCK:
		snprintf(f.text, sizeof(f.text), "from here on nobody ever ends or enters a section, "
			 "whatever the schedule");
		break;
	case VERDICT_BOUND:
		if (s->config.order >= SEARCH_RANDOM)
			snprintf(f.text, sizeof(f.text), "nothing was found in %s schedules by chance; there "
				 "may be something all the same", units_count(s->walks).text);
		else
			snprintf(f.text, sizeof(f.text), "nothing was found up to %" PRIu64 " moves; the "
				 "bound that was met is that of %s", s->depth, s->why);
		break;
	default:
		break;
	}
	return f;
}

/* ----------------------------------------------------------------- outcomes */

static void show_outcomes(const struct exploration *e)
{
	const struct scenario *s = e->scenario;
	struct exploration_outcome o;
	const uint64_t *missing = NULL;
	struct table table;
	char columns[MACHINES_MAX + 64 + 3] = "";

	if (!s->explore.outcomes[e->memory].given && e->outcomes.count < 2)
		return;
	memset(columns, 'r', e->width + 1);
	columns[e->width + 1] = 'l';
	table_init(&table, columns);
	for (size_t i = 0; i < s->vm_count; i++)
		table_cell(&table, "%s", s->vms[i].name);
	for (size_t i = 0; i < s->explore.word_count; i++)
		table_cell(&table, "[0x%" PRIx64 "]", s->explore.words[i]);
	table_cell(&table, "states");
	table_cell(&table, "%s", "");
	for (size_t i = 0; exploration_outcome(e, i, &o); i++) {
		for (size_t k = 0; k < e->width; k++)
			table_cell(&table, "%" PRIu32, o.values[k]);
		table_cell(&table, "%s", units_count(o.states).text);
		table_cell(&table, "%s", o.expected ? "" : "not among those that may come out");
	}
	printf("\n");
	table_print(&table, stdout);
	if (e->search.verdict != VERDICT_VERIFIED || !exploration_missing(e, &missing))
		return;
	printf("\n%zu that should come out did not; one is:", exploration_missing(e, &missing));
	for (size_t k = 0; k < e->width; k++)
		printf(" %" PRIu64, missing[k]);
	printf("\n");
}

/* ----------------------------------------------------------------- schedule */

struct where {
	char text[240];
};

/* Symbol and line; of what is inlined, the program's own line. */
static struct where where(const struct explore_step *s)
{
	const char *path = *s->place.caller_file ? s->place.caller_file : s->place.file;
	const char *slash = strrchr(path, '/');
	struct where w;

	if (*path)
		snprintf(w.text, sizeof(w.text), "%s %.150s:%d", s->place.name, slash ? slash + 1 : path,
			 *s->place.caller_file ? s->place.caller_line : s->place.line);
	else
		snprintf(w.text, sizeof(w.text), "0x%" PRIx64, s->node->rip);
	return w;
}

static void show_path(const struct exploration *e, const struct explore_path *path,
		      const struct terminal *terminal)
{
	struct table table;

	if (!path->count)
		return;
	printf("\n");
	table_init(&table, "rlllO");
	table_cell(&table, "move");
	table_cell(&table, "VM");
	table_cell(&table, "does");
	table_cell(&table, "where");
	table_cell(&table, "by");
	table_rule(&table);
	for (size_t i = 0; i < path->count; i++) {
		const struct explore_step *s = &path->steps[i];

		if (s->passes)
			continue;
		table_cell(&table, "%zu", i + 1);
		table_cell(&table, "%s", e->scenario->vms[s->move.vm].name);
		table_cell(&table, "%s", s->text);
		table_cell(&table, "%s", s->node ? where(s).text : "");
		table_cell(&table, "%s", s->instruction);
	}
	{
		size_t columns, lines;

		terminal_size(terminal, &columns, &lines);
		table.width = columns > 110 ? columns : 110;
	}
	table_print(&table, stdout);
}

/* Of VMs that get no further: before what. */
static void show_stands(const struct exploration *e, const struct explore_path *path)
{
	for (size_t i = 0; i < e->scenario->vm_count; i++) {
		const struct explore_step *s = &path->stands[i];

		if (path->ended[i])
			continue;
		printf("VM `%s` stands before: %s", e->scenario->vms[i].name, s->text);
		if (*where(s).text)
			printf(", %s", where(s).text);
		printf("\n");
	}
}

void explore_show(const struct exploration *e, const struct explore_path *path, bool listing,
		  const struct terminal *terminal)
{
	const struct search *s = &e->search;
	const struct machines_figures f = machines_figures(e->machines);
	const char *claim = exploration_claim(e);
	enum colour colour = exploration_is_met(e) ? COLOUR_GOOD : COLOUR_BAD;
	bool found = s->verdict != VERDICT_VERIFIED && s->verdict != VERDICT_BOUND;

	printf("%s%s%s under %s", terminal_colour(terminal, colour), verdict_name(s->verdict),
	       terminal_plain(terminal), e->memory == MEMORY_TSO ? "tso" : "sc");
	if (found)
		printf(", in %zu moves", s->path_length);
	if (s->config.order < SEARCH_RANDOM)
		printf(": %s states, ", units_count(s->states.count).text);
	else
		printf(": %s schedules, ", units_count(s->walks + found).text);
	printf("%s moves, %s s\n", units_count(s->moves).text, units_seconds(e->took_ns).text);
	if (*explore_finding(e).text)
		printf("%s\n", explore_finding(e).text);
	if (s->verdict == VERDICT_DEADLOCK || s->verdict == VERDICT_LIVELOCK)
		show_stands(e, path);
	if (claim && strcmp(claim, verdict_name(s->verdict)))
		printf("the scenario says: %s\n", claim);
	show_outcomes(e);
	if (listing)
		show_path(e, path, terminal);
	printf("\n%s local states and %s steps between them, found out by %s runs of a VM, %s of them "
	       "taken back first\n", units_count(f.nodes).text, units_count(f.edges).text,
	       units_count(f.runs).text, units_count(f.loads).text);
}
