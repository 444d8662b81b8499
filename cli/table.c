/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.c - lays out columns.
 */
#include "table.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"

#define GAP  2	/* spaces between columns, and before the first one */
#define WIDE 80 /* columns, unless somebody knows better */

void table_init(struct table *table, const char *columns)
{
	*table = (struct table){ .columns = columns };
}

static void add(struct table *table, char *text)
{
	table->cells = heap_grow(table->cells, table->count, sizeof(*table->cells));
	table->cells[table->count++] = text;
}

void table_cell(struct table *table, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = heap_copy("");
	va_end(args);
	add(table, text);
}

void table_rule(struct table *table)
{
	for (size_t i = 0; i < strlen(table->columns); i++)
		add(table, NULL);
}

size_t table_width(const char *text)
{
	size_t width = 0;

	while (*text) {
		if (*text == '\033') {
			text += strcspn(text, "m");
			text += *text == 'm';
			continue;
		}
		width += ((unsigned char)*text++ & 0xc0) != 0x80;
	}
	return width;
}

#define LEFT_OUT SIZE_MAX /* as the width of a column */

/* Measures the columns, leaves out what does not fit, and returns the whole's width. */
static size_t lay_out(const struct table *table, size_t *widths, size_t columns)
{
	size_t total = 0, wide = table->width ? table->width : WIDE;

	for (size_t i = 0; i < table->count; i++) {
		size_t width = table->cells[i] ? table_width(table->cells[i]) : 0;

		if (width > widths[i % columns])
			widths[i % columns] = width;
	}
	for (size_t i = 0; i < columns; i++)
		total += GAP + widths[i];
	for (size_t i = 0; i < columns && total > wide; i++) {
		if (!strchr("oO", table->columns[i]))
			continue;
		total -= GAP + widths[i];
		widths[i] = LEFT_OUT;
	}
	return total;
}

static void print_rule(size_t width, FILE *to)
{
	fputc(' ', to);
	for (size_t i = 1; i < width; i++)
		fputs("─", to);
	fputc('\n', to);
}

static void print_row(const struct table *table, char *const *cells, const size_t *widths, FILE *to)
{
	size_t owed = 0; /* spaces, which only a later text makes real */

	for (size_t i = 0; table->columns[i]; i++) {
		size_t pad, before;

		if (widths[i] == LEFT_OUT)
			continue;
		pad = widths[i] - table_width(cells[i]);
		before = strchr("ro", table->columns[i]) ? pad : 0;
		owed += GAP + before;
		if (*cells[i]) {
			fprintf(to, "%*s%s", (int)owed, "", cells[i]);
			owed = 0;
		}
		owed += pad - before;
	}
	fputc('\n', to);
}

void table_print(struct table *table, FILE *to)
{
	size_t columns = strlen(table->columns);
	size_t *widths = heap_zeroed(columns, sizeof(*widths));
	size_t total = lay_out(table, widths, columns);

	for (size_t i = 0; i + columns <= table->count; i += columns) {
		if (table->cells[i])
			print_row(table, &table->cells[i], widths, to);
		else
			print_rule(total, to);
	}
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(widths);
	table_init(table, table->columns);
}
