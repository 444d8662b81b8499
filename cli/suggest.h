/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suggest.h - "did you mean": the accepted word that is closest to a wrong one.
 */
#ifndef BATON_CLI_SUGGEST_H
#define BATON_CLI_SUGGEST_H

#include <stddef.h>

/* The i-th accepted word, or NULL past the last. `context` is the caller's. */
typedef const char *(*suggest_word_fn)(const void *context, size_t i);

/*
 * The accepted word fewest typing errors away from `wrong` (a character missing,
 * added, changed, or two swapped), or NULL where none comes within a third of
 * its length. The first wins among equals.
 */
const char *suggest(const char *wrong, suggest_word_fn words, const void *context);

/* For words in an array that NULL ends. */
const char *suggest_array(const void *array, size_t i);

/* Writes "a, b or c" into `text`, cut with "…" where the room ends. Returns `text`. */
const char *suggest_list(char *text, size_t size, suggest_word_fn words, const void *context);

#endif
