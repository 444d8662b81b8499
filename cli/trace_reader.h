/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_reader.h - reads a trace from a file or a pipe, record by record, whatever its size.
 *
 * It checks the file: header, table, whole records. What the records say is trace_fold's.
 */
#ifndef BATON_CLI_TRACE_READER_H
#define BATON_CLI_TRACE_READER_H

#include <stdio.h>

#include "baton/trace.h"

struct trace_reader {
	FILE *file; /* borrowed */
	struct baton_trace_header header;
	struct baton_trace_vm *table; /* header.vm_count rows, names ended and printable */
	uint64_t offset; /* of the next record */
	char error[192]; /* what is wrong, as a clause that follows the file's name, with the offset */
};

/* 0, or -EINVAL with `error`. trace_reader_fini() frees what it holds, also after a failure. */
int trace_reader_init(struct trace_reader *reader, FILE *file);
void trace_reader_fini(struct trace_reader *reader);

/* 1: a record. 0: nothing follows. -EINVAL with `error`. */
int trace_reader_next(struct trace_reader *reader, struct baton_trace_record *record);

/* The row of an entity, or NULL: one that joined later. */
const struct baton_trace_vm *trace_reader_vm(const struct trace_reader *reader,
					     baton_entity_t entity);

/* Its name, or its number as text. */
struct trace_reader_name {
	char text[BATON_TRACE_NAME_MAX + 1];
};
struct trace_reader_name trace_reader_name(const struct trace_reader *reader,
					   baton_entity_t entity);

#endif
