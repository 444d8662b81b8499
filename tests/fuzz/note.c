/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note.c - fuzz target: any bytes as the note in a snapshot's file.
 *
 * With clang, `ninja tests/fuzz/fuzz-note` builds it for libFuzzer:
 *	build/tests/fuzz/fuzz-note CORPUS tests/fuzz/corpus/note
 * Everywhere else replay.c runs it over the corpus, as a test.
 */
#include <stdlib.h>
#include <string.h>

#include "note.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Within the copy, and a text. */
static void check_bytes(const struct note *note, size_t size, const struct note_bytes *bytes)
{
	if (bytes->bytes < note->text || bytes->size >= size ||
	    bytes->bytes + bytes->size > note->text + size || bytes->bytes[bytes->size])
		abort();
}

static void check(const struct note *note, size_t size)
{
	if (note->argument_count < 1 || note->arguments[note->argument_count])
		abort();
	for (int i = 0; i < note->argument_count; i++) {
		const char *argument = note->arguments[i];

		check_bytes(note, size, &(struct note_bytes){ argument, strlen(argument) });
	}
	if (note->scenario.bytes)
		check_bytes(note, size, &note->scenario);
	for (size_t i = 0; i < note->output_count; i++) {
		check_bytes(note, size, &note->outputs[i].kept);
		if (note->outputs[i].kept.size > note->outputs[i].written)
			abort();
	}
}

static bool same(const struct note_bytes *a, const struct note_bytes *b)
{
	return !a->bytes == !b->bytes && a->size == b->size &&
	       (!a->bytes || !memcmp(a->bytes, b->bytes, a->size));
}

/* Written once more, it says the same. */
static void check_again(const struct note *note)
{
	struct note_writer w;
	struct note again;

	note_begin(&w);
	for (int i = 0; i < note->argument_count; i++)
		note_argument(&w, note->arguments[i]);
	if (note->scenario.bytes)
		note_scenario(&w, note->scenario.bytes, note->scenario.size);
	for (size_t i = 0; i < note->output_count; i++)
		note_output(&w, note->outputs[i].written, note->outputs[i].kept.bytes,
			    note->outputs[i].kept.size);
	if (!note_read(&again, w.text, w.size))
		abort();
	check(&again, w.size);
	if (again.argument_count != note->argument_count ||
	    again.output_count != note->output_count || !same(&again.scenario, &note->scenario))
		abort();
	for (int i = 0; i < note->argument_count; i++)
		if (strcmp(again.arguments[i], note->arguments[i]))
			abort();
	for (size_t i = 0; i < note->output_count; i++)
		if (again.outputs[i].written != note->outputs[i].written ||
		    !same(&again.outputs[i].kept, &note->outputs[i].kept))
			abort();
	note_fini(&again);
	free(w.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct note note;

	if (note_read(&note, bytes, size)) {
		check(&note, size);
		check_again(&note);
	}
	note_fini(&note);
	return 0;
}
