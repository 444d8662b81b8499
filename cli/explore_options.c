/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_options.c - see explore_options.h.
 */
#include "explore_options.h"

#include <errno.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "explore/search.h"
#include "options.h"
#include "units.h"

enum explore_option {
#define OPTION(id, name, argument, summary) OPTION_##id,
#include "explore_options.def"
#undef OPTION
	OPTIONS
};

static const struct options_row rows[] = {
#define OPTION OPTIONS_ROW
#include "explore_options.def"
#undef OPTION
};

static int take(void *context, size_t row, const char *text);

static const struct options table = {
	.command = "explore", .rows = rows, .count = OPTIONS, .take = take,
};

void explore_options_help(FILE *to)
{
	options_help(rows, OPTIONS, to);
}

static int take_number(size_t row, const char *text, uint64_t most, uint64_t *to)
{
	const char *wrong = options_quantity(text, units_read_number, 1, most, to);

	return wrong ? options_refuse(&table, row, text, wrong, UNITS_NUMBER " above 0") : 0;
}

static int take_memory(struct explore_options *options, const char *text)
{
	options->tso = !strcmp(text, "tso");
	if (options->tso || !strcmp(text, "sc"))
		return 0;
	return options_refuse(&table, OPTION_MEMORY, text, "is unknown", "sc or tso");
}

static int take_order(struct explore_options *options, const char *text)
{
	for (options->order = 0; options->order < SEARCH_ORDERS; options->order++)
		if (!strcmp(text, search_order_name(options->order)))
			return 0;
	return options_refuse(&table, OPTION_SEARCH, text, "is unknown", "breadth, depth, random or pct");
}

static int take_space(struct explore_options *options, const char *text)
{
	const char *wrong = options_quantity(text, units_read_size, 1 << 20, UINT64_MAX, &options->space);

	return wrong ? options_refuse(&table, OPTION_SPACE, text, wrong, UNITS_SIZE ", from 1MiB") : 0;
}

static int take(void *context, size_t row, const char *text)
{
	struct explore_options *options = context;
	const char *wrong;

	switch ((enum explore_option)row) {
	case OPTION_MEMORY:
		return take_memory(options, text);
	case OPTION_BOUND:
		return take_number(row, text, UINT64_MAX - 1, &options->bound);
	case OPTION_SEARCH:
		return take_order(options, text);
	case OPTION_WALKS:
		return take_number(row, text, UINT64_MAX, &options->walks);
	case OPTION_THREADS:
		return take_number(row, text, 256, &options->threads);
	case OPTION_SEED:
		wrong = units_read_number(text, &options->seed);
		return wrong ? options_refuse(&table, row, text, wrong, UNITS_NUMBER) : 0;
	case OPTION_REDUCE:
		options->reduces = true;
		return 0;
	case OPTION_STATES:
		return take_number(row, text, UINT32_MAX - 2, &options->states);
	case OPTION_SPACE:
		return take_space(options, text);
	case OPTION_RECORD:
		options->record = text;
		return 0;
	case OPTION_JSON:
		options->json = text;
		return 0;
	case OPTION_HTML:
		options->html = text;
		return 0;
	case OPTION_QUIET:
		options->quiet = true;
		return 0;
	default:
		options->help = true;
		return 0;
	}
}

int explore_options_parse(struct explore_options *options, int argc, char **argv)
{
	int first;

	*options = (struct explore_options){
		.bound = UINT64_MAX, .states = 20000000, .space = UINT64_C(4) << 30,
		.walks = 100000, .seed = 1, .threads = (uint64_t)get_nprocs(),
	};
	first = options_parse(&table, argc, argv, options);
	if (first < 0 || options->help)
		return first < 0 ? first : 0;
	if (options->json && options->html && !strcmp(options->json, "-") && !strcmp(options->html, "-"))
		return options_complain(&table, "--json and --html cannot both go to stdout");
	if (first == argc)
		return options_complain(&table, "nothing to explore; expected a scenario or a lab, see "
					"baton explore --help");
	if (argc - first > 1)
		return options_complain(&table, "expected one scenario or lab");
	options->scenario = argv[first];
	return 0;
}
