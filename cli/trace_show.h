/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_show.h - what a whole trace comes to: tables for people, or one JSON object.
 */
#ifndef BATON_CLI_TRACE_SHOW_H
#define BATON_CLI_TRACE_SHOW_H

#include "trace_fold.h"
#include "trace_reader.h"

#define TRACE_JSON_VERSION 1

struct terminal;

struct trace_show {
	const char *file;
	const struct trace_reader *reader;
	const struct trace_fold *fold;
	const char *vm;	  /* of this VM alone; NULL: of all */
	bool summary;	  /* the header and the ledger alone */
	const char *wrong; /* what ended the reading before the trace's end; NULL: nothing */
};

/* Is the entity to be shown? */
bool trace_show_has(const struct trace_show *show, baton_entity_t entity);

void trace_show_tables(const struct trace_show *show, const struct terminal *terminal);

/* 0, or what kept it from being written. */
int trace_show_json(const struct trace_show *show, FILE *to);

#endif
