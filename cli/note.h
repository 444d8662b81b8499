/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note.h - what the command keeps in a snapshot's file beside the VMs: how they were made,
 * and what they have written.
 *
 * Lines of text, each followed by as many bytes as it says and a line end:
 *
 *	baton-note 1
 *	argument SIZE		of the command line, in its order
 *	scenario SIZE		the file, as it was read; none if images were named
 *	output WRITTEN SIZE	of each VM in turn: how much it wrote, and the beginning of that
 */
#ifndef BATON_CLI_NOTE_H
#define BATON_CLI_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct note_bytes {
	const char *bytes; /* with a NUL behind them */
	size_t size;
};

struct note {
	char **arguments; /* ended by NULL */
	int argument_count;
	struct note_bytes scenario; /* bytes NULL: none */
	struct note_output {
		uint64_t written;
		struct note_bytes kept;
	} *outputs;
	size_t output_count;
	char *text; /* that all of it lies in */
};

/* Puts a note together, a piece at a time. The buffer grows; its owner frees `text`. */
struct note_writer {
	char *text;
	size_t size, room;
};
void note_begin(struct note_writer *writer);
void note_argument(struct note_writer *writer, const char *argument);
void note_scenario(struct note_writer *writer, const void *bytes, size_t size);
void note_output(struct note_writer *writer, uint64_t written, const void *kept, size_t size);

/* Takes a note apart; copies it first. False: it is none. note_fini() in either case. */
bool note_read(struct note *note, const void *bytes, size_t size);
void note_fini(struct note *note);

#endif
