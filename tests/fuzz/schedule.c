/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedule.c - fuzz target: any bytes as a schedule, for few VMs and for many,
 * and as a schedule that turns into others while it is read.
 *
 * With clang, `ninja tests/fuzz/fuzz-schedule` builds it for libFuzzer:
 *	build/tests/fuzz/fuzz-schedule CORPUS tests/fuzz/corpus/schedule
 * Everywhere else replay.c runs it over the corpus, as a test.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "schedule.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static baton_entity_t next(struct schedule *s)
{
	return s->script.next(s->script.context);
}

/* The k-th digit outside of comments, as a VM's number; 0 behind the last. */
static unsigned digit(const char *bytes, size_t size, uint64_t k)
{
	bool comment = false;

	for (size_t i = 0; i < size; i++) {
		comment = bytes[i] != '\n' && (comment || bytes[i] == '#');
		if (!comment && bytes[i] >= '0' && bytes[i] <= '9' && !k--)
			return (unsigned)(bytes[i] - '0');
	}
	return 0;
}

/* Feeds the turns: as many as were checked at most, none past the end, all of VMs that there are. */
static uint64_t feed(struct schedule *s, const char *bytes, size_t size)
{
	uint64_t given = 0;
	baton_entity_t e;

	while ((e = next(s)) != BATON_NOBODY) {
		if (e >= s->vms || given >= s->turns)
			abort();
		if (bytes && s->vms <= SCHEDULE_DIGITS && given < 100 &&
		    e + 1 != digit(bytes, size, given))
			abort();
		given++;
	}
	if (next(s) != BATON_NOBODY || next(s) != BATON_NOBODY)
		abort();
	return given;
}

static void check_error(const struct yaml_error *error)
{
	if (!error->at.line || !error->at.column || !strstr(error->text, "expected"))
		abort();
	for (const char *c = error->text; *c; c++)
		if (*c == '\n' || *c == '\033')
			abort();
}

static void try(const uint8_t *bytes, size_t size, size_t vms, bool changes)
{
	char *text = malloc(size);
	struct yaml_error error = { .text = "" };
	struct schedule s;
	FILE *file;

	if (!text)
		abort();
	memcpy(text, bytes, size);
	file = fmemopen(text, size, "r");
	if (!file)
		abort();
	if (changes)
		setvbuf(file, NULL, _IONBF, 0); /* so that the second pass sees what is there by then */
	if (schedule_check(&s, file, vms, &error)) {
		check_error(&error);
		fclose(file);
		free(text);
		return;
	}
	if (!s.turns)
		abort();
	for (size_t i = 0; changes && i < size; i++)
		text[i] = (char)bytes[size - 1 - i] ^ (char)(i % 7 == 3);
	if (feed(&s, changes ? NULL : text, size) != s.turns && !s.changed)
		abort();
	if (s.changed && !changes)
		abort();
	schedule_close(&s);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const size_t counts[] = { 1, 2, 9, 10, 4096 };

	/* A stream of 0 bytes cannot be had; tests/cli/usage.sh has an empty file. */
	for (size_t i = 0; size && i < sizeof(counts) / sizeof(*counts); i++) {
		try(bytes, size, counts[i], false);
		try(bytes, size, counts[i], true);
	}
	return 0;
}
