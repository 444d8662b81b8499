/* SPDX-License-Identifier: Apache-2.0 */
/*
 * play_options.c - see play_options.h.
 */
#include "play_options.h"

#include <string.h>

#include "options.h"

enum play_option {
#define OPTION(id, name, argument, summary) OPTION_##id,
#include "play_options.def"
#undef OPTION
	OPTIONS
};

static const struct options_row rows[] = {
#define OPTION OPTIONS_ROW
#include "play_options.def"
#undef OPTION
};

static int take(void *context, size_t row, const char *text);

static const struct options table = {
	.command = "play", .rows = rows, .count = OPTIONS, .take = take,
};

void play_options_help(FILE *to)
{
	options_help(rows, OPTIONS, to);
}

static int take(void *context, size_t row, const char *text)
{
	struct play_options *options = context;

	if (row == OPTION_HELP) {
		options->help = true;
		return 0;
	}
	options->tso = !strcmp(text, "tso");
	if (options->tso || !strcmp(text, "sc"))
		return 0;
	return options_refuse(&table, row, text, "is unknown", "sc or tso");
}

int play_options_parse(struct play_options *options, int argc, char **argv)
{
	int first;

	*options = (struct play_options){ 0 };
	first = options_parse(&table, argc, argv, options);
	if (first < 0 || options->help)
		return first < 0 ? first : 0;
	if (first == argc)
		return options_complain(&table, "nothing to play; expected a scenario or a lab, see baton "
					"play --help");
	if (argc - first > 1)
		return options_complain(&table, "expected one scenario or lab");
	options->scenario = argv[first];
	return 0;
}
