/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - the options of a command: each has a row, from which its parsing, its help
 * and its complaints are made. What a value means is the command's.
 *
 * Every row has a long name, of which a beginning will do that no other has; -h is --help,
 * and -o is --output, where there is one.
 * Complaints go to stderr, in a line that begins with the command's name.
 */
#ifndef BATON_CLI_OPTIONS_H
#define BATON_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct options_row {
	const char *name;
	const char *argument; /* NULL: it takes none; "[…": it may be left out */
	const char *summary;
};

/* Of a file of rows, OPTION(id, name, argument, summary): what is in an array of them. */
#define OPTIONS_ROW(id, name, argument, summary) { name, argument, summary },

struct options {
	const char *command; /* such as "trace"; NULL: argv[0] */
	const struct options_row *rows;
	size_t count;
	bool in_order; /* the first operand ends them */
	/* Takes one; `text` is argv's, or NULL. 0, or -EINVAL after it has complained. */
	int (*take)(void *context, size_t row, const char *text);
};

/* Takes argv apart. The index of the first operand, all others being behind it, or -EINVAL. */
int options_parse(const struct options *options, int argc, char **argv, void *context);

/* A line for each, or two. */
void options_help(const struct options_row *rows, size_t count, FILE *to);

/* Says `--name "text" wrong; expected …`. Returns -EINVAL. */
int options_refuse(const struct options *options, size_t row, const char *text,
		   const char *wrong, const char *expected);

/* Says that they do not go together, or that something is missing. Returns -EINVAL. */
int options_complain(const struct options *options, const char *wrong);

/* Reads a quantity (see units.h) from `least` to `most`. NULL, or what is wrong with it. */
const char *options_quantity(const char *text, const char *(*read)(const char *, uint64_t *),
			     uint64_t least, uint64_t most, uint64_t *to);

#endif
