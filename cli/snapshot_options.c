/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot_options.c - see snapshot_options.h.
 */
#include "snapshot_options.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "suggest.h"
#include "units.h"

enum option_id {
#define OPTION(id, name, argument, summary) OPTION_##id,
#define MADE(id) OPTION_MADE_##id,
#include "snapshot_options.def"
#undef OPTION
#undef MADE
	OPTIONS
};

/* A row of our own, or that of baton run. */
static const struct {
	struct run_option_row own;
	enum run_option made; /* RUN_OPTIONS: none */
} rows[OPTIONS] = {
#define OPTION(id, name, argument, summary) { { name, argument, summary }, RUN_OPTIONS },
#define MADE(id) { { NULL, NULL, NULL }, RUN_OPTION_##id },
#include "snapshot_options.def"
#undef OPTION
#undef MADE
};

static const struct run_option_row *row_of(size_t i)
{
	return rows[i].made == RUN_OPTIONS ? &rows[i].own : run_options_row(rows[i].made);
}

static const char *row_word(const void *none, size_t i)
{
	return i < OPTIONS ? row_of(i)->name : NULL;
}

void snapshot_options_help(FILE *to)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		const struct run_option_row *row = row_of(i);
		char option[32];

		snprintf(option, sizeof(option), "--%s%s%s", row->name, row->argument ? " " : "",
			 row->argument ? row->argument : "");
		fprintf(to, "  %-18s%s\n", option, row->summary);
	}
}

#define FIRST_CODE 256 /* getopt's code of our first option: above every character */

static int complain(char **argv, int code)
{
	const char *wrong = argv[optind - 1], *meant;

	if (code == ':')
		fprintf(stderr, "baton snapshot: %s has no argument; expected %s\n", wrong,
			optopt == 'o' ? "FILE" : row_of((size_t)optopt - FIRST_CODE)->argument);
	else if (optopt >= FIRST_CODE)
		fprintf(stderr, "baton snapshot: %s has an argument; expected none\n", wrong);
	else if (optopt)
		fprintf(stderr, "baton snapshot: option -%c is unknown; see baton snapshot --help\n",
			optopt);
	else {
		meant = suggest(wrong + 2, row_word, NULL);
		fprintf(stderr, "baton snapshot: option %s is unknown%s%s%s; see baton snapshot --help\n",
			wrong, meant ? " (did you mean \"--" : "", meant ? meant : "",
			meant ? "\"?)" : "");
	}
	return -EINVAL;
}

static int wrong_value(enum option_id id, const char *text, const char *wrong, const char *expected)
{
	fprintf(stderr, "baton snapshot: --%s \"%.40s\" %s; expected %s\n", row_of(id)->name, text,
		wrong, expected);
	return -EINVAL;
}

static int take(struct snapshot_options *options, enum option_id id, const char *text)
{
	const char *wrong;

	switch (id) {
	case OPTION_AT:
		wrong = units_read_duration(text, &options->at_ns);
		return wrong ? wrong_value(id, text, wrong, UNITS_DURATION) : 0;
	case OPTION_EXITS:
		wrong = units_read_number(text, &options->exits);
		if (!wrong && !options->exits)
			wrong = "is too small";
		return wrong ? wrong_value(id, text, wrong, UNITS_NUMBER " above 0") : 0;
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
		options->run.given[rows[id].made] = text ? text : "";
		return 0;
	}
}

/* Does what was said go together? */
static int check(const struct snapshot_options *options)
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
	if (wrong)
		fprintf(stderr, "baton snapshot: %s\n", wrong);
	return wrong ? -EINVAL : 0;
}

int snapshot_options_parse(struct snapshot_options *options, int argc, char **argv)
{
	struct option table[OPTIONS + 1] = { 0 };
	int code;

	*options = (struct snapshot_options){ .at_ns = BATON_FOREVER };
	for (int i = 0; i < OPTIONS; i++)
		table[i] = (struct option){
			.name = row_of((size_t)i)->name,
			.has_arg = row_of((size_t)i)->argument ? required_argument : no_argument,
			.val = FIRST_CODE + i,
		};
	optind = 0; /* getopt starts afresh: the command's name comes first once more */
	while ((code = getopt_long(argc, argv, ":ho:", table, NULL)) != -1) {
		if (code == '?' || code == ':')
			return complain(argv, code);
		if (code == 'h' || code == 'o')
			code = FIRST_CODE + (code == 'h' ? OPTION_HELP : OPTION_OUTPUT);
		if (take(options, (enum option_id)(code - FIRST_CODE), optarg))
			return -EINVAL;
	}
	options->run.operands = argv + optind;
	options->run.operand_count = argc - optind;
	return options->help ? 0 : check(options);
}
