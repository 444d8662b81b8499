/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places.h - where Baton keeps its guests and its labs.
 *
 * Looked at in this order: the folder that the environment names
 * (BATON_GUESTS, BATON_LABS); beside this very program, which is where a build
 * puts them; and the folder of an installed Baton.
 */
#ifndef BATON_CLI_PLACES_H
#define BATON_CLI_PLACES_H

#include <stdbool.h>
#include <stddef.h>

enum place_kind {
	PLACE_GUESTS,
	PLACE_LABS,
};

/* The folder in use: the first of the three that exists, or the last. The caller frees it. */
char *place_folder(enum place_kind kind);

/* "FOLDER/NAME". The caller frees it. */
char *place_join(const char *folder, const char *name);

/* The folder that `path` stands in, "." where it names none. The caller frees it. */
char *place_of(const char *path);

/* Is there a file, not a folder, at `path`? */
bool place_has(const char *path);

#endif
