/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbols.h - names and lines of an image's addresses, by its own ELF file.
 *
 * Nothing but that file is read: no separate debug files, no servers. A file that
 * is no ELF file, or has neither symbols nor lines, knows nothing.
 */
#ifndef BATON_CLI_SYMBOLS_H
#define BATON_CLI_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols;

/* NULL if there is nothing to know, or no `path`. */
struct symbols *symbols_open(const char *path);

/* NULL is allowed. */
void symbols_close(struct symbols *symbols);

/* Where an address lies; texts are cut to fit, and printable. */
struct symbols_place {
	char name[64];	 /* of the symbol, or "" */
	uint64_t offset; /* from it */
	char file[256];	 /* of the source, as the compiler was given it; or "" */
	int line;	 /* in it */
	char folder[256]; /* where the compiler was, if the image says so */
	/* Of a function of another file that was inlined: the call in the program's own. */
	char caller_file[256]; /* or "" */
	int caller_line;
};

/* False, and both texts empty, if nothing is known. `symbols` may be NULL. */
bool symbols_find(struct symbols *symbols, uint64_t address, struct symbols_place *place);

/*
 * Which of the `size` bytes below `address` are known to begin an instruction: sets
 * `starts[i]` for the one at address - size + i, if a line or the symbol of `address`
 * begins there; none of another function's. `symbols` may be NULL.
 */
void symbols_mark_starts(struct symbols *symbols, uint64_t address, size_t size, bool *starts);

#endif
