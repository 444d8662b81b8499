/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_options.c - see trace_options.h.
 */
#include "trace_options.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "baton/baton.h"
#include "baton/trace.h"
#include "options.h"
#include "suggest.h"
#include "units.h"

enum trace_option {
#define OPTION(id, name, argument, summary) OPTION_##id,
#include "trace_options.def"
#undef OPTION
	OPTIONS
};

static const struct options_row rows[] = {
#define OPTION OPTIONS_ROW
#include "trace_options.def"
#undef OPTION
};

static int take(void *context, size_t row, const char *text);

static const struct options table = {
	.command = "trace", .rows = rows, .count = OPTIONS, .take = take,
};

void trace_options_help(FILE *to)
{
	options_help(rows, OPTIONS, to);
}

static int take_time(enum trace_option option, const char *text, uint64_t *to)
{
	const char *wrong = NULL;

	if (strcmp(text, "0"))
		wrong = units_read_duration(text, to);
	else
		*to = 0;
	return wrong ? options_refuse(&table, option, text, wrong, UNITS_DURATION) : 0;
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

static int take(void *context, size_t row, const char *text)
{
	struct trace_options *options = context;
	enum trace_option option = (enum trace_option)row;

	switch (option) {
	case OPTION_LIST:
		options->list = true;
		return 0;
	case OPTION_VM:
		options->vm = text;
		return 0;
	case OPTION_KIND:
		return take_kind(options, text);
	case OPTION_FROM:
		return take_time(option, text, &options->from_ns);
	case OPTION_TO:
		return take_time(option, text, &options->to_ns);
	case OPTION_SUMMARY:
		options->summary = true;
		return 0;
	case OPTION_JSON:
		options->json = text;
		return 0;
	case OPTION_CSV:
		options->csv = text;
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
	return wrong ? options_complain(&table, wrong) : 0;
}

int trace_options_parse(struct trace_options *options, int argc, char **argv)
{
	int first;

	*options = (struct trace_options){ .to_ns = UINT64_MAX, .exit = BATON_EXIT_KINDS };
	first = options_parse(&table, argc, argv, options);
	if (first < 0)
		return first;
	if (options->help)
		return 0;
	options->file = argv[first];
	if (first + 1 < argc) {
		fprintf(stderr, "baton trace: %s is one file too many; expected one\n",
			argv[first + 1]);
		return -EINVAL;
	}
	return check(options);
}
