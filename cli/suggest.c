/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suggest.c - edit distance over short words.
 */
#include "suggest.h"

#include <stdio.h>
#include <string.h>

#define LONGEST 63 /* longer words get no suggestion */

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* Damerau's distance with restricted swaps: three rows of the table suffice. */
static unsigned distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
	unsigned rows[3][LONGEST + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= b_size; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= a_size; i++) {
		unsigned *spare = before;

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b_size; j++) {
			now[j] = least(last[j] + 1, now[j - 1] + 1,
				       last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[b_size];
}

const char *suggest(const char *wrong, suggest_word_fn words, const void *context)
{
	const char *best = NULL, *word;
	size_t size = strlen(wrong);
	unsigned best_distance = 0;

	if (!size || size > LONGEST)
		return NULL;
	for (size_t i = 0; (word = words(context, i)); i++) {
		size_t word_size = strlen(word);
		unsigned d;

		if (word_size > LONGEST)
			continue;
		d = distance(wrong, size, word, word_size);
		if (d <= (word_size + 2) / 3 && d < word_size && (!best || d < best_distance)) {
			best = word;
			best_distance = d;
		}
	}
	return best;
}

const char *suggest_array(const void *array, size_t i)
{
	return ((const char *const *)array)[i];
}

const char *suggest_list(char *text, size_t size, suggest_word_fn words, const void *context)
{
	const char *word = words(context, 0), *next;
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 1; word; i++, word = next) {
		const char *join = i == 1 ? "" : ", ";

		next = words(context, i);
		if (!next && i > 1)
			join = " or ";
		if (used + strlen(join) + strlen(word) + sizeof("…") > size) {
			snprintf(text + used, size - used, "…");
			break;
		}
		used += (size_t)snprintf(text + used, size - used, "%s%s", join, word);
	}
	return text;
}
