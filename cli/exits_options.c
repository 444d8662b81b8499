/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_options.c - see exits_options.h.
 */
#include "exits_options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <string.h>

#include "baton/exitstats.h"
#include "suggest.h"
#include "units.h"

enum exits_option {
#define OPTION(id, name, argument, summary) OPTION_##id,
#include "exits_options.def"
#undef OPTION
	OPTIONS
};

static const struct row {
	const char *name, *argument, *summary;
} rows[OPTIONS] = {
#define OPTION(id, name, argument, summary) { name, argument, summary },
#include "exits_options.def"
#undef OPTION
};

#define SHORTEST_NS UINT64_C(100000000)	     /* reading itself takes its time */
#define LONGEST_NS  UINT64_C(86400000000000) /* a day */
#define DEFAULT_NS  UINT64_C(1000000000)
#define TIME_RANGE  "expected a duration such as 500ms, 2s or 1min, from 100ms to 24h"

static const char *row_word(const void *none, size_t i)
{
	return i < OPTIONS ? rows[i].name : NULL;
}

void exits_options_help(FILE *to)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		char option[32];

		snprintf(option, sizeof(option), "--%s%s%s", rows[i].name,
			 rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
		fprintf(to, "  %-16s%s\n", option, rows[i].summary);
	}
}

#define FIRST_CODE 256 /* getopt's code of our first option: above every character */

static int complain(char **argv, int code)
{
	const char *wrong = argv[optind - 1], *meant;

	if (code == ':')
		fprintf(stderr, "baton exits: %s has no argument; expected %s\n", wrong,
			rows[optopt - FIRST_CODE].argument);
	else if (optopt >= FIRST_CODE)
		fprintf(stderr, "baton exits: %s has an argument; expected none\n", wrong);
	else if (optopt)
		fprintf(stderr, "baton exits: option -%c is unknown; see baton exits --help\n", optopt);
	else {
		meant = suggest(wrong + 2, row_word, NULL);
		fprintf(stderr, "baton exits: option %s is unknown%s%s%s; see baton exits --help\n",
			wrong, meant ? " (did you mean \"--" : "", meant ? meant : "",
			meant ? "\"?)" : "");
	}
	return -EINVAL;
}

static int take_time(enum exits_option option, const char *text, uint64_t *to)
{
	const char *wrong = units_read_duration(text, to);

	if (!wrong && *to < SHORTEST_NS)
		wrong = "is too short";
	if (!wrong && *to > LONGEST_NS)
		wrong = "is too long";
	if (!wrong)
		return 0;
	fprintf(stderr, "baton exits: --%s \"%.40s\" %s; " TIME_RANGE "%s\n", rows[option].name, text,
		wrong, option == OPTION_DELTA ? ", or -- and a command" : "");
	return -EINVAL;
}

static int take_number(enum exits_option option, const char *text, uint64_t most, uint64_t *to)
{
	const char *wrong = units_read_number(text, to);

	if (!wrong && (!*to || *to > most))
		wrong = *to ? "is too large" : "is too small";
	if (!wrong)
		return 0;
	fprintf(stderr, "baton exits: --%s \"%.40s\" %s; expected " UNITS_NUMBER " above 0\n",
		rows[option].name, text, wrong);
	return -EINVAL;
}

/* `--watch 2s` is `--watch=2s`; what begins with a dash is no time. */
static const char *time_behind(char **argv)
{
	if (optarg)
		return optarg;
	return argv[optind] && argv[optind][0] != '-' ? argv[optind++] : NULL;
}

static int take(struct exits_options *options, enum exits_option option, char **argv)
{
	const char *time;
	uint64_t pid = 0;
	int error = 0;

	switch (option) {
	case OPTION_WATCH:
	case OPTION_DELTA:
		*(option == OPTION_WATCH ? &options->watch : &options->delta) = true;
		time = time_behind(argv);
		return time ? take_time(option, time, &options->interval_ns) : 0;
	case OPTION_VM:
		return take_number(option, optarg, UINT64_MAX, &options->vm);
	case OPTION_PID:
		error = take_number(option, optarg, INT32_MAX, &pid);
		options->pid = (uint32_t)pid;
		return error;
	case OPTION_FROM:
		options->from = optarg;
		return 0;
	case OPTION_JSON:
		options->json = optarg;
		return 0;
	case OPTION_CSV:
		options->csv = optarg;
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
	if (wrong) {
		fprintf(stderr, "baton exits: %s\n", wrong);
		return -EINVAL;
	}
	if (options->watch && !options->interval_ns)
		options->interval_ns = DEFAULT_NS;
	return 0;
}

int exits_options_parse(struct exits_options *options, int argc, char **argv)
{
	struct option table[OPTIONS + 1] = { 0 };
	int code;

	*options = (struct exits_options){ 0 };
	for (int i = 0; i < OPTIONS; i++)
		table[i] = (struct option){
			.name = rows[i].name,
			.has_arg = !rows[i].argument ? no_argument :
				   rows[i].argument[0] == '[' ? optional_argument : required_argument,
			.val = FIRST_CODE + i,
		};
	optind = 0; /* getopt starts afresh: the command's name comes first once more */
	while ((code = getopt_long(argc, argv, "+:h", table, NULL)) != -1) {
		if (code == 'h')
			code = FIRST_CODE + OPTION_HELP;
		if (code == '?' || code == ':')
			return complain(argv, code);
		if (take(options, (enum exits_option)(code - FIRST_CODE), argv))
			return -EINVAL;
	}
	if (optind < argc && strcmp(argv[optind - 1], "--")) {
		fprintf(stderr, "baton exits: %s is one argument too many; expected options, or --delta "
			"-- and a command\n", argv[optind]);
		return -EINVAL;
	}
	if (optind < argc)
		options->command = argv + optind;
	return options->help ? 0 : check(options);
}
