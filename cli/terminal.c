/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal.c - colours and the progress line, by ECMA-48 control sequences.
 */
#include "terminal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void terminal_init(struct terminal *terminal, FILE *to)
{
	const char *none = getenv("NO_COLOR"), *type = getenv("TERM");

	*terminal = (struct terminal){ .to = to, .live = isatty(fileno(to)) };
	terminal->coloured = terminal->live && !(none && *none) && type && strcmp(type, "dumb");
}

const char *terminal_colour(const struct terminal *terminal, enum colour colour)
{
	static const char *const sequences[] = {
		[COLOUR_GOOD] = "\033[32m",
		[COLOUR_BAD] = "\033[31m",
		[COLOUR_WARN] = "\033[33m",
		[COLOUR_STRONG] = "\033[1m",
		[COLOUR_FAINT] = "\033[2m",
	};

	return terminal->coloured ? sequences[colour] : "";
}

const char *terminal_plain(const struct terminal *terminal)
{
	return terminal->coloured ? "\033[0m" : "";
}

void terminal_size(const struct terminal *terminal, size_t *columns, size_t *lines)
{
	struct winsize size = { 0 };

	if (ioctl(fileno(terminal->to), TIOCGWINSZ, &size))
		size = (struct winsize){ 0 };
	*columns = size.ws_col ? size.ws_col : 80;
	*lines = size.ws_row ? size.ws_row : 24;
}

void terminal_screen(struct terminal *terminal, const char *text)
{
	size_t columns, lines, more = 0;

	terminal_size(terminal, &columns, &lines);
	fputs("\033[H", terminal->to);
	for (const char *c = text; *c; c++)
		more += *c == '\n';
	for (size_t left = lines - 1; *text && (left > 1 || more == 1); left--, more--) {
		size_t size = strcspn(text, "\n");

		fprintf(terminal->to, "%.*s\033[K\n", (int)size, text);
		text += size + 1;
	}
	if (more)
		fprintf(terminal->to, "  … and %zu more lines\033[K\n", more);
	fputs("\033[J", terminal->to);
	fflush(terminal->to);
}

#define WIDTH 78

/* Bytes of the text that a line of `room` columns takes: up to a space, if there is one. */
static size_t fitting(const char *text, size_t room)
{
	size_t fits = 0, width = 0, i = 0;

	for (; text[i]; i++) {
		if (text[i] == ' ')
			fits = i;
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
		if (width > room)
			return fits ? fits : i;
	}
	return i;
}

void terminal_wrap(const struct terminal *terminal, size_t indent, size_t at, const char *text)
{
	while (*text) {
		size_t fits = fitting(text, WIDTH - indent);

		fprintf(terminal->to, "%*s%.*s\n", at < indent ? (int)(indent - at) : 0, "",
			(int)fits, text);
		text += fits;
		text += *text == ' ';
		at = 0;
	}
}

void terminal_progress(struct terminal *terminal, const char *format, ...)
{
	va_list args;

	if (!terminal->live)
		return;
	fputc('\r', terminal->to);
	va_start(args, format);
	vfprintf(terminal->to, format, args);
	va_end(args);
	fputs("\033[K", terminal->to);
	fflush(terminal->to);
	terminal->line_shown = true;
}

void terminal_clear(struct terminal *terminal)
{
	if (!terminal->line_shown)
		return;
	fputs("\r\033[K", terminal->to);
	fflush(terminal->to);
	terminal->line_shown = false;
}
