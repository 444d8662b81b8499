/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_text.c - a table of the kinds of lines, and the order in which they may stand.
 */
#include "exits_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baton/exitstats.h"

struct kind;

struct reader {
	struct exits *exits;
	struct exits_error *error;
	const struct kind *kind;
	const char *at, *stop; /* what is left of the line */
	struct exits_sums *sums; /* where rows go; NULL: there is nowhere yet */
	uint64_t seen;		 /* kinds, a bit each */
};

struct kind {
	const char *name, *form;
	int (*read)(struct reader *r);
	enum { ONCE, OFTEN } times;
};

/* ------------------------------------------------------------------ fields */

__attribute__((format(printf, 2, 3)))
static int fail(struct reader *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->error->text, sizeof(r->error->text), format, args);
	va_end(args);
	return -EINVAL;
}

/* The next field of the line, which must have one. */
static int take(struct reader *r, const char *field, const char **from, size_t *size)
{
	if (r->at == r->stop)
		return fail(r, "%s has no field %s; expected %s", r->kind->name, field,
			    r->kind->form);
	*from = ++r->at; /* behind a blank */
	while (r->at < r->stop && *r->at != ' ')
		r->at++;
	*size = (size_t)(r->at - *from);
	if (!*size)
		return fail(r, "%s: field %s is empty; expected one blank between fields",
			    r->kind->name, field);
	return 0;
}

static int take_number(struct reader *r, const char *field, unsigned base, uint64_t most,
		       uint64_t *value)
{
	static const char digits[] = "0123456789abcdef";
	const char *from;
	uint64_t sum = 0;
	size_t size;
	int error = take(r, field, &from, &size);

	if (error)
		return error;
	for (size_t i = 0; i < size; i++) {
		const char *digit = memchr(digits, from[i], base);

		if (!digit)
			return fail(r, "%s: %s \"%.*s\" is no %s number", r->kind->name, field,
				    size < 32 ? (int)size : 32, from,
				    base == 16 ? "hexadecimal" : "decimal");
		if (__builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(digit - digits), &sum) || sum > most)
			return fail(r, "%s: %s \"%.*s\" is too large; expected at most %" PRIu64,
				    r->kind->name, field, size < 32 ? (int)size : 32, from, most);
	}
	*value = sum;
	return 0;
}

static int take_word(struct reader *r, const char *field, char word[EXITS_WORD])
{
	const char *from;
	size_t size;
	int error = take(r, field, &from, &size);

	if (error)
		return error;
	if (size >= EXITS_WORD)
		return fail(r, "%s: %s is too long; expected at most %d characters", r->kind->name,
			    field, EXITS_WORD - 1);
	for (size_t i = 0; i < size; i++)
		if (!memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-",
			    from[i], 64))
			return fail(r, "%s: %s \"%.*s\" is no name", r->kind->name, field, (int)size,
				    from);
	memcpy(word, from, size);
	word[size] = '\0';
	return 0;
}

/* ------------------------------------------------------------------- kinds */

static int read_version(struct reader *r)
{
	uint64_t version;
	int error = take_number(r, "VERSION", 10, UINT32_MAX, &version);

	if (error || version == BATON_EXITSTATS_VERSION)
		return error;
	fail(r, "its format is version %" PRIu64 "; expected %d: the command and the module have to "
	     "be of the same edition", version, BATON_EXITSTATS_VERSION);
	return -EPROTO;
}

static int read_isa(struct reader *r)
{
	char word[EXITS_WORD];
	int error = take_word(r, "ISA", word);

	for (int i = 0; i < EXITS_ISAS && !error; i++)
		if (!strcmp(word, exits_isa_name((enum exits_isa)i))) {
			r->exits->isa = (enum exits_isa)i;
			return 0;
		}
	return error ? error : fail(r, "isa \"%s\" is unknown; expected vmx, svm or none", word);
}

static int read_tsc(struct reader *r)
{
	return take_number(r, "N", 10, UINT32_MAX, &r->exits->tsc_khz);
}

static int read_profile(struct reader *r)
{
	return take_word(r, "NAME", r->exits->profile);
}

static int read_scope(struct reader *r)
{
	return take_word(r, "NAME", r->exits->scope);
}

static int read_missed(struct reader *r)
{
	return take_number(r, "N", 10, UINT64_MAX, &r->exits->missed);
}

static int read_sums(struct reader *r, struct exits_sums *sums)
{
	int error = take_number(r, "FAST", 10, UINT64_MAX, &sums->fast);

	r->sums = sums;
	return error ? error : take_number(r, "GUEST", 10, UINT64_MAX, &sums->guest);
}

static int read_vm(struct reader *r)
{
	uint64_t id, pid, vcpus;
	struct exits_vm *vm;
	int error = take_number(r, "ID", 10, UINT64_MAX, &id);

	if (!error)
		error = take_number(r, "PID", 10, INT32_MAX, &pid);
	if (!error)
		error = take_number(r, "VCPUS", 10, UINT32_MAX, &vcpus);
	if (error)
		return error;
	if (!id)
		return fail(r, "vm: ID is 0; expected 1 or more");
	if (r->exits->vm_count == EXITS_VMS_MOST)
		return fail(r, "one VM too many; expected at most %d", EXITS_VMS_MOST);
	vm = exits_add_vm(r->exits);
	vm->id = id;
	vm->pid = (uint32_t)pid;
	vm->vcpus = (uint32_t)vcpus;
	return read_sums(r, &vm->sums);
}

static int read_gone(struct reader *r)
{
	int error = take_number(r, "VMS", 10, UINT64_MAX, &r->exits->gone_vms);

	return error ? error : read_sums(r, &r->exits->gone);
}

static int read_exits(struct reader *r)
{
	struct exits_row row = { 0 }, *to;
	uint64_t code;
	int error;

	if (!r->sums)
		return fail(r, "exits belong to no VM; expected vm or gone before them");
	error = take_number(r, "CODE", 16, UINT32_MAX, &code);
	if (!error)
		error = take_word(r, "NAME", row.name);
	if (!error)
		error = take_number(r, "COUNT", 10, UINT64_MAX, &row.count);
	if (!error)
		error = take_number(r, "KVM", 10, UINT64_MAX, &row.kvm);
	if (!error)
		error = take_number(r, "USER", 10, UINT64_MAX, &row.user);
	if (!error)
		error = take_number(r, "ASLEEP", 10, UINT64_MAX, &row.asleep);
	if (!error)
		error = take_number(r, "PREEMPTED", 10, UINT64_MAX, &row.preempted);
	if (error)
		return error;
	row.code = (uint32_t)code;
	if (!row.count)
		return fail(r, "exits: COUNT is 0; expected only reasons that occurred");
	if (exits_find_row(r->sums, row.code, row.name))
		return fail(r, "exits: reason %s stands twice in a VM", row.name);
	if (r->sums->count == EXITS_ROWS_MOST)
		return fail(r, "exits: one reason too many; expected at most %d of a VM",
			    EXITS_ROWS_MOST);
	to = exits_get_row(r->sums, row.code, row.name);
	*to = row;
	return 0;
}

static int read_end(struct reader *r)
{
	(void)r;
	return 0;
}

static const struct kind kinds[] = {
	{ "baton_exits", "baton_exits VERSION", read_version, ONCE },
	{ "end", "end", read_end, ONCE },
	{ "isa", "isa vmx|svm|none", read_isa, ONCE },
	{ "tsc_khz", "tsc_khz N", read_tsc, ONCE },
	{ "profile", "profile NAME", read_profile, ONCE },
	{ "scope", "scope NAME", read_scope, ONCE },
	{ "missed", "missed N", read_missed, ONCE },
	{ "gone", "gone VMS FAST GUEST", read_gone, ONCE },
	{ "vm", "vm ID PID VCPUS FAST GUEST", read_vm, OFTEN },
	{ "exits", "exits CODE NAME COUNT KVM USER ASLEEP PREEMPTED", read_exits, OFTEN },
};
#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))
#define VERSION (UINT64_C(1) << 0)
#define END	(UINT64_C(1) << 1)

/* ------------------------------------------------------------------- lines */

/* A line of a kind that is not known belongs to a later edition. */
static int read_line(struct reader *r)
{
	size_t size, i;

	for (const char *c = r->at; c < r->stop; c++)
		if (*c < ' ' || *c > '~')
			return fail(r, "a byte that is no printable character; expected a text");
	size = r->at == r->stop ? 0 : strcspn(r->at, " \n");
	if (!size || *r->at < 'a' || *r->at > 'z')
		return fail(r, "no kind of line; expected a word in small letters");
	for (i = 0; i < KINDS; i++)
		if (strlen(kinds[i].name) == size && !memcmp(kinds[i].name, r->at, size))
			break;
	if (!(r->seen & VERSION) && i)
		return fail(r, "this is no file of the module baton_exits; expected \"baton_exits "
			    "%d\"", BATON_EXITSTATS_VERSION);
	if (r->seen & END)
		return fail(r, "a line behind \"end\"; expected none");
	if (i == KINDS)
		return 0;
	if (kinds[i].times == ONCE && r->seen & UINT64_C(1) << i)
		return fail(r, "%s stands here once more; expected one", kinds[i].name);
	r->seen |= UINT64_C(1) << i;
	r->kind = &kinds[i];
	r->at += size;
	return kinds[i].read(r);
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Is everything there, and every VM once? */
static int check_whole(struct reader *r)
{
	const struct exits *exits = r->exits;
	uint64_t *ids;
	int error = 0;

	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].times == ONCE && !(r->seen & UINT64_C(1) << i))
			return i == 1 ? fail(r, "it was cut off; expected \"end\" as its last line") :
					fail(r, "there is no line %s", kinds[i].form);
	if (exits->vm_count < 2)
		return 0;
	ids = calloc(exits->vm_count, sizeof(*ids));
	if (!ids)
		return fail(r, "there is no memory for it");
	for (size_t i = 0; i < exits->vm_count; i++)
		ids[i] = exits->vms[i].id;
	qsort(ids, exits->vm_count, sizeof(*ids), by_id);
	for (size_t i = 1; i < exits->vm_count && !error; i++)
		if (ids[i] == ids[i - 1])
			error = fail(r, "VM %" PRIu64 " stands there twice", ids[i]);
	free(ids);
	return error;
}

int exits_text_read(const char *text, size_t size, struct exits *exits, struct exits_error *error)
{
	struct reader r = { .exits = exits, .error = error };
	const char *at = text, *end = text + size;
	int result = 0;

	*exits = (struct exits){ 0 };
	*error = (struct exits_error){ 0 };
	if (size > EXITS_TEXT_MOST)
		return fail(&r, "it is too large; expected at most %d MiB", EXITS_TEXT_MOST >> 20);
	while (at < end && !result) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		error->line++;
		r.at = at;
		r.stop = stop;
		result = stop ? read_line(&r) :
				fail(&r, "this line has no end: the file was cut off");
		at = stop ? stop + 1 : end;
	}
	if (!result) {
		error->line = 0;
		result = check_whole(&r);
	}
	if (result)
		exits_fini(exits);
	return result;
}
