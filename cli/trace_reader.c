/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_reader.c - see trace_reader.h.
 */
#include "trace_reader.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "baton/baton.h"
#include "heap.h"
#include "trace_fold.h"

#define MOST_HEADER 65536
#define MOST_SIZE   4096 /* of a record, or of a row of the table */

__attribute__((format(printf, 2, 3)))
static int fail(struct trace_reader *reader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reader->error, sizeof(reader->error), format, args);
	va_end(args);
	return -EINVAL;
}

/* Reads `known` of `size` bytes and skips the rest. How many bytes there were, up to `size`. */
static size_t take(struct trace_reader *reader, void *to, size_t known, size_t size)
{
	size_t n = known ? fread(to, 1, known, reader->file) : 0, more = 1;
	char rest[256];

	while (n >= known && n < size && more) {
		more = size - n < sizeof(rest) ? size - n : sizeof(rest);
		more = fread(rest, 1, more, reader->file);
		n += more;
	}
	return n;
}

/* The file ended too soon, at `at`: or could not be read. */
static int cut_off(struct trace_reader *reader, uint64_t at, const char *where)
{
	if (ferror(reader->file))
		return fail(reader, "cannot be read at byte %" PRIu64 ": %s", at, strerror(errno));
	return fail(reader, "is cut off at byte %" PRIu64 ", %s", at, where);
}

static bool is_text(const char *text, size_t size)
{
	if (!*text || !memchr(text, 0, size))
		return false;
	for (; *text; text++)
		if (!isgraph((unsigned char)*text))
			return false;
	return true;
}

/* ------------------------------------------------------------------- header */

static int check_numbers(struct trace_reader *reader)
{
	const struct baton_trace_header *h = &reader->header;

	if (h->record_size < BATON_TRACE_RECORD_SIZE || h->record_size > MOST_SIZE)
		return fail(reader, "has records of %u bytes at byte %zu; expected %d", h->record_size,
			    offsetof(struct baton_trace_header, record_size), BATON_TRACE_RECORD_SIZE);
	if (h->header_size < sizeof(*h) || h->header_size > MOST_HEADER)
		return fail(reader, "has a header of %u bytes at byte %zu; expected %zu",
			    h->header_size, offsetof(struct baton_trace_header, header_size),
			    sizeof(*h));
	if (h->vm_size < sizeof(struct baton_trace_vm) || h->vm_size > MOST_SIZE)
		return fail(reader, "has a table with rows of %u bytes at byte %zu; expected %zu",
			    h->vm_size, offsetof(struct baton_trace_header, vm_size),
			    sizeof(struct baton_trace_vm));
	if (!h->capacity || h->capacity > TRACE_FOLD_MOST_VMS)
		return fail(reader, "has room for %u VMs at byte %zu; expected 1 to %d", h->capacity,
			    offsetof(struct baton_trace_header, capacity), TRACE_FOLD_MOST_VMS);
	if (h->vm_count > h->capacity)
		return fail(reader, "has %u VMs at byte %zu, and room for %u", h->vm_count,
			    offsetof(struct baton_trace_header, vm_count), h->capacity);
	if (!is_text(h->policy, sizeof(h->policy)))
		return fail(reader, "has no name of a policy at byte %zu",
			    offsetof(struct baton_trace_header, policy));
	return 0;
}

/* What comes before the version is the same in every version. */
static int read_header(struct trace_reader *reader)
{
	struct baton_trace_header *h = &reader->header;
	const size_t first = offsetof(struct baton_trace_header, record_size);
	size_t n = take(reader, h, first, first);
	size_t magic = n < sizeof(h->magic) ? n : sizeof(h->magic);

	if (!n && !ferror(reader->file))
		return fail(reader, "is empty; expected a trace, as baton run --trace writes it");
	if (ferror(reader->file))
		return cut_off(reader, n, "");
	if (memcmp(h->magic, BATON_TRACE_MAGIC, magic))
		return fail(reader, "is no trace: it does not begin with " BATON_TRACE_MAGIC);
	if (n < first)
		return cut_off(reader, n, "within its header");
	if (h->byte_order == __builtin_bswap32(BATON_TRACE_BYTE_ORDER))
		return fail(reader, "is big-endian at byte 8; traces are little-endian");
	if (h->byte_order != BATON_TRACE_BYTE_ORDER)
		return fail(reader, "has no byte order at byte 8: it is damaged");
	if (!h->version || h->version > BATON_TRACE_VERSION)
		return fail(reader, "has version %u at byte 12; this baton reads 1 to %d", h->version,
			    BATON_TRACE_VERSION);
	n += take(reader, (char *)h + first, sizeof(*h) - first, sizeof(*h) - first);
	if (n < sizeof(*h))
		return cut_off(reader, n, "within its header");
	return check_numbers(reader);
}

static int read_table(struct trace_reader *reader)
{
	const struct baton_trace_header *h = &reader->header;

	for (uint32_t i = 0; i < h->vm_count; i++) {
		struct baton_trace_vm *row;
		size_t n;

		reader->table = heap_grow(reader->table, i, sizeof(*reader->table));
		row = &reader->table[i];
		n = take(reader, row, sizeof(*row), h->vm_size);
		if (n < h->vm_size)
			return cut_off(reader, reader->offset + n, "within its table of VMs");
		if (row->entity >= h->capacity || row->mode > BATON_MODE_LONG ||
		    !is_text(row->name, sizeof(row->name)))
			return fail(reader, "has no VM at byte %" PRIu64 ": it is damaged",
				    reader->offset);
		reader->offset += n;
	}
	return 0;
}

int trace_reader_init(struct trace_reader *reader, FILE *file)
{
	struct baton_trace_header *h = &reader->header;
	size_t more;
	int error;

	*reader = (struct trace_reader){ .file = file };
	error = read_header(reader);
	if (error)
		return error;
	more = h->header_size - sizeof(*h);
	reader->offset = sizeof(*h) + take(reader, NULL, 0, more);
	if (reader->offset < h->header_size)
		return cut_off(reader, reader->offset, "within its header");
	return read_table(reader);
}

void trace_reader_fini(struct trace_reader *reader)
{
	free(reader->table);
	reader->table = NULL;
}

/* ------------------------------------------------------------------ records */

int trace_reader_next(struct trace_reader *reader, struct baton_trace_record *record)
{
	size_t size = reader->header.record_size;
	size_t n = take(reader, record, sizeof(*record), size);

	if (n == size) {
		reader->offset += n;
		return 1;
	}
	if (!n && !ferror(reader->file))
		return 0;
	return cut_off(reader, reader->offset + n, "within a record");
}

const struct baton_trace_vm *trace_reader_vm(const struct trace_reader *reader,
					     baton_entity_t entity)
{
	const struct baton_trace_vm *table = reader->table;
	uint32_t count = reader->header.vm_count;

	if (entity < count && table[entity].entity == entity) /* as a rule */
		return &table[entity];
	for (uint32_t i = 0; i < count; i++)
		if (table[i].entity == entity)
			return &table[i];
	return NULL;
}

struct trace_reader_name trace_reader_name(const struct trace_reader *reader, baton_entity_t entity)
{
	const struct baton_trace_vm *vm = trace_reader_vm(reader, entity);
	struct trace_reader_name name;

	if (vm)
		snprintf(name.text, sizeof(name.text), "%s", vm->name);
	else
		snprintf(name.text, sizeof(name.text), "%u", entity);
	return name;
}
