/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_options.c - see exits_options.h.
 */
#include "exits_options.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "baton/exitstats.h"
#include "options.h"
#include "units.h"

enum exits_option {
#define OPTION(id, name, argument, summary) OPTION_##id,
#include "exits_options.def"
#undef OPTION
	OPTIONS
};

static const struct options_row rows[] = {
#define OPTION OPTIONS_ROW
#include "exits_options.def"
#undef OPTION
};

static int take(void *context, size_t row, const char *text);

static const struct options table = {
	.command = "exits", .rows = rows, .count = OPTIONS, .in_order = true, .take = take,
};

#define SHORTEST_NS UINT64_C(100000000)	     /* reading itself takes its time */
#define LONGEST_NS  UINT64_C(86400000000000) /* a day */
#define DEFAULT_NS  UINT64_C(1000000000)
#define TIME_RANGE  "a duration such as 500ms, 2s or 1min, from 100ms to 24h"

void exits_options_help(FILE *to)
{
	options_help(rows, OPTIONS, to);
}

static int take_time(enum exits_option option, const char *text, uint64_t *to)
{
	const char *wrong = options_quantity(text, units_read_duration, SHORTEST_NS, LONGEST_NS, to);

	if (!wrong)
		return 0;
	return options_refuse(&table, option, text, wrong,
			      option == OPTION_DELTA ? TIME_RANGE ", or -- and a command" :
						       TIME_RANGE);
}

static int take_number(enum exits_option option, const char *text, uint64_t most, uint64_t *to)
{
	const char *wrong = options_quantity(text, units_read_number, 1, most, to);

	return wrong ? options_refuse(&table, option, text, wrong, UNITS_NUMBER " above 0") : 0;
}

static int take(void *context, size_t row, const char *text)
{
	struct exits_options *options = context;
	enum exits_option option = (enum exits_option)row;
	uint64_t pid = 0;
	int error = 0;

	switch (option) {
	case OPTION_WATCH:
	case OPTION_DELTA:
		*(option == OPTION_WATCH ? &options->watch : &options->delta) = true;
		return text ? take_time(option, text, &options->interval_ns) : 0;
	case OPTION_VM:
		return take_number(option, text, UINT64_MAX, &options->vm);
	case OPTION_PID:
		error = take_number(option, text, INT32_MAX, &pid);
		options->pid = (uint32_t)pid;
		return error;
	case OPTION_FROM:
		options->from = text;
		return 0;
	case OPTION_JSON:
		options->json = text;
		return 0;
	case OPTION_CSV:
		options->csv = text;
		return 0;
	case OPTION_REASONS:
		options->reasons = true;
		return 0;
	default:
		options->help = true;
		return 0;
	}
}

/* Does what was said go together? */
static int check(struct exits_options *options)
{
	const char *wrong = NULL;

	if (options->watch && options->delta)
		wrong = "--watch and --delta; expected one of them";
	else if (options->command && !options->delta)
		wrong = "-- and a command without --delta; expected --delta -- COMMAND";
	else if (options->command && options->interval_ns)
		wrong = "--delta has a time and a command; expected one of them";
	else if (options->delta && !options->command && !options->interval_ns)
		wrong = "--delta has no argument; expected TIME, or -- and a command";
	else if (options->json && options->csv && !strcmp(options->json, options->csv))
		wrong = strcmp(options->json, "-") ?
				"--json and --csv have the same file; expected two" :
				"--json - and --csv -; expected one of them on stdout";
	if (wrong)
		return options_complain(&table, wrong);
	if (options->watch && !options->interval_ns)
		options->interval_ns = DEFAULT_NS;
	return 0;
}

int exits_options_parse(struct exits_options *options, int argc, char **argv)
{
	int first;

	*options = (struct exits_options){ 0 };
	first = options_parse(&table, argc, argv, options);
	if (first < 0)
		return first;
	if (first < argc && strcmp(argv[first - 1], "--")) {
		fprintf(stderr, "baton exits: %s is one argument too many; expected options, or --delta "
			"-- and a command\n", argv[first]);
		return -EINVAL;
	}
	if (first < argc)
		options->command = argv + first;
	return options->help ? 0 : check(options);
}
