/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note.c - the note in a snapshot's file: what is written is read, and what lies is none.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "note.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define FIRST "baton-note 1\n"

/* A copy of just that size, so that a sanitizer sees a read behind the end. */
static bool read_note(struct note *note, const char *bytes, size_t size)
{
	char *copy = malloc(size ? size : 1);
	bool good;

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	good = note_read(note, copy, size);
	free(copy);
	return good;
}

static void what_is_written_is_read(void **state)
{
	struct note_writer w;
	struct note note;

	note_begin(&w);
	note_argument(&w, "--slice");
	note_argument(&w, "");
	note_argument(&w, "two\nlines 7\n");
	note_scenario(&w, "vms:\n\0", 6);
	note_output(&w, 0, NULL, 0);
	note_output(&w, 1000, "ke\0pt", 5);
	assert_true(read_note(&note, w.text, w.size));
	free(w.text);

	assert_int_equal(note.argument_count, 3);
	assert_string_equal(note.arguments[0], "--slice");
	assert_string_equal(note.arguments[1], "");
	assert_string_equal(note.arguments[2], "two\nlines 7\n");
	assert_null(note.arguments[3]);
	assert_int_equal(note.scenario.size, 6);
	assert_memory_equal(note.scenario.bytes, "vms:\n\0", 7);
	assert_int_equal(note.output_count, 2);
	assert_int_equal(note.outputs[0].written, 0);
	assert_int_equal(note.outputs[0].kept.size, 0);
	assert_int_equal(note.outputs[1].written, 1000);
	assert_int_equal(note.outputs[1].kept.size, 5);
	assert_memory_equal(note.outputs[1].kept.bytes, "ke\0pt", 6);
	note_fini(&note);
}

static void lies_are_found_out(void **state)
{
#define TEXT(text) { text, sizeof(text) - 1 }
	static const struct note_bytes lies[] = {
		TEXT(""), TEXT("baton-note 1"), TEXT("baton-note 2\nargument 1\na\n"),
		TEXT(FIRST), /* no argument */
		TEXT(FIRST "output 1 1\na\n"), TEXT(FIRST "scenario 1\na\n"),
		TEXT(FIRST "argument 1\na"), /* cut */
		TEXT(FIRST "argument 1\n"), TEXT(FIRST "argument 1"), TEXT(FIRST "argument "),
		TEXT(FIRST "argument"), TEXT(FIRST "argument 0\n"),
		TEXT(FIRST "argument 2\na\n"), /* lengths that are not those of the bytes */
		TEXT(FIRST "argument 0\na\n"), TEXT(FIRST "argument 3\na\n"),
		TEXT(FIRST "argument 1\nab"), TEXT(FIRST "argument 1\nabargument 1\nc\n"),
		TEXT(FIRST "argument 9999999999999999999\na\n"),
		TEXT(FIRST "argument 18446744073709551615\na\n"),
		TEXT(FIRST "argument 18446744073709551617\na\n"),
		TEXT(FIRST "argument 00000000000000000001\na\n"),
		TEXT(FIRST "argument -1\na\n"), /* no numbers */
		TEXT(FIRST "argument +1\na\n"), TEXT(FIRST "argument 0x1\na\n"),
		TEXT(FIRST "argument  1\na\n"), TEXT(FIRST "argument 1 \na\n"),
		TEXT(FIRST "argument \na\n"), TEXT(FIRST "argument 1\0\na\n"),
		TEXT(FIRST "argument 3\na\0b\n"), /* an argument is text */
		TEXT(FIRST "argument 1\na\nargument 1\na\nx"), /* something else */
		TEXT(FIRST "argument 1\na\n\n"), TEXT(FIRST "argument 1\na\nargumen"),
		TEXT(FIRST "argument 1\na\n\0"), TEXT(FIRST "argument 1\na\nARGUMENT 1\na\n"),
		TEXT(FIRST "argument 1\na\nscenario 1\na\nscenario 1\na\n"), /* two of it */
		TEXT(FIRST "argument 1\na\nscenario 0\n\nscenario 0\n\n"),
		TEXT(FIRST "argument 1\na\noutput 1\na\n"), /* more kept than written */
		TEXT(FIRST "argument 1\na\noutput 0 1\na\n"),
		TEXT(FIRST "argument 1\na\noutput 1 \n\n"),
		TEXT(FIRST "argument 1\na\noutput  1\na\n"),
		TEXT(FIRST "argument 1\na\noutput 1 2\na\n"),
		TEXT(FIRST "argument 1\na\noutput 1 1\na"),
	};
	struct note note;

	for (size_t i = 0; i < COUNT(lies); i++) {
		if (read_note(&note, lies[i].bytes, lies[i].size))
			fail_msg("lie %zu: %s", i, lies[i].bytes);
		note_fini(&note);
	}
}

/* Wherever it is cut but between its pieces, it is none; there it has fewer. */
static void a_cut_note_is_none(void **state)
{
	static const char whole[] = FIRST "argument 2\nab\nscenario 1\ns\noutput 7 1\no\n";
	static const size_t between[] = { 27, 40, sizeof(whole) - 1 };
	struct note note;

	for (size_t size = 0; size < sizeof(whole); size++) {
		bool expected = false;

		for (size_t i = 0; i < COUNT(between); i++)
			expected |= size == between[i];
		if (read_note(&note, whole, size) != expected)
			fail_msg("cut at %zu: expected %d", size, expected);
		note_fini(&note);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(lies_are_found_out),
		cmocka_unit_test(a_cut_note_is_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
