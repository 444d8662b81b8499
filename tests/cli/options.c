/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c - what options_parse() takes from a command line, and what it says of one that is
 * none. Its options are made up, so that there is one of each kind.
 */
#include "test.h"

#include "options.h"
#include "units.h"

#define MOST 16

enum { NEEDS, MAY, NONE, OUTPUT, NONESUCH, HELP, ROWS };

static const struct options_row rows[ROWS] = {
	{ "needs", "TIME", "takes one" },
	{ "may", "[TIME]", "takes one, or none" },
	{ "none", NULL, "takes none" },
	{ "output", "FILE", "has a letter" },
	{ "nonesuch", "N", "begins as another does" },
	{ "help", NULL, "this text" },
};

/* What came of a command line. */
struct taken {
	int first; /* of options_parse() */
	size_t count, row[MOST];
	const char *text[MOST];
	size_t refuses; /* the row that take() does not like */
	char *argv[MOST];
	int argc;
	char said[256];
};

static int take(void *context, size_t row, const char *text)
{
	struct taken *t = context;

	assert_in_range(t->count, 0, MOST - 1);
	t->row[t->count] = row;
	t->text[t->count++] = text;
	return row == t->refuses ? -EINVAL : 0;
}

static const struct options usual = {
	.command = "probe", .rows = rows, .count = ROWS, .take = take,
};

/* Words apart by blanks; the first is the command. stderr is glibc's to replace. */
static void parse_with(struct taken *t, const struct options *options, char *line)
{
	size_t refuses = t->refuses, size = 0;
	FILE *was = stderr;
	char *said = NULL;

	*t = (struct taken){ .refuses = refuses };
	for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
		t->argv[t->argc++] = word;
	stderr = open_memstream(&said, &size);
	assert_non_null(stderr);
	t->first = options_parse(options, t->argc, t->argv, t);
	fclose(stderr);
	stderr = was;
	snprintf(t->said, sizeof(t->said), "%s", said);
	free(said);
}

#define PARSE(t, options, line) parse_with(t, options, (char[]){ line })

static void check_row(const struct taken *t, size_t i, size_t row, const char *text)
{
	assert_true(i < t->count);
	assert_int_equal(t->row[i], row);
	if (text)
		assert_string_equal(t->text[i], text);
	else
		assert_null(t->text[i]);
}

static void check_silent(const struct taken *t, int first, size_t count)
{
	assert_string_equal(t->said, "");
	assert_int_equal(t->first, first);
	assert_int_equal(t->count, count);
}

/* One line, and nothing else happened since `count` were taken. */
static void check_said(const struct taken *t, size_t count, const char *said)
{
	assert_int_equal(t->first, -EINVAL);
	assert_int_equal(t->count, count);
	assert_string_equal(t->said, said);
}

/* ------------------------------------------------------------------- taking */

static void an_argument_stands_behind_its_option_or_is_part_of_it(void **state)
{
	struct taken t = { .refuses = ROWS };

	(void)state;
	PARSE(&t, &usual, "x --needs 1s --needs=2s --needs --none --needs=");
	check_silent(&t, 7, 4);
	check_row(&t, 0, NEEDS, "1s");
	check_row(&t, 1, NEEDS, "2s");
	check_row(&t, 2, NEEDS, "--none"); /* who needs one takes anything */
	check_row(&t, 3, NEEDS, "");
	PARSE(&t, &usual, "x --none 1s");
	check_silent(&t, 2, 1);
	check_row(&t, 0, NONE, NULL);
	assert_string_equal(t.argv[2], "1s");
}

static void one_in_brackets_may_be_left_out(void **state)
{
	struct taken t = { .refuses = ROWS };

	(void)state;
	PARSE(&t, &usual, "x --may 1s --may=2s --may --none --may=-3 --may -h --may");
	check_silent(&t, 10, 8);
	check_row(&t, 0, MAY, "1s");
	check_row(&t, 1, MAY, "2s");
	check_row(&t, 2, MAY, NULL);
	check_row(&t, 3, NONE, NULL);
	check_row(&t, 4, MAY, "-3");
	check_row(&t, 5, MAY, NULL);
	check_row(&t, 6, HELP, NULL);
	check_row(&t, 7, MAY, NULL);
	PARSE(&t, &usual, "x --may -- 1s");
	check_silent(&t, 3, 1);
	check_row(&t, 0, MAY, NULL);
}

static void operands_come_last_whatever_their_place(void **state)
{
	static const char *const operands[] = { "a", "b", "c" };
	struct taken t = { .refuses = ROWS };

	(void)state;
	PARSE(&t, &usual, "x a --none b --may 1s c --needs 2s");
	check_silent(&t, 6, 3);
	check_row(&t, 1, MAY, "1s");
	check_row(&t, 2, NEEDS, "2s");
	for (size_t i = 0; i < COUNT(operands); i++)
		assert_string_equal(t.argv[(size_t)t.first + i], operands[i]);
	PARSE(&t, &usual, "x --none -- --none a");
	check_silent(&t, 3, 1);
	assert_string_equal(t.argv[3], "--none");
	PARSE(&t, &usual, "x");
	check_silent(&t, 1, 0);
}

static void in_order_the_first_operand_ends_them(void **state)
{
	struct options strict = usual;
	struct taken t = { .refuses = ROWS };

	(void)state;
	strict.in_order = true;
	PARSE(&t, &strict, "x --may 1s --none a --none --what");
	check_silent(&t, 4, 2);
	assert_string_equal(t.argv[4], "a");
	assert_string_equal(t.argv[5], "--none");
	PARSE(&t, &strict, "x -o f -h a");
	check_silent(&t, 4, 2);
	PARSE(&t, &strict, "x --needs");
	check_said(&t, 0, "baton probe: --needs has no argument; expected TIME\n");
}

static void two_have_a_letter(void **state)
{
	struct options without = usual;
	struct taken t = { .refuses = ROWS };

	(void)state;
	PARSE(&t, &usual, "x -h -o a -ob -ho c");
	check_silent(&t, 7, 5);
	check_row(&t, 0, HELP, NULL);
	check_row(&t, 1, OUTPUT, "a");
	check_row(&t, 2, OUTPUT, "b");
	check_row(&t, 3, HELP, NULL);
	check_row(&t, 4, OUTPUT, "c");
	without.count = OUTPUT; /* those before it */
	PARSE(&t, &without, "x -o a");
	check_said(&t, 0, "baton probe: option -o is unknown; see baton probe --help\n");
}

static void a_beginning_will_do_if_no_other_has_it(void **state)
{
	struct taken t = { .refuses = ROWS };

	(void)state;
	PARSE(&t, &usual, "x --ne 1s --m 2s --o=f --none --nones 3");
	check_silent(&t, 9, 5);
	check_row(&t, 0, NEEDS, "1s");
	check_row(&t, 1, MAY, "2s");
	check_row(&t, 2, OUTPUT, "f");
	check_row(&t, 3, NONE, NULL); /* all of a name, though one goes on */
	check_row(&t, 4, NONESUCH, "3");
	PARSE(&t, &usual, "x --non");
	check_said(&t, 0, "baton probe: option --non begins several, such as --none and "
			  "--nonesuch; see baton probe --help\n");
	PARSE(&t, &usual, "x --n=1");
	check_said(&t, 0, "baton probe: option --n begins several, such as --needs and --none; see "
			  "baton probe --help\n");
}

/* --------------------------------------------------------------- complaining */

static void what_is_wrong_is_said_and_ends_it(void **state)
{
	static const struct {
		const char *line;
		size_t before; /* options that were taken */
		const char *said;
	} wrong[] = {
		{ "x --none --needs", 1, "--needs has no argument; expected TIME" },
		{ "x --ne", 0, "--ne has no argument; expected TIME" },
		{ "x a -o", 0, "-o has no argument; expected FILE" },
		{ "x a --none=1 --none", 0, "--none=1 has an argument; expected none" },
		{ "x --help=", 0, "--help= has an argument; expected none" },
		{ "x -q", 0, "option -q is unknown; see baton probe --help" },
		{ "x a -hq b", 1, "option -q is unknown; see baton probe --help" },
		{ "x --nneeds 1s", 0, "option --nneeds is unknown (did you mean \"--needs\"?); see "
				      "baton probe --help" },
		{ "x a --nneeds=1s", 0, "option --nneeds is unknown (did you mean \"--needs\"?); "
					"see baton probe --help" },
		{ "x --=1", 0, "option -- is unknown; see baton probe --help" },
		{ "x --frobnicate", 0, "option --frobnicate is unknown; see baton probe --help" },
	};
	struct taken t = { .refuses = ROWS };

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		char line[64], said[160];

		snprintf(line, sizeof(line), "%s", wrong[i].line);
		snprintf(said, sizeof(said), "baton probe: %s\n", wrong[i].said);
		parse_with(&t, &usual, line);
		check_said(&t, wrong[i].before, said);
	}
}

static void who_has_no_name_goes_by_what_it_was_called(void **state)
{
	struct options nameless = usual;
	struct taken t = { .refuses = ROWS };

	(void)state;
	nameless.command = NULL;
	PARSE(&t, &nameless, "lab -q");
	check_said(&t, 0, "baton lab: option -q is unknown; see baton lab --help\n");
}

static void what_the_command_does_not_like_ends_it(void **state)
{
	struct taken t = { .refuses = NONE };

	(void)state;
	PARSE(&t, &usual, "x --may --none --needs 1s");
	check_said(&t, 2, "");
}

/* ---------------------------------------------------------------- quantities */

static void a_quantity_is_within_its_bounds(void **state)
{
	uint64_t value = 7;

	(void)state;
	assert_string_equal(options_quantity("1", units_read_number, 2, 4, &value), "is too small");
	assert_string_equal(options_quantity("5", units_read_number, 2, 4, &value), "is too large");
	assert_string_equal(options_quantity("x", units_read_number, 2, 4, &value),
			    "is not a number");
	assert_int_equal(value, 7);
	assert_null(options_quantity("2", units_read_number, 2, 4, &value));
	assert_int_equal(value, 2);
	assert_null(options_quantity("4", units_read_number, 2, 4, &value));
	assert_int_equal(value, 4);
}

static void summaries_stand_below_each_other(void **state)
{
	static const struct options_row wide[] = {
		{ "thirteen-long", NULL, "just fits not" },
		{ "thirteen", "abc", "one less" },
		{ "fourteen", "1234567", "a line of its own" },
	};
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	assert_non_null(to);
	options_help(wide, COUNT(wide), to);
	fclose(to);
	assert_string_equal(text, "  --thirteen-long   just fits not\n"
				  "  --thirteen abc    one less\n"
				  "  --fourteen 1234567\n"
				  "                    a line of its own\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_argument_stands_behind_its_option_or_is_part_of_it),
		cmocka_unit_test(one_in_brackets_may_be_left_out),
		cmocka_unit_test(operands_come_last_whatever_their_place),
		cmocka_unit_test(in_order_the_first_operand_ends_them),
		cmocka_unit_test(two_have_a_letter),
		cmocka_unit_test(a_beginning_will_do_if_no_other_has_it),
		cmocka_unit_test(what_is_wrong_is_said_and_ends_it),
		cmocka_unit_test(who_has_no_name_goes_by_what_it_was_called),
		cmocka_unit_test(what_the_command_does_not_like_ends_it),
		cmocka_unit_test(a_quantity_is_within_its_bounds),
		cmocka_unit_test(summaries_stand_below_each_other),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
