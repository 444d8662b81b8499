/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c - see options.h.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "suggest.h"

#define FIRST_CODE 256 /* getopt's code of our first option: above every character */
#define COLUMN	   18  /* where summaries begin, behind an indent of two */

/* ------------------------------------------------------------------- asking */

static const char *row_word(const void *context, size_t i)
{
	const struct options *options = context;

	return i < options->count ? options->rows[i].name : NULL;
}

static bool is_left_to_choice(const struct options_row *row)
{
	return row->argument && row->argument[0] == '[';
}

/* The row that a letter stands for; `count`: none. */
static size_t row_of_letter(const struct options *options, int letter)
{
	const char *name = letter == 'h' ? "help" : letter == 'o' ? "output" : "";
	size_t i = 0;

	while (i < options->count && strcmp(options->rows[i].name, name))
		i++;
	return i;
}

void options_help(const struct options_row *rows, size_t count, FILE *to)
{
	for (size_t i = 0; i < count; i++) {
		const char *argument = rows[i].argument;
		int width = fprintf(to, "  --%s%s%s", rows[i].name, argument ? " " : "",
				    argument ? argument : "") - 2;

		if (width >= COLUMN) {
			fputs("\n  ", to);
			width = 0;
		}
		fprintf(to, "%*s%s\n", COLUMN - width, "", rows[i].summary);
	}
}

/* --------------------------------------------------------------- complaining */

int options_refuse(const struct options *options, size_t row, const char *text,
		   const char *wrong, const char *expected)
{
	fprintf(stderr, "baton %s: --%s \"%.60s\" %s; expected %s\n", options->command,
		options->rows[row].name, text, wrong, expected);
	return -EINVAL;
}

int options_complain(const struct options *options, const char *wrong)
{
	fprintf(stderr, "baton %s: %s\n", options->command, wrong);
	return -EINVAL;
}

/* A name that no option has, or that several begin with. */
static void complain_of_name(const struct options *options, const char *command, const char *given)
{
	char *name = heap_copy(given);
	size_t length = strcspn(name, "=");
	const char *one = NULL, *other = NULL, *meant;

	name[length] = '\0';
	for (size_t i = 0; i < options->count && length && !other; i++)
		if (!strncmp(options->rows[i].name, name, length))
			*(one ? &other : &one) = options->rows[i].name;
	meant = one ? NULL : suggest(name, row_word, options);
	if (other)
		fprintf(stderr, "baton %s: option --%s begins several, such as --%s and --%s",
			command, name, one, other);
	else
		fprintf(stderr, "baton %s: option --%s is unknown%s%s%s", command, name,
			meant ? " (did you mean \"--" : "", meant ? meant : "",
			meant ? "\"?)" : "");
	fprintf(stderr, "; see baton %s --help\n", command);
	free(name);
}

/* After getopt gave ':' (an argument is missing) or '?', with optopt 0 for an unknown name. */
static int complain(const struct options *options, const char *command, char **argv, int code)
{
	const char *wrong = argv[optind - 1];
	size_t row = optopt >= FIRST_CODE ? (size_t)optopt - FIRST_CODE :
					    row_of_letter(options, optopt);

	if (code == ':')
		fprintf(stderr, "baton %s: %s has no argument; expected %s\n", command, wrong,
			options->rows[row].argument);
	else if (optopt >= FIRST_CODE)
		fprintf(stderr, "baton %s: %s has an argument; expected none\n", command, wrong);
	else if (optopt)
		fprintf(stderr, "baton %s: option -%c is unknown; see baton %s --help\n", command,
			optopt, command);
	else
		complain_of_name(options, command, wrong + 2);
	return -EINVAL;
}

/* ------------------------------------------------------------------- parsing */

static struct option *create_table(const struct options *options)
{
	struct option *table = heap_zeroed(options->count + 1, sizeof(*table));

	for (size_t i = 0; i < options->count; i++) {
		const struct options_row *row = &options->rows[i];

		table[i].name = row->name;
		table[i].has_arg = !row->argument ? no_argument :
				   is_left_to_choice(row) ? optional_argument : required_argument;
		table[i].val = FIRST_CODE + (int)i;
	}
	return table;
}

/* `--watch 2s` is `--watch=2s`; what begins with a dash is no argument. */
static const char *argument_of(const struct options_row *row, char **argv)
{
	if (optarg || !is_left_to_choice(row))
		return optarg;
	return argv[optind] && argv[optind][0] != '-' ? argv[optind++] : NULL;
}

static int parse(const struct options *options, int argc, char **argv, void *context,
		 const struct option *table)
{
	const char *command = options->command ? options->command : argv[0];
	char letters[8];
	int code;

	snprintf(letters, sizeof(letters), "%s:h%s", options->in_order ? "+" : "",
		 row_of_letter(options, 'o') < options->count ? "o:" : "");
	optind = 0; /* getopt starts afresh: the command's name comes first once more */
	while ((code = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		size_t row;

		if (code == '?' || code == ':')
			return complain(options, command, argv, code);
		row = code >= FIRST_CODE ? (size_t)code - FIRST_CODE : row_of_letter(options, code);
		if (options->take(context, row, argument_of(&options->rows[row], argv)))
			return -EINVAL;
	}
	return optind;
}

int options_parse(const struct options *options, int argc, char **argv, void *context)
{
	struct option *table = create_table(options);
	int first = parse(options, argc, argv, context, table);

	free(table);
	return first;
}

const char *options_quantity(const char *text, const char *(*read)(const char *, uint64_t *),
			     uint64_t least, uint64_t most, uint64_t *to)
{
	uint64_t value;
	const char *wrong = read(text, &value);

	if (wrong)
		return wrong;
	if (value < least)
		return "is too small";
	if (value > most)
		return "is too large";
	*to = value;
	return NULL;
}
