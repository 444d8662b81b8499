/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_hist.c - lines such as
 *
 *	{ common_pid:  4711, isa:  2, exit_reason:  123 } hitcount:  5
 *
 * between comments and totals.
 */
#include "exits_hist.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"

struct cursor {
	const char *at, *stop;
};

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->stop && *c->at == ' ')
		c->at++;
}

/* Takes a word, with blanks before it. */
static bool take(struct cursor *c, const char *word)
{
	size_t size = strlen(word);

	skip_blanks(c);
	if ((size_t)(c->stop - c->at) < size || memcmp(c->at, word, size))
		return false;
	c->at += size;
	return true;
}

static bool take_number(struct cursor *c, uint64_t most, uint64_t *value)
{
	uint64_t sum = 0;

	skip_blanks(c);
	if (c->at == c->stop || *c->at < '0' || *c->at > '9')
		return false;
	for (; c->at < c->stop && *c->at >= '0' && *c->at <= '9'; c->at++)
		if (__builtin_mul_overflow(sum, UINT64_C(10), &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(*c->at - '0'), &sum) || sum > most)
			return false;
	*value = sum;
	return true;
}

static bool take_entry(struct cursor *c, struct exits_hist_entry *entry)
{
	uint64_t thread, isa, reason;

	if (!take(c, "{") || !take(c, "common_pid:") || !take_number(c, INT32_MAX, &thread) ||
	    !take(c, ",") || !take(c, "isa:") || !take_number(c, UINT32_MAX, &isa) ||
	    !take(c, ",") || !take(c, "exit_reason:") || !take_number(c, UINT32_MAX, &reason) ||
	    !take(c, "}") || !take(c, "hitcount:") || !take_number(c, UINT64_MAX, &entry->hits))
		return false;
	skip_blanks(c);
	entry->thread = (uint32_t)thread;
	entry->isa = (uint32_t)isa;
	entry->reason = (uint32_t)reason;
	return c->at == c->stop;
}

static int fail(struct exits_hist *hist, struct exits_error *error, const char *text)
{
	free(hist->entries);
	*hist = (struct exits_hist){ 0 };
	snprintf(error->text, sizeof(error->text), "%s", text);
	return -EINVAL;
}

int exits_hist_read(const char *text, size_t size, struct exits_hist *hist,
		    struct exits_error *error)
{
	const char *at = text, *end = text + size;
	bool ended = false;

	*hist = (struct exits_hist){ 0 };
	*error = (struct exits_error){ 0 };
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct exits_hist_entry entry;
		struct cursor c = { at, stop ? stop : end };

		error->line++;
		if (at < c.stop && *at == '{') {
			if (!take_entry(&c, &entry))
				return fail(hist, error, "this is no entry of the histogram; expected "
					    "{ " EXITS_HIST_KEYS " } hitcount");
			hist->entries = heap_grow(hist->entries, hist->count, sizeof(entry));
			hist->entries[hist->count++] = entry;
		} else if (take(&c, "Dropped:")) {
			ended = stop && take_number(&c, UINT64_MAX, &hist->dropped);
		}
		at = stop ? stop + 1 : end;
	}
	if (ended)
		return 0;
	error->line = 0;
	return fail(hist, error, "the histogram was cut off; expected its totals");
}
