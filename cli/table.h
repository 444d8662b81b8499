/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - columns that line up, for texts in UTF-8 with or without colours.
 */
#ifndef BATON_CLI_TABLE_H
#define BATON_CLI_TABLE_H

#include <stddef.h>
#include <stdio.h>

struct table {
	/* A letter each: 'l' left, 'r' right; 'O' left and 'o' right where there is room. */
	const char *columns;
	char **cells; /* row by row; a rule is a row whose first cell is NULL */
	size_t count;
	size_t width; /* columns that there are; 0: 80 */
};

/* `columns` is borrowed. table_print() frees the cells, and the table can be filled again. */
void table_init(struct table *table, const char *columns);

/* Adds the next cell, from left to right and top to bottom. */
__attribute__((format(printf, 2, 3)))
void table_cell(struct table *table, const char *format, ...);

/* Adds a horizontal line; only between full rows. */
void table_rule(struct table *table);

/* Without its optional columns, if it would be wider than `width` with them. */
void table_print(struct table *table, FILE *to);

/* Columns that a text takes on a terminal: its characters, without control sequences. */
size_t table_width(const char *text);

#endif
