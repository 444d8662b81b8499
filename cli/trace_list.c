/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_list.c - see trace_list.h.
 */
#include "trace_list.h"

#include <inttypes.h>

#include "baton/baton.h"
#include "hypercall_name.h"
#include "units.h"

/* ------------------------------------------------------------------- people */

static void put_exit(const struct baton_trace_record *r, FILE *to)
{
	if (r->detail == BATON_TRACE_NO_EXIT) {
		fputs(" no exit", to);
		return;
	}
	fprintf(to, " %s", baton_exit_name((enum baton_exit_kind)r->detail));
	if (hypercall_of_exit(r) >= 0) {
		fprintf(to, " port 0x%x: ", baton_trace_port(r));
		hypercall_put(r, to);
		return;
	}
	switch (r->detail) {
	case BATON_EXIT_IO_IN:
	case BATON_EXIT_IO_OUT:
		fprintf(to, " port 0x%x, %u byte%s", baton_trace_port(r), r->size,
			r->size == 1 ? "" : "s");
		if (baton_trace_accesses(r) > 1)
			fprintf(to, " %" PRIu32 " times", baton_trace_accesses(r));
		break;
	case BATON_EXIT_MMIO_READ:
	case BATON_EXIT_MMIO_WRITE:
		fprintf(to, " at 0x%" PRIx64 ", %u byte%s", r->a, r->size, r->size == 1 ? "" : "s");
		break;
	case BATON_EXIT_RDMSR:
	case BATON_EXIT_WRMSR:
		fprintf(to, " 0x%" PRIx64, r->a);
		break;
	case BATON_EXIT_UNKNOWN:
		fprintf(to, " reason %" PRIu64, r->a);
		break;
	default:
		break;
	}
	if (r->b)
		fprintf(to, ", 0x%" PRIx64, r->b);
}

static void put_pick(const struct baton_trace_record *r, FILE *to)
{
	if (r->entity == BATON_NOBODY) {
		fputs(r->detail ? " the schedule is over" : " nobody", to);
		if (r->a != UINT64_MAX)
			fprintf(to, " until %" PRIu64 " ns", r->a);
		return;
	}
	if (r->a != UINT64_MAX)
		fprintf(to, " for %s", units_brief(r->a).text);
	if (r->b != UINT64_MAX)
		fprintf(to, " for %" PRIu64 " exit%s", r->b, r->b == 1 ? "" : "s");
}

static void put_rest(const struct trace_list *list, const struct baton_trace_record *r, FILE *to)
{
	switch (r->kind) {
	case BATON_TRACE_RUN:
		put_exit(r, to);
		break;
	case BATON_TRACE_HANDLER:
		fprintf(to, r->detail ? "" : " not done");
		break;
	case BATON_TRACE_ADD:
		fprintf(to, " weight %" PRIu64, r->a);
		break;
	case BATON_TRACE_WAKE:
		fputs(r->detail ? " arrives" : "", to);
		if (r->at_ns != r->a)
			fprintf(to, " due %s before", units_brief(r->at_ns - r->a).text);
		break;
	case BATON_TRACE_PICK:
		put_pick(r, to);
		break;
	case BATON_TRACE_RAN:
		fprintf(to, " %s, %s, %" PRIu64 " exit%s", baton_why_name((enum baton_why)r->detail),
			units_brief(r->a).text, r->b, r->b == 1 ? "" : "s");
		break;
	case BATON_TRACE_SKIPPED:
		fprintf(to, " %" PRIu64 " so far", r->a);
		break;
	case BATON_TRACE_LOST:
		fprintf(to, " %" PRIu64 " records are missing here", r->a);
		break;
	case BATON_TRACE_END:
		fprintf(to, " %" PRIu64 " records before, %" PRIu64 " lost", r->a, r->b);
		break;
	case BATON_TRACE_LABEL:
		fprintf(to, " \"%s\"", list->fold->label);
		break;
	default:
		break;
	}
}

/* A label is shown where it ends. */
static bool goes_on(const struct trace_list *list, const struct baton_trace_record *r)
{
	return r->kind == BATON_TRACE_LABEL && list->fold->label_left;
}

void trace_list_line(const struct trace_list *list, const struct baton_trace_record *r,
		     uint64_t since_ns, uint64_t took_ns, FILE *to)
{
	if (goes_on(list, r))
		return;
	fprintf(to, "%5" PRIu64 ".%09" PRIu64 "  %-7s", since_ns / 1000000000, since_ns % 1000000000,
		baton_trace_name(r->kind));
	if (baton_trace_is_cut(r->kind) && r->kind != BATON_TRACE_OPEN)
		fprintf(to, "  %10" PRIu64 " ns", took_ns);
	else
		fprintf(to, "  %13s", "");
	if (r->entity != BATON_NOBODY)
		fprintf(to, "  %s", trace_reader_name(list->reader, r->entity).text);
	else
		fputs(" ", to);
	put_rest(list, r, to);
	fputc('\n', to);
}

/* ---------------------------------------------------------------------- CSV */

void trace_list_csv_head(FILE *to)
{
	fputs("at_ns,kind,entity,vm,detail,size,a,b,what\n", to);
}

/* A label in quotes, and its own quotes twice (RFC 4180). */
static void put_quoted(const char *text, FILE *to)
{
	fputc('"', to);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', to);
		fputc(*text, to);
	}
	fputc('"', to);
}

/* Of a label, detail, a and b are those of all of it: its size, and nothing. Names need no quotes. */
void trace_list_csv(const struct trace_list *list, const struct baton_trace_record *r, FILE *to)
{
	const bool label = r->kind == BATON_TRACE_LABEL;

	if (goes_on(list, r))
		return;
	fprintf(to, "%" PRIu64 ",%s,", r->at_ns, baton_trace_name(r->kind));
	if (r->entity != BATON_NOBODY)
		fprintf(to, "%" PRIu32 ",%s", r->entity, trace_reader_name(list->reader, r->entity).text);
	else
		fputc(',', to);
	if (r->kind == BATON_TRACE_RUN)
		fprintf(to, ",%s", r->detail == BATON_TRACE_NO_EXIT ?
				   "" : baton_exit_name((enum baton_exit_kind)r->detail));
	else if (r->kind == BATON_TRACE_RAN)
		fprintf(to, ",%s", baton_why_name((enum baton_why)r->detail));
	else
		fprintf(to, ",%u", label ? list->fold->label_size : r->detail);
	fprintf(to, ",%u,%" PRIu64 ",%" PRIu64 ",", r->size, label ? 0 : r->a, label ? 0 : r->b);
	if (label)
		put_quoted(list->fold->label, to);
	else if (r->kind == BATON_TRACE_RUN)
		hypercall_put(r, to);
	fputc('\n', to);
}
