/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_file.h - `--trace FILE`: the records of a run into a file, up to a size.
 *
 * Written in whole blocks while the run goes on. When the size is reached, or a write fails,
 * the rest of the run's records is lost and counted, and the run goes on all the same. The
 * file ends with an END that has the count, unless not even that can be written.
 */
#ifndef BATON_CLI_TRACE_FILE_H
#define BATON_CLI_TRACE_FILE_H

#include "baton/trace.h"
#include "status.h"

struct baton_host;
struct run_options;
struct scenario;
struct yaml_error;

struct trace_file {
	const char *path; /* NULL: there is none, and nothing else holds */
	struct baton_trace_sink sink;
	int fd;
	int error;	  /* errno of the write that failed */
	bool full;	  /* no more is written */
	bool begun;
	uint64_t size, written; /* bytes that it may have, and has */
	uint64_t records, lost; /* in the file before the END; thrown away */
	uint64_t last_ns;	/* of those records, the last one's */
};

/*
 * Opens the file that the options name, if they do; what it holds stays until the run
 * begins. 0, or -EINVAL with `error`. On success trace_file_close() closes it, and removes
 * it if nothing was written to a new one.
 */
int trace_file_open(struct trace_file *trace, const struct run_options *options,
		    struct yaml_error *error);
void trace_file_close(struct trace_file *trace);

/* Right before the run: empties the file and writes its header. `policy`: its name. */
void trace_file_begin(struct trace_file *trace, const struct scenario *scenario,
		      const char *policy);

/* After the run: writes what is left, and the END. */
void trace_file_end(struct trace_file *trace, struct baton_host *host);

/* Says on stderr what is missing in the file. STATUS_USAGE if it could not be written. */
enum status trace_file_report(const struct trace_file *trace);

#endif
