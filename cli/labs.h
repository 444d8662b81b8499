/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labs.h - the labs that come with Baton: scenario files in folders.
 *
 * The file FOLDER/FILE.yaml is the lab FOLDER-FILE. Its first comment line
 * behind the licence says what it shows; a comment "# alias: NAME ..." gives it
 * more names. So a new file is a new lab, and nothing else has to know.
 */
#ifndef BATON_CLI_LABS_H
#define BATON_CLI_LABS_H

#include <stddef.h>

struct lab {
	char *name;
	char *aliases; /* separated by spaces; "" for none */
	char *summary;
	char *path;
};

struct labs {
	char *folder;
	struct lab *labs; /* in order of names */
	size_t count;
};

/* Reads Baton's lab folder. Without one, there are no labs. */
void labs_init(struct labs *labs);
void labs_fini(struct labs *labs);

/* The lab of that name or alias, or NULL. */
const struct lab *labs_find(const struct labs *labs, const char *name);

/* Names of all labs, for suggest(). */
const char *labs_word(const void *labs, size_t i);

#endif
