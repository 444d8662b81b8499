/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace-sample.h - a small trace, made by hand: two VMs, a wait within an exit, a turn that the
 * end of a run cut, and the ends of both.
 */
#ifndef BATON_TESTS_CLI_TRACE_SAMPLE_H
#define BATON_TESTS_CLI_TRACE_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "baton/trace.h"

#define TRACE_SAMPLE_RECORDS 48 /* that it has at most */
#define TRACE_SAMPLE_OUT     8	/* the record of its first exit, a write to a port */

/* A label of three records, for trace_sample_label(). */
#define TRACE_SAMPLE_TEXT "begins to \"sort\", 1,000 numbers of 32 bits"

/* What it comes to. */
#define TRACE_SAMPLE_RUN     (INT64_C(9000000) + 2500000 + 4000 + 300 + 5000 + 9000)
#define TRACE_SAMPLE_HANDLER (INT64_C(700) + 20 + 60 + 10 + 30 + 40)
#define TRACE_SAMPLE_SWITCH  (INT64_C(500) + 400 + 300 + 200 + 50 + 100 + 70 + 80 + 90)
#define TRACE_SAMPLE_IDLE    (INT64_C(100) + 1000000)

struct trace_sample {
	struct baton_trace_header header;
	struct baton_trace_vm vms[2];
	struct baton_trace_record records[TRACE_SAMPLE_RECORDS];
};

/* Makes it; how many records it has, the END included. */
size_t trace_sample(struct trace_sample *sample);

/* The same, but the first exit is a label with this text; there must be room for its records. */
size_t trace_sample_label(struct trace_sample *sample, const char *text);

/* The bytes of its file. */
size_t trace_sample_size(size_t records);

#endif
