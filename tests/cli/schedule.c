/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedule.c - schedule files: what is a turn, each fault with its place, and
 * files that are no files, or change while they are read.
 */
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schedule.h"

static char path[4096];

static void put(const char *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static baton_entity_t next(struct schedule *s)
{
	return s->script.next(s->script.context);
}

static void open_bytes(struct schedule *s, const char *bytes, size_t size, size_t vms)
{
	struct yaml_error error;

	put(bytes, size);
	if (schedule_open(s, path, vms, &error))
		fail_msg("%u:%u: %s", error.at.line, error.at.column, error.text);
}

/* For four VMs: the turns are those digits, and then it is over. */
static void reads(const char *text, const char *digits)
{
	struct schedule s;

	open_bytes(&s, text, strlen(text), 4);
	assert_int_equal(s.turns, strlen(digits));
	for (const char *d = digits; *d; d++)
		assert_int_equal(next(&s), *d - '1');
	for (int i = 0; i < 3; i++)
		assert_int_equal(next(&s), BATON_NOBODY);
	assert_false(s.changed);
	schedule_close(&s);
}

static void refuses_bytes(const char *bytes, size_t size, size_t vms, const char *expected)
{
	struct yaml_error error;
	struct schedule s;
	char said[700];

	put(bytes, size);
	assert_int_equal(schedule_open(&s, path, vms, &error), -EINVAL);
	snprintf(said, sizeof(said), "%u:%u: %s", error.at.line, error.at.column, error.text);
	assert_string_equal(said, expected);
}

static void refuses(const char *text, size_t vms, const char *expected)
{
	refuses_bytes(text, strlen(text), vms, expected);
}

static void each_digit_is_a_turn(void **state)
{
	reads("1", "1");
	reads("1221", "1221");
	reads("1 22,,1\t4 , 3", "122143");
}

static void line_ends_are_no_turns(void **state)
{
	reads("1\n", "1");
	reads("1\n2\n", "12");
	reads("1\r\n2\r\n", "12");
	reads("\n\n1\n\n\n2\n\n", "12");
	reads("12\n34", "1234");
	reads("12\r\n34\r", "1234");
}

static void comments_go_on_to_the_end_of_their_line(void **state)
{
	reads("#1\n2", "2");
	reads("# all of 9 # 0 x\n12#3\n#\n4# the end", "124");
	reads("1# \r\n2", "12");
	reads("1#\xff\x01\n2", "12");
}

static void with_ten_vms_turns_are_numbers(void **state)
{
	static const char text[] = "1 10,10\n9\n\n7# 5\n  10";
	static const baton_entity_t turns[] = { 0, 9, 9, 8, 6, 9, BATON_NOBODY, BATON_NOBODY };
	struct schedule s;

	open_bytes(&s, text, strlen(text), 10);
	assert_int_equal(s.turns, 6);
	for (size_t i = 0; i < COUNT(turns); i++)
		assert_int_equal(next(&s), turns[i]);
	assert_false(s.changed);
	schedule_close(&s);
}

static void with_nine_vms_turns_are_digits(void **state)
{
	struct schedule s;

	open_bytes(&s, "19", 2, 9);
	assert_int_equal(next(&s), 0);
	assert_int_equal(next(&s), 8);
	assert_int_equal(next(&s), BATON_NOBODY);
	schedule_close(&s);
}

static void what_is_no_turn_is_refused_at_its_place(void **state)
{
	refuses("12x", 2, "1:3: \"x\" is no turn; expected a digit from 1 to 2, a blank, a comma, or # "
			  "and a comment");
	refuses("1\n2\n 1;2", 2, "3:3: \";\" is no turn; expected a digit from 1 to 2, a blank, a "
				 "comma, or # and a comment");
	refuses("-1", 1, "1:1: \"-\" is no turn; expected 1, a blank, a comma, or # and a comment");
	refuses("\xef\xbb\xbf"
		"12", 2, "1:1: byte 0xef is no turn; expected a digit from 1 to 2, a blank, a comma, or "
			 "# and a comment");
	refuses_bytes("1\0002", 3, 2, "1:2: byte 0x00 is no turn; expected a digit from 1 to 2, a blank, "
				      "a comma, or # and a comment");
	refuses("1\v2", 2, "1:2: byte 0x0b is no turn; expected a digit from 1 to 2, a blank, a comma, "
			   "or # and a comment");
	refuses("10 # x\r\n 11 x", 11, "2:5: \"x\" is no turn; expected a number from 1 to 11, a blank, "
				       "a comma, or # and a comment");
}

static void vms_that_are_not_there_are_refused(void **state)
{
	refuses("120", 2, "1:3: \"0\" is no VM; expected a digit from 1 to 2");
	refuses("12\n13\n", 2, "2:2: \"3\" is no VM; expected a digit from 1 to 2");
	refuses("12", 1, "1:2: \"2\" is no VM; expected 1");
	refuses("10 11", 10, "1:4: \"11\" is no VM; expected a number from 1 to 10, with blanks "
			     "between numbers");
	refuses("1 0", 10, "1:3: \"0\" is no VM; expected a number from 1 to 10, with blanks between "
			   "numbers");
	refuses("01", 10, "1:1: \"01\" is no VM; expected a number from 1 to 10, with blanks between "
			  "numbers");
	/* 2^64 + 1 and 2^32 + 1 are not 1. */
	refuses("18446744073709551617", 10, "1:1: \"18446744073709551617\" is no VM; expected a number "
					    "from 1 to 10, with blanks between numbers");
	refuses("100000000000000000001", 10, "1:1: \"10000000000000000000…\" is no VM; expected a number "
					     "from 1 to 10, with blanks between numbers");
	refuses("1\n4294967297 1", 10, "2:1: \"4294967297\" is no VM; expected a number from 1 to 10, "
				       "with blanks between numbers");
}

static void a_schedule_without_turns_is_refused(void **state)
{
	refuses("", 2, "1:1: no turn; expected at least one");
	refuses("\n\n", 2, "1:1: no turn; expected at least one");
	refuses(" # 1 2 1\n#", 2, "1:1: no turn; expected at least one");
}

static void refuses_file(const char *name, const char *expected)
{
	struct yaml_error error;
	struct schedule s;
	char said[5000];

	assert_int_equal(schedule_open(&s, name, 2, &error), -EINVAL);
	assert_int_equal(error.at.line, 0);
	snprintf(said, sizeof(said), "schedule \"%s\" %s", name, expected);
	assert_string_equal(error.text, said);
}

static void what_is_no_file_is_refused(void **state)
{
	int ends[2];
	char name[64];

	unlink(path);
	refuses_file(path, "cannot be read: No such file or directory; expected a file");
	assert_int_equal(mkfifo(path, 0600), 0);
	refuses_file(path, "is a pipe or a device; expected a regular file, which can be read twice");
	unlink(path);
	refuses_file("/", "is a folder; expected a regular file, which can be read twice");
	refuses_file("/dev/null", "is a pipe or a device; expected a regular file, which can be read "
				  "twice");
	assert_int_equal(pipe(ends), 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[0]);
	refuses_file(name, "is a pipe or a device; expected a regular file, which can be read twice");
	close(ends[0]);
	close(ends[1]);
}

/* Of our own memory, which looks like a file, the first page cannot be read. */
static void an_error_of_reading_is_not_taken_for_the_end(void **state)
{
	struct yaml_error error;
	struct schedule s;

	assert_int_equal(schedule_open(&s, "/proc/self/mem", 2, &error), -EINVAL);
	assert_true(error.at.line == 1 && error.at.column == 1);
	assert_string_equal(error.text, "cannot be read on: Input/output error; expected the rest of the "
					"schedule");
}

static void nothing_stays_open(void **state)
{
	int before = open("/dev/null", O_RDONLY), after;
	struct schedule s;

	close(before);
	for (int i = 0; i < 3; i++) {
		refuses("3", 2, "1:1: \"3\" is no VM; expected a digit from 1 to 2");
		refuses_file("/", "is a folder; expected a regular file, which can be read twice");
		open_bytes(&s, "1", 1, 2);
		schedule_close(&s);
	}
	after = open("/dev/null", O_RDONLY);
	close(after);
	assert_int_equal(before, after);
}

/* ------------------------------------------------------------ that changes */

#define LONG 1000000 /* bytes: more than any buffer between the file and us holds */

/* A long schedule of 1s, opened. */
static void open_long(struct schedule *s, char *bytes)
{
	memset(bytes, '1', LONG);
	open_bytes(s, bytes, LONG, 2);
	assert_int_equal(s->turns, LONG);
}

/* Everything that it still gives; it must say that something is wrong. */
static uint64_t rest_of_changed(struct schedule *s)
{
	uint64_t given = 0;

	while (next(s) != BATON_NOBODY)
		given++;
	assert_int_equal(next(s), BATON_NOBODY);
	assert_int_equal(given, s->given);
	assert_true(s->changed);
	schedule_close(s);
	return given;
}

static void a_file_that_shrinks_ends_the_schedule(void **state)
{
	static char bytes[LONG];
	struct schedule s;

	open_long(&s, bytes);
	assert_int_equal(truncate(path, LONG / 2), 0);
	assert_int_equal(rest_of_changed(&s), LONG / 2);
}

static void a_file_that_grows_is_not_read_past_what_was_checked(void **state)
{
	static char bytes[LONG];
	struct schedule s;
	FILE *file;

	open_long(&s, bytes);
	file = fopen(path, "a");
	assert_non_null(file);
	fputs("\n2222", file);
	fclose(file);
	assert_int_equal(rest_of_changed(&s), LONG);
}

static void a_file_that_goes_wrong_ends_the_schedule_there(void **state)
{
	static const char wrong[] = { 'x', '0', '3', '\0' };
	static char bytes[LONG];

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct schedule s;
		int fd;

		open_long(&s, bytes);
		fd = open(path, O_WRONLY);
		assert_int_equal(pwrite(fd, &wrong[i], 1, LONG - 10), 1);
		close(fd);
		assert_int_equal(rest_of_changed(&s), LONG - 10);
	}
}

/* Who replaces the file, as editors do, does not touch what is being read. */
static void a_file_that_is_replaced_is_read_as_it_was(void **state)
{
	static char bytes[LONG];
	struct schedule s;

	open_long(&s, bytes);
	unlink(path);
	put("2", 1);
	for (int i = 0; i < LONG; i++)
		assert_int_equal(next(&s), 0);
	assert_int_equal(next(&s), BATON_NOBODY);
	assert_false(s.changed);
	schedule_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_digit_is_a_turn),
		cmocka_unit_test(line_ends_are_no_turns),
		cmocka_unit_test(comments_go_on_to_the_end_of_their_line),
		cmocka_unit_test(with_ten_vms_turns_are_numbers),
		cmocka_unit_test(with_nine_vms_turns_are_digits),
		cmocka_unit_test(what_is_no_turn_is_refused_at_its_place),
		cmocka_unit_test(vms_that_are_not_there_are_refused),
		cmocka_unit_test(a_schedule_without_turns_is_refused),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(an_error_of_reading_is_not_taken_for_the_end),
		cmocka_unit_test(nothing_stays_open),
		cmocka_unit_test(a_file_that_shrinks_ends_the_schedule),
		cmocka_unit_test(a_file_that_grows_is_not_read_past_what_was_checked),
		cmocka_unit_test(a_file_that_goes_wrong_ends_the_schedule_there),
		cmocka_unit_test(a_file_that_is_replaced_is_read_as_it_was),
	};
	const char *folder = getenv("TMPDIR");
	int failed;

	snprintf(path, sizeof(path), "%s/schedule-%d", folder ? folder : "/tmp", (int)getpid());
	failed = cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
	unlink(path);
	return failed;
}
