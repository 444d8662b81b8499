/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note.c - see note.h. The bytes may be anything.
 */
#include "note.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"

static const char first_line[] = "baton-note 1\n";

/* ----------------------------------------------------------------- writing */

static void put(struct note_writer *w, const void *bytes, size_t size)
{
	if (w->room - w->size < size) {
		size_t room = 2 * (w->size + size);
		char *text = heap_zeroed(room, 1);

		if (w->size)
			memcpy(text, w->text, w->size);
		free(w->text);
		w->text = text;
		w->room = room;
	}
	if (size)
		memcpy(w->text + w->size, bytes, size);
	w->size += size;
}

static void put_piece(struct note_writer *w, const char *line, const void *bytes, size_t size)
{
	put(w, line, strlen(line));
	put(w, bytes, size);
	put(w, "\n", 1);
}

void note_begin(struct note_writer *w)
{
	*w = (struct note_writer){ 0 };
	put(w, first_line, sizeof(first_line) - 1);
}

void note_argument(struct note_writer *w, const char *argument)
{
	char line[64];

	snprintf(line, sizeof(line), "argument %zu\n", strlen(argument));
	put_piece(w, line, argument, strlen(argument));
}

void note_scenario(struct note_writer *w, const void *bytes, size_t size)
{
	char line[64];

	snprintf(line, sizeof(line), "scenario %zu\n", size);
	put_piece(w, line, bytes, size);
}

void note_output(struct note_writer *w, uint64_t written, const void *kept, size_t size)
{
	char line[64];

	snprintf(line, sizeof(line), "output %" PRIu64 " %zu\n", written, size);
	put_piece(w, line, kept, size);
}

/* ----------------------------------------------------------------- reading */

struct reader {
	char *at, *end; /* a NUL stands at the end */
};

/* A number of at most 19 digits, and the byte behind it. */
static bool get_number(struct reader *r, char behind, uint64_t *number)
{
	char *at = r->at;

	*number = 0;
	while (*at >= '0' && *at <= '9' && at - r->at < 19)
		*number = *number * 10 + (uint64_t)(*at++ - '0');
	if (at == r->at || *at != behind)
		return false;
	r->at = at + 1;
	return true;
}

/* So many bytes and a line end, which becomes their NUL. */
static bool get_bytes(struct reader *r, struct note_bytes *to)
{
	uint64_t size;

	if (!get_number(r, '\n', &size) || size >= (uint64_t)(r->end - r->at) || r->at[size] != '\n')
		return false;
	*to = (struct note_bytes){ r->at, size };
	r->at[size] = '\0';
	r->at += size + 1;
	return true;
}

static bool get_word(struct reader *r, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(r->end - r->at) < size || memcmp(r->at, word, size))
		return false;
	r->at += size;
	return true;
}

static bool get_argument(struct reader *r, struct note *note)
{
	struct note_bytes argument;

	if (!get_bytes(r, &argument) || memchr(argument.bytes, '\0', argument.size))
		return false;
	note->arguments = heap_grow(note->arguments, (size_t)note->argument_count,
				    sizeof(*note->arguments));
	note->arguments[note->argument_count++] = (char *)argument.bytes;
	return true;
}

static bool get_output(struct reader *r, struct note *note)
{
	struct note_output *output;

	note->outputs = heap_grow(note->outputs, note->output_count, sizeof(*note->outputs));
	output = &note->outputs[note->output_count++];
	return get_number(r, ' ', &output->written) && get_bytes(r, &output->kept) &&
	       output->kept.size <= output->written;
}

static bool get_all(struct reader *r, struct note *note)
{
	bool good = get_word(r, first_line);

	while (good && r->at < r->end) {
		if (get_word(r, "argument "))
			good = get_argument(r, note);
		else if (get_word(r, "scenario "))
			good = !note->scenario.bytes && get_bytes(r, &note->scenario);
		else
			good = get_word(r, "output ") && get_output(r, note);
	}
	return good;
}

bool note_read(struct note *note, const void *bytes, size_t size)
{
	struct reader r;
	bool good;

	*note = (struct note){ .text = heap_zeroed(size + 1, 1) };
	if (size)
		memcpy(note->text, bytes, size);
	r.at = note->text;
	r.end = note->text + size;
	good = get_all(&r, note);
	note->arguments = heap_grow(note->arguments, (size_t)note->argument_count,
				    sizeof(*note->arguments)); /* the NULL at their end */
	return good && note->argument_count;
}

void note_fini(struct note *note)
{
	free(note->arguments);
	free(note->outputs);
	free(note->text);
}
