/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot_options.c - see snapshot_options.h.
 */
#include "snapshot_options.h"

#include <errno.h>
#include <string.h>

#include "units.h"

enum option_id {
#define OPTION(id, name, argument, summary) OPTION_##id,
#define MADE(id) OPTION_MADE_##id,
#include "snapshot_options.def"
#undef OPTION
#undef MADE
	OPTIONS
};

/* Which of baton run's a row is. */
static const enum run_option made[OPTIONS] = {
#define OPTION(id, name, argument, summary) [OPTION_##id] = RUN_OPTIONS,
#define MADE(id) [OPTION_MADE_##id] = RUN_OPTION_##id,
#include "snapshot_options.def"
#undef OPTION
#undef MADE
};

static void fill(struct options_row rows[OPTIONS])
{
#define OPTION(id, ...) rows[OPTION_##id] = (struct options_row){ __VA_ARGS__ };
#define MADE(id) rows[OPTION_MADE_##id] = *run_options_row(RUN_OPTION_##id);
#include "snapshot_options.def"
#undef OPTION
#undef MADE
}

void snapshot_options_help(FILE *to)
{
	struct options_row rows[OPTIONS];

	fill(rows);
	options_help(rows, OPTIONS, to);
}

/* What is being parsed, and how. */
struct parsing {
	struct snapshot_options *options;
	struct options table;
};

static int take(void *context, size_t row, const char *text)
{
	const struct parsing *parsing = context;
	struct snapshot_options *options = parsing->options;
	const char *wrong;

	switch ((enum option_id)row) {
	case OPTION_AT:
		wrong = units_read_duration(text, &options->at_ns);
		return wrong ? options_refuse(&parsing->table, row, text, wrong, UNITS_DURATION) : 0;
	case OPTION_EXITS:
		wrong = options_quantity(text, units_read_number, 1, UINT64_MAX, &options->exits);
		return wrong ? options_refuse(&parsing->table, row, text, wrong,
					      UNITS_NUMBER " above 0") : 0;
	case OPTION_OUTPUT:
		options->output = text;
		return 0;
	case OPTION_SHOW:
		options->show = text;
		return 0;
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_HELP:
		options->help = true;
		return 0;
	default:
		options->run.given[made[row]] = text ? text : "";
		return 0;
	}
}

/* Does what was said go together? */
static int check(const struct options *table, const struct snapshot_options *options)
{
	const struct run_options *run = &options->run;
	bool some = run->operand_count, when = options->at_ns != BATON_FOREVER || options->exits;
	const char *wrong = NULL;

	if (options->show && (some || when || options->output))
		wrong = "--show runs nothing; expected one file, and perhaps --json";
	else if (!options->show && options->json)
		wrong = "--json without --show; expected --show FILE";
	else if (!options->show && !some)
		wrong = "nothing to run; expected images or one scenario, see baton snapshot --help";
	else if (!options->show && !when)
		wrong = "when is it to be taken? Expected --at TIME or --exits N";
	for (int i = 0; i < run->operand_count && !wrong; i++)
		if (run->operand_count > 1 && run_options_is_scenario(run->operands[i]))
			wrong = "a scenario is not alone; expected one scenario, or images";
	return wrong ? options_complain(table, wrong) : 0;
}

int snapshot_options_parse(struct snapshot_options *options, int argc, char **argv)
{
	struct options_row rows[OPTIONS];
	struct parsing parsing = {
		options, { .command = "snapshot", .rows = rows, .count = OPTIONS, .take = take },
	};
	int first;

	*options = (struct snapshot_options){ .at_ns = BATON_FOREVER };
	fill(rows);
	first = options_parse(&parsing.table, argc, argv, &parsing);
	if (first < 0)
		return first;
	options->run.operands = argv + first;
	options->run.operand_count = argc - first;
	return options->help ? 0 : check(&parsing.table, options);
}
