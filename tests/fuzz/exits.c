/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits.c - fuzz target: any bytes as the text of the module baton_exits, as a histogram
 * of tracefs, and as two such texts with a difference.
 *
 * With clang, `ninja tests/fuzz/fuzz-exits` builds it for libFuzzer:
 *	build/tests/fuzz/fuzz-exits CORPUS tests/fuzz/corpus/exits
 * Everywhere else replay.c runs it over the corpus, as a test.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"
#include "exits_hist.h"
#include "exits_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A refusal has words, all of them printable. */
static void check_error(const struct exits_error *error)
{
	if (!*error->text || !memchr(error->text, 0, sizeof(error->text)))
		abort();
	for (const char *c = error->text; *c; c++)
		if (*c < ' ' || *c > '~')
			abort();
}

static void check_word(const char word[EXITS_WORD])
{
	if (!memchr(word, 0, EXITS_WORD) || strpbrk(word, " \n\"\033"))
		abort();
}

static void check_sums(const struct exits_sums *sums)
{
	if (sums->count > EXITS_ROWS_MOST)
		abort();
	for (size_t i = 0; i < sums->count; i++) {
		check_word(sums->rows[i].name);
		if (!sums->rows[i].count)
			abort();
	}
}

/* Nothing can have happened between a moment and itself, and everything since there was nothing. */
static void check_differences(const struct exits *exits)
{
	struct exits none = { 0 }, difference;
	struct exits_sums total, again;

	exits_since(exits, exits, &difference);
	if (difference.gone.count || difference.missed || difference.reset)
		abort();
	for (size_t i = 0; i < difference.vm_count; i++)
		if (difference.vms[i].sums.count)
			abort();
	exits_fini(&difference);
	exits_since(&none, exits, &difference);
	exits_total(exits, &total);
	exits_total(&difference, &again);
	if (exits_count(&total) != exits_count(&again) || total.count != again.count)
		abort();
	exits_sums_fini(&total);
	exits_sums_fini(&again);
	exits_fini(&difference);
	exits_since(exits, &none, &difference);
	if (difference.vm_count || exits_count(&difference.gone))
		abort();
	exits_fini(&difference);
}

static void try_text(const char *text, size_t size)
{
	struct exits_error error;
	struct exits exits;
	int result = exits_text_read(text, size, &exits, &error);

	if (result) {
		if (result != -EINVAL && result != -EPROTO)
			abort();
		if (exits.vms || exits.gone.rows)
			abort();
		check_error(&error);
		return;
	}
	/* The last line is there, whole. */
	if (size < 4 || text[size - 1] != '\n')
		abort();
	check_word(exits.profile);
	for (size_t i = 0; i < exits.vm_count; i++)
		check_sums(&exits.vms[i].sums);
	check_sums(&exits.gone);
	check_differences(&exits);
	exits_sort(&exits);
	exits_fini(&exits);
}

static void try_hist(const char *text, size_t size)
{
	struct exits_error error;
	struct exits_hist hist;

	if (exits_hist_read(text, size, &hist, &error)) {
		if (hist.entries || hist.count)
			abort();
		check_error(&error);
		return;
	}
	free(hist.entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	try_text((const char *)bytes, size);
	try_hist((const char *)bytes, size);
	return 0;
}
