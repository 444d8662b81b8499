/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbols.c - names and lines of the guests that are built here; and of files that
 * are broken, nothing but an end.
 *
 * usage: test-cli-symbols FOLDER-OF-GUESTS
 */
#include "test.h"

#include <unistd.h>

#include "../guest/deaths/symbols.h"
#include "symbols.h"

static const char *guests;

struct guest_file {
	char path[512];
};

static struct guest_file guest(const char *name)
{
	struct guest_file file;

	snprintf(file.path, sizeof(file.path), "%s/%s", guests, name);
	return file;
}

static uint64_t address_of(const char *name, const char *label)
{
	uint64_t value = 0;

	if (!symbol_find(guest(name).path, label, &value))
		fail_msg("no label %s in %s", label, name);
	return value;
}

/* The line of its source file on which a text stands first. */
static int line_with(const char *source, const char *text)
{
	char path[512], line[512];
	int number = 1;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", getenv("BATON_SOURCE_ROOT"), source);
	file = fopen(path, "r");
	assert_non_null(file);
	for (; fgets(line, sizeof(line), file); number++)
		if (strstr(line, text))
			break;
	fclose(file);
	return number;
}

static void ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), wanted = strlen(end);

	if (size < wanted || strcmp(text + size - wanted, end))
		fail_msg("%s does not end with %s", text, end);
}

static void labels_of_every_mode_are_found(void **state)
{
	static const char *const modes[] = { "real", "protected", "paged", "long" };

	for (size_t i = 0; i < COUNT(modes); i++) {
		struct symbols_place place;
		struct symbols *symbols;
		char name[64];
		uint64_t at;

		snprintf(name, sizeof(name), "deaths/divide-%s.elf", modes[i]);
		at = address_of(name, "guilty");
		symbols = symbols_open(guest(name).path);
		assert_non_null(symbols);
		assert_true(symbols_find(symbols, at, &place));
		assert_string_equal(place.name, "guilty");
		assert_int_equal(place.offset, 0);
		ends_with(place.file, "divide.S");
		assert_int_equal(place.line, line_with("guest/deaths/divide.S", "guilty:"));
		assert_true(symbols_find(symbols, at + 2, &place)); /* the next instruction */
		assert_string_equal(place.name, "guilty");
		assert_int_equal(place.offset, 2);
		symbols_close(symbols);
	}
}

static void functions_of_c_are_found(void **state)
{
	uint64_t at = address_of("hello-long.elf", "main");
	struct symbols *symbols = symbols_open(guest("hello-long.elf").path);
	struct symbols_place place;

	assert_true(symbols_find(symbols, at + 4, &place));
	assert_string_equal(place.name, "main");
	assert_int_equal(place.offset, 4);
	ends_with(place.file, "hello.c");
	assert_true(place.line > 0);
	symbols_close(symbols);
}

static void elsewhere_nothing_is_known(void **state)
{
	static const uint64_t elsewhere[] = { 0, 0x60000000, UINT64_MAX };
	struct symbols *symbols = symbols_open(guest("hello-long.elf").path);
	bool starts[16] = { false }, none[16] = { false };
	struct symbols_place place;

	for (size_t i = 0; i < COUNT(elsewhere); i++) {
		memset(&place, 'x', sizeof(place));
		assert_false(symbols_find(symbols, elsewhere[i], &place));
		assert_string_equal(place.name, "");
		assert_string_equal(place.file, "");
		symbols_mark_starts(symbols, elsewhere[i], sizeof(starts), starts);
		assert_memory_equal(starts, none, sizeof(starts));
	}
	symbols_close(symbols);
}

static void what_is_no_elf_file_has_no_symbols(void **state)
{
	struct symbols_place place;
	bool starts[4];

	assert_null(symbols_open(NULL));
	assert_null(symbols_open(guest("no such file").path));
	assert_null(symbols_open(guest("hello.bin").path));
	assert_null(symbols_open("/dev/null"));
	assert_false(symbols_find(NULL, 0, &place));
	assert_string_equal(place.name, "");
	symbols_mark_starts(NULL, 0, sizeof(starts), starts);
	symbols_close(NULL);
}

/* Each line of the source is one instruction here, and `before` is where the code begins. */
static void starts_are_those_of_lines(void **state)
{
	static const char name[] = "deaths/divide-long.elf";
	uint64_t at = address_of(name, "guilty"), begin = address_of(name, "before");
	struct symbols *symbols = symbols_open(guest(name).path);
	bool starts[32] = { false };
	unsigned count = 0;

	symbols_mark_starts(symbols, at, sizeof(starts), starts);
	assert_in_range(at - begin, 4, sizeof(starts) - 1);
	for (size_t i = 0; i < sizeof(starts); i++) {
		assert_false(starts[i] && at - sizeof(starts) + i < begin);
		count += starts[i];
	}
	assert_true(starts[sizeof(starts) - (at - begin)]);
	assert_true(starts[sizeof(starts) - (at - begin) + 2]); /* OUT has two bytes */
	assert_false(starts[sizeof(starts) - (at - begin) + 1]);
	assert_int_equal(count, 4); /* out, xor, xor, mov */
	memset(starts, false, sizeof(starts));
	symbols_mark_starts(symbols, at, 5, starts); /* no more than there is room for */
	assert_true(starts[0]); /* the MOV */
	for (size_t i = 5; i < sizeof(starts); i++)
		assert_false(starts[i]);
	symbols_close(symbols);
}

/* A function begins where it begins, though other lines stand before it. */
static void starts_stay_within_a_function(void **state)
{
	uint64_t at = address_of("hello-long.elf", "print"); /* behind print_char */
	struct symbols *symbols = symbols_open(guest("hello-long.elf").path);
	bool starts[64] = { false };

	symbols_mark_starts(symbols, at, sizeof(starts), starts);
	for (size_t i = 0; i < sizeof(starts); i++)
		assert_false(starts[i]);
	symbols_mark_starts(symbols, at + 2, sizeof(starts), starts);
	for (size_t i = 0; i < sizeof(starts); i++)
		assert_int_equal(starts[i], i == sizeof(starts) - 2);
	symbols_close(symbols);
}

/* ----------------------------------------------------------- changed files */

static uint8_t original[64 << 10];

/* Reads a guest; returns its size. */
static size_t load(const char *name)
{
	FILE *file = fopen(guest(name).path, "rb");
	size_t size;

	assert_non_null(file);
	size = fread(original, 1, sizeof(original), file);
	fclose(file);
	assert_in_range(size, 1000, sizeof(original) - 1);
	return size;
}

static struct symbols *open_changed(const uint8_t *bytes, size_t size)
{
	const char *folder = getenv("TMPDIR");
	struct symbols *symbols;
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/changed.elf", folder ? folder : "/tmp");
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
	symbols = symbols_open(path);
	unlink(path);
	return symbols;
}

/* Without lines a symbol is known by its name, and code only from its beginning. */
static void symbols_alone_do(void **state)
{
	uint64_t at = address_of("hello-long.elf", "main") + 4;
	size_t size = load("hello-long.elf");
	bool starts[64] = { false };
	struct symbols_place place;
	struct symbols *symbols;

	for (size_t i = 0; i + 12 < size; i++)
		if (!memcmp(original + i, ".debug_", 7))
			memcpy(original + i, ".nobug_", 7);
	symbols = open_changed(original, size);
	assert_true(symbols_find(symbols, at, &place));
	assert_string_equal(place.name, "main");
	assert_int_equal(place.offset, 4);
	assert_string_equal(place.file, "");
	symbols_mark_starts(symbols, at, sizeof(starts), starts);
	for (size_t i = 0; i < sizeof(starts); i++)
		assert_int_equal(starts[i], i == sizeof(starts) - 4);
	symbols_close(symbols);
}

static void names_are_made_printable(void **state)
{
	uint64_t at = address_of("hello-long.elf", "main");
	size_t size = load("hello-long.elf"), changed = 0;
	struct symbols_place place;
	struct symbols *symbols;

	for (size_t i = 0; i + 6 < size; i++)
		if (!memcmp(original + i, "\0main", 6)) {
			memcpy(original + i, "\0\033[\xffn", 6);
			changed++;
		}
	assert_true(changed);
	symbols = open_changed(original, size);
	assert_true(symbols_find(symbols, at, &place));
	assert_string_equal(place.name, "?[?n");
	symbols_close(symbols);
}

static void try(const uint8_t *bytes, size_t size, uint64_t at)
{
	struct symbols *symbols = open_changed(bytes, size);
	bool starts[64] = { false };
	struct symbols_place place;

	symbols_find(symbols, at, &place);
	for (const char *c = place.name; *c; c++)
		assert_in_range(*c, ' ', '~');
	for (const char *c = place.file; *c; c++)
		assert_in_range(*c, ' ', '~');
	symbols_mark_starts(symbols, at, sizeof(starts), starts);
	symbols_close(symbols);
}

static void broken_files_are_survived(void **state)
{
	uint64_t at = address_of("hello-long.elf", "main") + 4;
	static uint8_t broken[sizeof(original)];
	size_t size = load("hello-long.elf");
	uint32_t random = 1;

	for (size_t prefix = 0; prefix < size; prefix += 97)
		try(original, prefix, at);
	for (int i = 0; i < 300; i++) {
		memcpy(broken, original, size);
		for (int k = 0; k < 1 + i % 8; k++) {
			random = random * 1664525 + 1013904223;
			broken[(random >> 8) % size] = (uint8_t)(random >> 3);
		}
		try(broken, size, at);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_of_every_mode_are_found),
		cmocka_unit_test(functions_of_c_are_found),
		cmocka_unit_test(elsewhere_nothing_is_known),
		cmocka_unit_test(what_is_no_elf_file_has_no_symbols),
		cmocka_unit_test(starts_are_those_of_lines),
		cmocka_unit_test(starts_stay_within_a_function),
		cmocka_unit_test(symbols_alone_do),
		cmocka_unit_test(names_are_made_printable),
		cmocka_unit_test(broken_files_are_survived),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test-cli-symbols FOLDER-OF-GUESTS\n");
		return 2;
	}
	guests = argv[1];
	return cmocka_run_group_tests_name("symbols", tests, NULL, NULL);
}
