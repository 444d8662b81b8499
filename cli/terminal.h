/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal.h - the stream that people read (stderr): colours and the progress
 * line, both only where a terminal is behind it.
 */
#ifndef BATON_CLI_TERMINAL_H
#define BATON_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum colour {
	COLOUR_GOOD,
	COLOUR_BAD,
	COLOUR_WARN,
	COLOUR_STRONG,
	COLOUR_FAINT,
};

struct terminal {
	FILE *to;	 /* borrowed */
	bool live;	 /* somebody watches: a progress line makes sense */
	bool coloured;	 /* live, and neither NO_COLOR nor a dumb terminal */
	bool line_shown; /* a progress line is there to be erased */
};

void terminal_init(struct terminal *terminal, FILE *to);

/* The control sequence that begins a colour, and that ends all; "" where there are no colours. */
const char *terminal_colour(const struct terminal *terminal, enum colour colour);
const char *terminal_plain(const struct terminal *terminal);

/* Its size; 80 by 24 where there is none to be asked for. */
void terminal_size(const struct terminal *terminal, size_t *columns, size_t *lines);

/*
 * Shows a text, which ends with a newline, in place of the last one shown so: from the top of the
 * screen, and what does not fit is cut off.
 */
void terminal_screen(struct terminal *terminal, const char *text);

/*
 * Prints a text in lines that begin at column `indent` and end before column 79,
 * broken at spaces. The cursor is at column `at` already.
 */
void terminal_wrap(const struct terminal *terminal, size_t indent, size_t at, const char *text);

/* Shows one progress line in place of the last. Does nothing unless live. */
__attribute__((format(printf, 2, 3)))
void terminal_progress(struct terminal *terminal, const char *format, ...);

/* Erases the progress line, if there is one. */
void terminal_clear(struct terminal *terminal);

#endif
