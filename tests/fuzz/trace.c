/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.c - fuzz target: any bytes as a trace, folded, listed and shown.
 *
 * With clang, `ninja tests/fuzz/fuzz-trace` builds it for libFuzzer; tests/cli/trace-sample
 * writes traces to begin with:
 *	build/tests/cli/trace-sample CORPUS && build/tests/fuzz/fuzz-trace CORPUS
 * Everywhere else replay.c runs it over those, as a test.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal.h"
#include "trace_list.h"
#include "trace_show.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A refusal has words, all of them printable. */
static void check_text(const char *text)
{
	if (!*text)
		abort();
	for (const char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			abort();
}

/* Whatever the records say, no time is counted twice or left out. */
static void check_sums(const struct trace_fold *f)
{
	if (f->run_ns + f->handler_ns + f->switch_ns + f->idle_ns + f->unknown_ns !=
	    f->last_ns - f->first_ns)
		abort();
	for (unsigned i = 1; i < f->overrun_count; i++)
		if (f->overruns[i].charged_ns - f->overruns[i].slice_ns >
		    f->overruns[i - 1].charged_ns - f->overruns[i - 1].slice_ns)
			abort();
}

static void read_records(struct trace_reader *reader, struct trace_fold *fold, FILE *to)
{
	const struct trace_list list = { reader, fold };
	struct baton_trace_record r;
	const char *wrong = NULL;
	int more;

	while ((more = trace_reader_next(reader, &r)) > 0) {
		wrong = trace_fold_record(fold, &r);
		if (wrong)
			break;
		trace_list_line(&list, &r, r.at_ns - fold->first_ns, 0, to);
		trace_list_csv(&list, &r, to);
	}
	if (wrong)
		check_text(wrong);
	if (more < 0)
		check_text(reader->error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	FILE *file = size ? fmemopen((void *)(uintptr_t)bytes, size, "r") : NULL;
	static char shown[1 << 16];
	FILE *to = fmemopen(shown, sizeof(shown), "w");
	struct trace_reader reader;
	struct trace_fold fold;
	struct terminal terminal;

	if (!file || !to)
		goto close;
	if (trace_reader_init(&reader, file)) {
		check_text(reader.error);
		trace_reader_fini(&reader);
		goto close;
	}
	if (!trace_fold_init(&fold, reader.header.capacity)) {
		const struct trace_show show = { .file = "x", .reader = &reader, .fold = &fold };

		read_records(&reader, &fold, to);
		check_sums(&fold);
		terminal_init(&terminal, to);
		trace_show_tables(&show, &terminal);
		if (size < 4096)
			trace_show_json(&show, to);
	}
	trace_fold_fini(&fold);
	trace_reader_fini(&reader);
close:
	if (file)
		fclose(file);
	if (to)
		fclose(to);
	return 0;
}
