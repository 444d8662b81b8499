/* SPDX-License-Identifier: 0BSD */
/*
 * file.c - reads a poem, from its beginning and again from its last line, and tries
 * what a guest must not be able to do. Prints what came of it. Status: how many of
 * its attempts ended otherwise than they should.
 */
#include "files.h"

#define PIECE 16

static char piece[PIECE];
static int wrong;

/* Prints from the present position to the end; returns how many lines there were. */
static unsigned show(int file)
{
	unsigned lines = 0;
	int32_t got;

	while ((got = file_read(file, piece, PIECE)) > 0)
		for (int32_t i = 0; i < got; i++) {
			print_char(piece[i]);
			lines += piece[i] == '\n';
		}
	wrong += got != 0;
	return lines;
}

static void attempt(const char *what, int result)
{
	print(what);
	if (result < 0) {
		print(": refused with error ");
		print_unsigned((unsigned long)-result);
		print("\n");
	} else {
		print(": it could!\n");
		wrong++;
	}
}

int main(void)
{
	int file = file_open("poem.txt", BATON_OPEN_READ);

	if (file < 0) {
		attempt("reading the poem", file);
		return 1;
	}
	print_unsigned(show(file));
	print(" lines; the last one again:\n");
	wrong += file_seek(file, -33, BATON_SEEK_END) < 0;
	show(file);
	wrong += file_close(file) != 0;

	attempt("reading what is closed", (int)file_read(file, piece, PIECE));
	attempt("writing", file_open("poem.txt", BATON_OPEN_WRITE));
	attempt("leaving by ..", file_open("../protected.yaml", BATON_OPEN_READ));
	attempt("leaving by /", file_open("/etc/passwd", BATON_OPEN_READ));
	attempt("reading a folder", file_open(".", BATON_OPEN_READ));
	return wrong;
}
