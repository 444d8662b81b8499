/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_list.h - records of a trace as lines: for people, or as CSV.
 */
#ifndef BATON_CLI_TRACE_LIST_H
#define BATON_CLI_TRACE_LIST_H

#include <stdio.h>

#include "trace_fold.h"
#include "trace_reader.h"

/* What a record is shown with, besides itself. */
struct trace_list {
	const struct trace_reader *reader;
	const struct trace_fold *fold; /* as it is behind the record */
};

/*
 * One line; none for the part of a label that another part follows. `since_ns` is the time
 * since the first reading, `took_ns` what a cut ended. Of the CSV, trace_list_csv_head() writes
 * the first line.
 */
void trace_list_line(const struct trace_list *list, const struct baton_trace_record *record,
		     uint64_t since_ns, uint64_t took_ns, FILE *to);
void trace_list_csv_head(FILE *to);
void trace_list_csv(const struct trace_list *list, const struct baton_trace_record *record,
		    FILE *to);

#endif
