/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedule.c - reads a schedule file, byte by byte: see schedule.h. Fuzzed by
 * tests/fuzz/schedule.c.
 */
#include "schedule.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER	      (64 << 10)
#define LONGEST_SHOWN 20 /* digits of a wrong number that a message repeats */

__attribute__((format(printf, 3, 4)))
static int fail(struct yaml_error *error, struct place at, const char *format, ...)
{
	va_list args;

	error->at = at;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -EINVAL;
}

/* ---------------------------------------------------------------- reading */

static void advance(struct schedule *s)
{
	if (s->byte == '\n') {
		s->at.line++;
		s->at.column = 0;
	}
	s->at.column++;
	s->byte = getc_unlocked(s->file);
}

/* From the first byte on; as if a separator stood before it. */
static void start(struct schedule *s)
{
	s->byte = ' ';
	s->at = (struct place){ 1, 0 };
	advance(s);
}

/* Passes separators and comments. */
static void skip(struct schedule *s)
{
	for (;;) {
		switch (s->byte) {
		case '#':
			while (s->byte != '\n' && s->byte != EOF)
				advance(s);
			break;
		case ' ':
		case '\t':
		case '\r':
		case '\n':
		case ',':
			advance(s);
			break;
		default:
			return;
		}
	}
}

static bool is_digit(int byte)
{
	return byte >= '0' && byte <= '9';
}

/* What a turn may be, in words. */
struct range {
	char text[48];
};

static struct range range(const struct schedule *s)
{
	struct range r;

	snprintf(r.text, sizeof(r.text),
		 s->vms == 1		     ? "1"
		 : s->vms <= SCHEDULE_DIGITS ? "a digit from 1 to %zu"
					     : "a number from 1 to %zu",
		 s->vms);
	return r;
}

static int fail_byte(const struct schedule *s, struct yaml_error *error)
{
	char found[16];

	snprintf(found, sizeof(found), s->byte > ' ' && s->byte < 0x7f ? "\"%c\"" : "byte 0x%02x",
		 (unsigned)s->byte);
	return fail(error, s->at, "%s is no turn; expected %s, a blank, a comma, or # and a comment",
		    found, range(s).text);
}

/* The number of the VM that has the next turn; 0: none has, it is the end; or -EINVAL. */
static int read_turn(struct schedule *s, struct yaml_error *error)
{
	char shown[LONGEST_SHOWN];
	size_t vm = 0, digits = 0;
	struct place begin;

	skip(s);
	begin = s->at;
	if (s->byte == EOF && ferror(s->file))
		return fail(error, begin, "cannot be read on: %s; expected the rest of the schedule",
			    strerror(errno));
	if (s->byte == EOF)
		return 0;
	if (!is_digit(s->byte))
		return fail_byte(s, error);
	do {
		if (vm <= s->vms)
			vm = vm * 10 + (size_t)(s->byte - '0');
		if (digits++ < LONGEST_SHOWN)
			shown[digits - 1] = (char)s->byte;
		advance(s);
	} while (s->vms > SCHEDULE_DIGITS && is_digit(s->byte));
	if (vm <= s->vms && shown[0] != '0')
		return (int)vm;
	return fail(error, begin, "\"%.*s%s\" is no VM; expected %s%s",
		    (int)(digits < LONGEST_SHOWN ? digits : LONGEST_SHOWN), shown,
		    digits > LONGEST_SHOWN ? "…" : "", range(s).text,
		    s->vms > SCHEDULE_DIGITS ? ", with blanks between numbers" : "");
}

/* script.next(). What follows the last turn must be what was checked, too: the end. */
static baton_entity_t next(void *context)
{
	struct schedule *s = context;
	struct yaml_error error;
	int vm;

	if (s->over)
		return BATON_NOBODY;
	vm = read_turn(s, &error);
	if (vm > 0 && s->given < s->turns) {
		s->given++;
		return (baton_entity_t)(vm - 1);
	}
	s->changed = vm || s->given < s->turns;
	s->over = true;
	return BATON_NOBODY;
}

/* ---------------------------------------------------------------- opening */

int schedule_check(struct schedule *schedule, FILE *file, size_t vms, struct yaml_error *error)
{
	int vm;

	*schedule = (struct schedule){ .file = file, .vms = vms };
	schedule->script = (struct baton_script){ next, schedule };
	start(schedule);
	while ((vm = read_turn(schedule, error)) > 0)
		schedule->turns++;
	if (vm)
		return vm;
	if (!schedule->turns)
		return fail(error, (struct place){ 1, 1 }, "no turn; expected at least one");
	if (fseeko(file, 0, SEEK_SET))
		return fail(error, (struct place){ 0, 0 }, "schedule cannot be read twice: %s; "
			    "expected a regular file", strerror(errno));
	start(schedule);
	return 0;
}

/* Opens what can be read twice and has an end. Never waits, not even for a pipe's other side. */
static FILE *open_file(const char *path, struct yaml_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	struct stat is;

	if (!file || fstat(fd, &is)) {
		fail(error, (struct place){ 0, 0 }, "schedule \"%s\" cannot be read: %s; expected "
		     "a file", path, strerror(errno));
		goto close;
	}
	if (!S_ISREG(is.st_mode)) {
		fail(error, (struct place){ 0, 0 }, "schedule \"%s\" is %s; expected a regular "
		     "file, which can be read twice", path,
		     S_ISDIR(is.st_mode) ? "a folder" : "a pipe or a device");
		goto close;
	}
	setvbuf(file, NULL, _IOFBF, BUFFER);
	return file;

close:
	if (file)
		fclose(file);
	else if (fd >= 0)
		close(fd);
	return NULL;
}

int schedule_open(struct schedule *schedule, const char *path, size_t vms,
		  struct yaml_error *error)
{
	FILE *file = open_file(path, error);
	int result;

	if (!file)
		return -EINVAL;
	result = schedule_check(schedule, file, vms, error);
	if (result)
		fclose(file);
	return result;
}

void schedule_close(struct schedule *schedule)
{
	fclose(schedule->file);
}
