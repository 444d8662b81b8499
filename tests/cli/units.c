/* SPDX-License-Identifier: Apache-2.0 */
/*
 * units.c - numbers, durations, sizes and shares: as read, as refused, as written.
 */
#include "test.h"

#include "bar.h"
#include "suggest.h"
#include "table.h"
#include "units.h"

typedef const char *(*read_fn)(const char *text, uint64_t *value);

static void reads(read_fn read, const char *text, uint64_t expected)
{
	uint64_t value = 0;
	const char *wrong = read(text, &value);

	if (wrong)
		fail_msg("\"%s\" %s", text, wrong);
	assert_int_equal(value, expected);
}

static void refuses(read_fn read, const char *text, const char *expected)
{
	uint64_t value = 4711;
	const char *wrong = read(text, &value);

	if (!wrong)
		fail_msg("\"%s\" was read as %llu", text, (unsigned long long)value);
	assert_string_equal(wrong, expected);
	assert_int_equal(value, 4711);
}

static void numbers_are_decimal_or_hexadecimal(void **state)
{
	reads(units_read_number, "0", 0);
	reads(units_read_number, "70", 70);
	reads(units_read_number, "0xE9", 0xE9);
	reads(units_read_number, "0Xffffffff80000000", 0xffffffff80000000);
	reads(units_read_number, "18446744073709551615", UINT64_MAX);
}

static void other_numbers_are_refused(void **state)
{
	refuses(units_read_number, "", "is not a number");
	refuses(units_read_number, "seventy", "is not a number");
	refuses(units_read_number, "-5", "is negative");
	refuses(units_read_number, "+5", "is not a number");
	refuses(units_read_number, "-", "is not a number");
	refuses(units_read_number, "010", "begins with 0");
	refuses(units_read_number, "0x", "is not a number");
	refuses(units_read_number, "7.5", "is not a whole number");
	refuses(units_read_number, "70 ", "is not a whole number");
	refuses(units_read_number, "12abc", "is not a whole number");
	refuses(units_read_number, "18446744073709551616", "is too large");
	refuses(units_read_number, "0x10000000000000000", "is too large");
}

static void durations_have_units(void **state)
{
	reads(units_read_duration, "7ns", 7);
	reads(units_read_duration, "500us", 500 * US);
	reads(units_read_duration, "500µs", 500 * US);
	reads(units_read_duration, "10ms", 10 * MS);
	reads(units_read_duration, "10 ms", 10 * MS);
	reads(units_read_duration, "1s", S);
	reads(units_read_duration, "2min", 120 * S);
	reads(units_read_duration, "1h", 3600 * S);
	reads(units_read_duration, "1.5s", 1500 * MS);
	reads(units_read_duration, "0.25min", 15 * S);
	reads(units_read_duration, "0s", 0);
	reads(units_read_duration, "9223372036s", 9223372036 * S);
	reads(units_read_duration, "9223372036854775807ns", INT64_MAX);
}

static void other_durations_are_refused(void **state)
{
	refuses(units_read_duration, "", "is not a number");
	refuses(units_read_duration, "ms", "is not a number");
	refuses(units_read_duration, "10", "has no unit");
	refuses(units_read_duration, "10 ", "has an unknown unit");
	refuses(units_read_duration, "10msec", "has an unknown unit");
	refuses(units_read_duration, "10  ms", "has an unknown unit");
	refuses(units_read_duration, "-1s", "is negative");
	refuses(units_read_duration, "1.s", "has no digits behind its point");
	refuses(units_read_duration, "1.5ns", "is finer than can be told apart");
	refuses(units_read_duration, "1.0000000000001s", "is finer than can be told apart");
	refuses(units_read_duration, "9223372037s", "is too large");
	refuses(units_read_duration, "307445734561825861min", "is too large");
	refuses(units_read_duration, "9223372036854775808ns", "is too large");
	refuses(units_read_duration, "99999999999999999999s", "is too large");
}

static void sizes_have_binary_units_or_none(void **state)
{
	reads(units_read_size, "4096", 4096);
	reads(units_read_size, "0x100000", 0x100000);
	reads(units_read_size, "64KiB", 64 << 10);
	reads(units_read_size, "1 MiB", 1 << 20);
	reads(units_read_size, "1.5MiB", 3 << 19);
	reads(units_read_size, "2GiB", UINT64_C(2) << 30);
	reads(units_read_size, "0", 0);
	reads(units_read_size, "0.5KiB", 512);
}

static void other_sizes_are_refused(void **state)
{
	refuses(units_read_size, "64KB", "has an unknown unit");
	refuses(units_read_size, "64k", "has an unknown unit");
	refuses(units_read_size, "-1", "is negative");
	refuses(units_read_size, "010", "begins with 0");
	refuses(units_read_size, "0.3KiB", "is finer than can be told apart");
	refuses(units_read_size, "1.3KiB", "is finer than can be told apart");
	refuses(units_read_size, "8589934592GiB", "is too large");
	refuses(units_read_size, "18446744073709551615", "is too large");
}

static void percent_is_from_0_to_100(void **state)
{
	static const char *const wrong[] = {
		"", "-1", "100.1", "1e2", "nan", "inf", "0x10", "7.", ".5", "1,5", "1.0000000001",
		"99999999999999999999999",
	};
	unsigned decimals = 9;
	double percent = -1;

	assert_null(units_read_percent("70", &percent, &decimals));
	assert_true(percent == 70 && decimals == 0);
	assert_null(units_read_percent("0.25", &percent, &decimals));
	assert_true(percent == 0.25 && decimals == 2);
	assert_null(units_read_percent("100", &percent, &decimals));
	for (size_t i = 0; i < COUNT(wrong); i++)
		if (!units_read_percent(wrong[i], &percent, &decimals))
			fail_msg("\"%s\" was read", wrong[i]);
}

static void quantities_are_written_short(void **state)
{
	assert_string_equal(units_count(0).text, "0");
	assert_string_equal(units_count(999).text, "999");
	assert_string_equal(units_count(1000).text, "1,000");
	assert_string_equal(units_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
	assert_string_equal(units_duration(0).text, "0 ns");
	assert_string_equal(units_duration(999).text, "999 ns");
	assert_string_equal(units_duration(20 * US).text, "20 µs");
	assert_string_equal(units_duration(312500).text, "312.5 µs");
	assert_string_equal(units_duration(10 * MS).text, "10 ms");
	assert_string_equal(units_duration(10002 * US).text, "10.002 ms");
	assert_string_equal(units_duration(1050 * MS).text, "1.05 s");
	assert_string_equal(units_duration(120 * S).text, "120 s");
	assert_string_equal(units_duration(UINT64_MAX).text, "18446744073.709 s");
	assert_string_equal(units_seconds(1002 * MS + 999).text, "1.002");
	assert_string_equal(units_time(999).text, "999 ns");
	assert_string_equal(units_time(10 * US).text, "10.000 µs");
	assert_string_equal(units_time(S - 1).text, "999.999 ms");
	assert_string_equal(units_time(UINT64_MAX).text, "18446744073.709 s");
	assert_string_equal(units_time(7 * S).text, "7.000 s");
	assert_string_equal(units_size(64 << 10).text, "64 KiB");
	assert_string_equal(units_size(1 << 20).text, "1 MiB");
	assert_string_equal(units_size(UINT64_C(3) << 30).text, "3 GiB");
	assert_string_equal(units_size(1025).text, "1025 bytes");
	assert_string_equal(units_size(0).text, "0 bytes");
	assert_string_equal(units_percent(70.0166, 2).text, "70.02 %");
	assert_string_equal(units_percent(0, 0).text, "0 %");
}

/* What is read is what was written, wherever three digits hold it all. */
static void brief_times_have_three_digits(void **state)
{
	assert_string_equal(units_brief(0).text, "0");
	assert_string_equal(units_brief(999).text, "999 ns");
	assert_string_equal(units_brief(1000).text, "1.00 µs");
	assert_string_equal(units_brief(9994).text, "9.99 µs");
	assert_string_equal(units_brief(9996).text, "10.0 µs");
	assert_string_equal(units_brief(99960).text, "100 µs");
	assert_string_equal(units_brief(999499).text, "999 µs");
	assert_string_equal(units_brief(999600).text, "1.00 ms");
	assert_string_equal(units_brief(59 * S).text, "59.0 s");
	assert_string_equal(units_brief(7200 * S).text, "2.00 h");
	assert_string_equal(units_brief(UINT64_MAX).text, "5124096 h");
}

static void durations_survive_being_written_and_read(void **state)
{
	for (uint64_t ns = 1; ns < 900 * S; ns *= 10) {
		for (uint64_t n = 1; n < 1000; n++)
			reads(units_read_duration, units_duration(n * ns).text, n * ns);
	}
}

static void the_closest_word_is_suggested(void **state)
{
	static const char *const words[] = { "null", "turns", "quantum", "share", NULL };
	static const char *const short_word[] = { "for", NULL };

	assert_string_equal(suggest("shrae", suggest_array, words), "share");
	assert_string_equal(suggest("quantun", suggest_array, words), "quantum");
	assert_string_equal(suggest("turn", suggest_array, words), "turns");
	assert_string_equal(suggest("nul", suggest_array, words), "null");
	assert_string_equal(suggest("fro", suggest_array, short_word), "for");
	assert_null(suggest("fox box", suggest_array, short_word));
	assert_null(suggest("", suggest_array, words));
	assert_null(suggest("stride", suggest_array, words));
	assert_null(suggest("ab", suggest_array, words));
	assert_null(suggest("a word that is far longer than any that anybody would want to have "
			    "suggested, and then some", suggest_array, words));
}

static void lists_read_as_sentences_and_are_cut(void **state)
{
	static const char *const three[] = { "a", "b", "c", NULL };
	static const char *const one[] = { "a", NULL };
	static const char *const none[] = { NULL };
	char text[40], small[14];

	assert_string_equal(suggest_list(text, sizeof(text), suggest_array, three), "a, b or c");
	assert_string_equal(suggest_list(text, sizeof(text), suggest_array, one), "a");
	assert_string_equal(suggest_list(text, sizeof(text), suggest_array, none), "");
	suggest_list(small, 8, suggest_array, three);
	assert_string_equal(small, "a, b…");
}

static void width_counts_characters_only(void **state)
{
	assert_int_equal(table_width(""), 0);
	assert_int_equal(table_width("neo"), 3);
	assert_int_equal(table_width("312 µs"), 6);
	assert_int_equal(table_width("█▍"), 2);
	assert_int_equal(table_width("\033[31mdead\033[0m"), 4);
}

static void columns_line_up(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	struct table table;

	table_init(&table, "lrl");
	for (unsigned row = 0; row < 2; row++) {
		table_cell(&table, "%s", row ? "neo" : "VM");
		table_cell(&table, "%s", row ? "312 µs" : "time");
		table_cell(&table, "%s", row ? "" : "bar");
		if (!row)
			table_rule(&table);
	}
	table_print(&table, to);
	fclose(to);
	assert_string_equal(text, "  VM     time  bar\n"
				  " ─────────────────\n"
				  "  neo  312 µs\n");
	free(text);
}

/* The columns that are optional go where the width says so. */
static void a_table_may_be_wider(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	struct table table;

	for (unsigned more = 0; more < 2; more++) {
		table_init(&table, "lO");
		table.width = 9 + more;
		table_cell(&table, "abc");
		table_cell(&table, "def");
		table_print(&table, to);
	}
	fclose(to);
	assert_string_equal(text, "  abc\n  abc  def\n");
	free(text);
}

static void bars_have_eighths(void **state)
{
	assert_string_equal(bar(0, 8).text, "");
	assert_string_equal(bar(100, 3).text, "███");
	assert_string_equal(bar(50, 1).text, "▌");
	assert_string_equal(bar(100, BAR_MOST).text, "██████████████");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_decimal_or_hexadecimal),
		cmocka_unit_test(other_numbers_are_refused),
		cmocka_unit_test(durations_have_units),
		cmocka_unit_test(other_durations_are_refused),
		cmocka_unit_test(sizes_have_binary_units_or_none),
		cmocka_unit_test(other_sizes_are_refused),
		cmocka_unit_test(percent_is_from_0_to_100),
		cmocka_unit_test(quantities_are_written_short),
		cmocka_unit_test(brief_times_have_three_digits),
		cmocka_unit_test(durations_survive_being_written_and_read),
		cmocka_unit_test(the_closest_word_is_suggested),
		cmocka_unit_test(lists_read_as_sentences_and_are_cut),
		cmocka_unit_test(width_counts_characters_only),
		cmocka_unit_test(columns_line_up),
		cmocka_unit_test(a_table_may_be_wider),
		cmocka_unit_test(bars_have_eighths),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
