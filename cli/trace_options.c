/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_options.c - see trace_options.h.
 */
#include "trace_options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <string.h>

#include "baton/baton.h"
#include "baton/trace.h"
#include "suggest.h"
#include "units.h"

enum trace_option {
#define OPTION(id, name, argument, summary) OPTION_##id,
#include "trace_options.def"
#undef OPTION
	OPTIONS
};

static const struct row {
	const char *name, *argument, *summary;
} rows[OPTIONS] = {
#define OPTION(id, name, argument, summary) { name, argument, summary },
#include "trace_options.def"
#undef OPTION
};

static const char *row_word(const void *none, size_t i)
{
	return i < OPTIONS ? rows[i].name : NULL;
}

void trace_options_help(FILE *to)
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
		fprintf(stderr, "baton trace: %s has no argument; expected %s\n", wrong,
			rows[optopt - FIRST_CODE].argument);
	else if (optopt >= FIRST_CODE)
		fprintf(stderr, "baton trace: %s has an argument; expected none\n", wrong);
	else if (optopt)
		fprintf(stderr, "baton trace: option -%c is unknown; see baton trace --help\n", optopt);
	else {
		meant = suggest(wrong + 2, row_word, NULL);
		fprintf(stderr, "baton trace: option %s is unknown%s%s%s; see baton trace --help\n",
			wrong, meant ? " (did you mean \"--" : "", meant ? meant : "",
			meant ? "\"?)" : "");
	}
	return -EINVAL;
}

static int take_time(enum trace_option option, const char *text, uint64_t *to)
{
	const char *wrong = strcmp(text, "0") ? units_read_duration(text, to) : NULL;

	if (!wrong)
		return 0;
	fprintf(stderr, "baton trace: --%s \"%.40s\" %s; expected " UNITS_DURATION "\n",
		rows[option].name, text, wrong);
	return -EINVAL;
}

/* Kinds of record, then kinds of exit. */
static const char *kind_word(const void *none, size_t i)
{
	if (i + 1 < BATON_TRACE_KINDS)
		return baton_trace_name((unsigned)i + 1);
	i -= BATON_TRACE_KINDS - 1;
	return i < BATON_EXIT_KINDS ? baton_exit_name((enum baton_exit_kind)i) : NULL;
}

static int take_kind(struct trace_options *options, const char *text)
{
	const char *word, *meant;

	for (unsigned i = 0; (word = kind_word(NULL, i)); i++) {
		if (strcmp(word, text))
			continue;
		options->kind = i + 1 < BATON_TRACE_KINDS ? i + 1 : BATON_TRACE_RUN;
		if (i + 1 >= BATON_TRACE_KINDS)
			options->exit = i + 1 - BATON_TRACE_KINDS;
		return 0;
	}
	meant = suggest(text, kind_word, NULL);
	fprintf(stderr, "baton trace: --kind \"%.40s\" is unknown%s%s%s; expected a kind of record or "
		"of exit, such as pick or io_out; see baton-trace(1)\n", text,
		meant ? " (did you mean \"" : "", meant ? meant : "", meant ? "\"?)" : "");
	return -EINVAL;
}

static int take(struct trace_options *options, enum trace_option option)
{
	switch (option) {
	case OPTION_LIST:
		options->list = true;
		return 0;
	case OPTION_VM:
		options->vm = optarg;
		return 0;
	case OPTION_KIND:
		return take_kind(options, optarg);
	case OPTION_FROM:
		return take_time(option, optarg, &options->from_ns);
	case OPTION_TO:
		options->to_ns = 0;
		return take_time(option, optarg, &options->to_ns);
	case OPTION_SUMMARY:
		options->summary = true;
		return 0;
	case OPTION_JSON:
		options->json = optarg;
		return 0;
	case OPTION_CSV:
		options->csv = optarg;
		return 0;
	default:
		options->help = true;
		return 0;
	}
}

/* Does what was said go together? */
static int check(const struct trace_options *o)
{
	bool selects = o->kind || o->from_ns || o->to_ns != UINT64_MAX;
	bool json = o->json && !strcmp(o->json, "-"), csv = o->csv && !strcmp(o->csv, "-");
	const char *wrong = NULL;

	if (!o->file)
		wrong = "nothing to read; expected the file of a trace, see baton trace --help";
	else if (selects && !o->list && !o->csv)
		wrong = "--kind, --from and --to choose records, and figures are of all; expected "
			"--list or --csv with them";
	else if (o->list && o->summary)
		wrong = "--list and --summary; expected one of them";
	else if (json + csv + o->list > 1)
		wrong = "--list, --json - and --csv - are all for stdout; expected one of them";
	else if (o->json && o->csv && !strcmp(o->json, o->csv))
		wrong = "--json and --csv have the same file; expected two";
	else if (o->from_ns >= o->to_ns)
		wrong = "--from is not before --to; expected an earlier time";
	if (!wrong)
		return 0;
	fprintf(stderr, "baton trace: %s\n", wrong);
	return -EINVAL;
}

int trace_options_parse(struct trace_options *options, int argc, char **argv)
{
	struct option table[OPTIONS + 1] = { 0 };
	int code;

	*options = (struct trace_options){ .to_ns = UINT64_MAX, .exit = BATON_EXIT_KINDS };
	for (int i = 0; i < OPTIONS; i++)
		table[i] = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].argument ? required_argument : no_argument,
			.val = FIRST_CODE + i,
		};
	optind = 0; /* getopt starts afresh: the command's name comes first once more */
	while ((code = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
		if (code == 'h')
			code = FIRST_CODE + OPTION_HELP;
		if (code == '?' || code == ':')
			return complain(argv, code);
		if (take(options, (enum trace_option)(code - FIRST_CODE)))
			return -EINVAL;
	}
	if (options->help)
		return 0;
	options->file = argv[optind];
	if (optind + 1 < argc) {
		fprintf(stderr, "baton trace: %s is one file too many; expected one\n",
			argv[optind + 1]);
		return -EINVAL;
	}
	return check(options);
}
