/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_trace.c - `baton trace`: reads a trace once, from its beginning to its end, and shows its
 * records, or what they come to.
 *
 * What is readable before a mistake is shown, and then the mistake is told.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "status.h"
#include "suggest.h"
#include "terminal.h"
#include "trace_list.h"
#include "trace_options.h"
#include "trace_show.h"

#define BUFFER (1 << 20)

struct session {
	const struct trace_options *options;
	struct trace_reader reader;
	struct trace_fold fold;
	baton_entity_t vm; /* that --vm names; BATON_NOBODY: any */
	FILE *csv, *json;
	int json_error;
	char wrong[256]; /* what ended the reading, as a clause */
};

static int print_help(void)
{
	puts("usage: baton trace [OPTION ...] FILE\n\n"
	     "FILE is what `baton run --trace FILE` wrote.\n");
	trace_options_help(stdout);
	return STATUS_MET;
}

/* ------------------------------------------------------------------ reading */

static const char *vm_word(const void *context, size_t i)
{
	const struct trace_reader *reader = context;

	return i < reader->header.vm_count ? reader->table[i].name : NULL;
}

/* --vm: a name of the table, or the number of a VM that joined later. */
static int find_vm(struct session *s)
{
	const char *name = s->options->vm, *meant;

	s->vm = BATON_NOBODY;
	if (!name)
		return 0;
	for (uint32_t e = 0; e < s->reader.header.capacity; e++)
		if (!strcmp(trace_reader_name(&s->reader, e).text, name)) {
			s->vm = e;
			return 0;
		}
	meant = suggest(name, vm_word, &s->reader);
	fprintf(stderr, "baton trace: %s has no VM \"%.64s\"%s%s%s\n", s->options->file, name,
		meant ? " (did you mean \"" : "", meant ? meant : "", meant ? "\"?)" : "");
	return -EINVAL;
}

static bool chosen(const struct session *s, const struct baton_trace_record *r, uint64_t since_ns)
{
	const struct trace_options *o = s->options;

	if (o->kind && (r->kind != o->kind || (o->exit != BATON_EXIT_KINDS && r->detail != o->exit)))
		return false;
	if (s->vm != BATON_NOBODY && r->entity != s->vm)
		return false;
	return since_ns >= o->from_ns && since_ns < o->to_ns;
}

/* One record that fits: `before` is the reading before it. */
static void show_record(struct session *s, const struct baton_trace_record *r, uint64_t before)
{
	const struct trace_list list = { &s->reader, &s->fold };
	uint64_t since = s->fold.open && r->at_ns > s->fold.first_ns ? r->at_ns - s->fold.first_ns : 0;

	if (!chosen(s, r, since))
		return;
	if (s->options->list)
		trace_list_line(&list, r, since, r->at_ns - before, stdout);
	if (s->csv)
		trace_list_csv(&list, r, s->csv);
}

/* To the end, or to the first mistake, which is then in `wrong`. */
static void read_records(struct session *s)
{
	struct baton_trace_record r;
	int more;

	while ((more = trace_reader_next(&s->reader, &r)) > 0) {
		uint64_t before = s->fold.last_ns;
		const char *wrong = trace_fold_record(&s->fold, &r);

		if (wrong) {
			snprintf(s->wrong, sizeof(s->wrong), "is damaged: the record at byte %" PRIu64
				 " %s", s->reader.offset - s->reader.header.record_size, wrong);
			return;
		}
		show_record(s, &r, before);
	}
	if (more < 0)
		snprintf(s->wrong, sizeof(s->wrong), "%s", s->reader.error);
	else if (!s->fold.ended)
		snprintf(s->wrong, sizeof(s->wrong), "is cut off at byte %" PRIu64
			 ", after a record: it has no end", s->reader.offset);
}

/* ------------------------------------------------------------------ showing */

/* stdout is for the tables, unless something else goes there. */
static void show(struct session *s)
{
	const struct trace_options *o = s->options;
	const struct trace_show figures = {
		.file = o->file, .reader = &s->reader, .fold = &s->fold, .vm = o->vm,
		.summary = o->summary, .wrong = *s->wrong ? s->wrong : NULL,
	};
	struct terminal terminal;

	if (!o->list && s->json != stdout && s->csv != stdout) {
		terminal_init(&terminal, stdout);
		trace_show_tables(&figures, &terminal);
	}
	if (s->json)
		s->json_error = trace_show_json(&figures, s->json); /* told when it is closed */
}

static int open_output(const char *name, FILE **file)
{
	*file = NULL;
	if (!name)
		return 0;
	*file = strcmp(name, "-") ? fopen(name, "we") : stdout;
	if (*file)
		return 0;
	fprintf(stderr, "baton trace: cannot write %s: %s\n", name, strerror(errno));
	return -EINVAL;
}

/* `error`: what is known to have failed. 0, or an error with a message. */
static int close_output(FILE *file, const char *name, int error)
{
	if (!file)
		return 0;
	errno = 0;
	if (!error && (fflush(file) || ferror(file)))
		error = errno ? -errno : -EIO;
	if (error)
		fprintf(stderr, "baton trace: cannot write %s: %s\n", name, strerror(-error));
	if (file != stdout)
		fclose(file);
	return error;
}

static enum status judge(const struct session *s)
{
	if (*s->wrong) {
		fprintf(stderr, "baton trace: %s %s; what is shown is of the %" PRIu64
			" records before\n", s->options->file, s->wrong, s->fold.records);
		return STATUS_USAGE;
	}
	return trace_fold_imbalance(&s->fold) && !s->fold.lost ? STATUS_UNMET : STATUS_MET;
}

static enum status read_and_show(struct session *s)
{
	enum status status;
	int error;

	if (find_vm(s))
		return STATUS_USAGE;
	if (open_output(s->options->json, &s->json))
		return STATUS_USAGE;
	if (open_output(s->options->csv, &s->csv)) {
		close_output(s->json, s->options->json, 0);
		return STATUS_USAGE;
	}
	if (s->csv)
		trace_list_csv_head(s->csv);
	read_records(s);
	show(s);
	fflush(stdout);
	status = judge(s);
	error = close_output(s->json, s->options->json, s->json_error);
	if (close_output(s->csv, s->options->csv, 0))
		error = -EIO;
	if (s->json != stdout && s->csv != stdout && close_output(stdout, "stdout", 0))
		error = -EIO;
	return error ? STATUS_USAGE : status;
}

static enum status trace(const struct trace_options *options)
{
	struct session s = { .options = options };
	enum status status = STATUS_USAGE;
	FILE *file = fopen(options->file, "re");

	if (!file) {
		fprintf(stderr, "baton trace: cannot read %s: %s\n", options->file, strerror(errno));
		return STATUS_USAGE;
	}
	setvbuf(file, NULL, _IOFBF, BUFFER);
	if (trace_reader_init(&s.reader, file))
		fprintf(stderr, "baton trace: %s %s\n", options->file, s.reader.error);
	else if (!trace_fold_init(&s.fold, s.reader.header.capacity))
		status = read_and_show(&s);
	trace_fold_fini(&s.fold);
	trace_reader_fini(&s.reader);
	fclose(file);
	return status;
}

int cmd_trace(int argc, char **argv)
{
	struct trace_options options;

	if (trace_options_parse(&options, argc, argv))
		return STATUS_USAGE;
	if (options.help)
		return print_help();
	return trace(&options);
}
