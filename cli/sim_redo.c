/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_redo.c - see sim_redo.h.
 */
#include "sim_redo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "baton/baton.h"
#include "sim/redo.h"
#include "trace_reader.h"
#include "units.h"

static void describe(const struct trace_reader *trace, const struct baton__redo_decision *d,
		     char *text, size_t size)
{
	const struct trace_reader_name name = trace_reader_name(trace, d->entity);
	char exits[48] = "";

	if (d->exits != UINT64_MAX)
		snprintf(exits, sizeof(exits), ", %s exits", units_count(d->exits).text);
	if (d->over)
		snprintf(text, size, "the schedule is over");
	else if (d->entity == BATON_NOBODY && d->time_ns == UINT64_MAX)
		snprintf(text, size, "nobody");
	else if (d->entity == BATON_NOBODY)
		snprintf(text, size, "nobody, until %llu ns", (unsigned long long)d->time_ns);
	else if (d->time_ns == UINT64_MAX)
		snprintf(text, size, "%s%s", name.text, exits);
	else
		snprintf(text, size, "%s for %llu ns%s", name.text,
			 (unsigned long long)d->time_ns, exits);
}

static int fail(struct trace_reader *trace, const char *what)
{
	snprintf(trace->error, sizeof(trace->error), "%s; expected the trace of a whole run", what);
	return -EINVAL;
}

/* Feeds up to the END, or to what cannot go on. */
static int feed_all(struct trace_reader *trace, struct baton__redo *redo, struct sim_redo *result)
{
	struct baton_trace_record record = { .kind = 0 };
	struct baton__redo_stats stats;
	enum baton__redo_verdict verdict = BATON__REDO_SAME;
	uint64_t number = 0;
	char wrong[128];
	int more;

	while (verdict == BATON__REDO_SAME && (more = trace_reader_next(trace, &record))) {
		if (more < 0)
			return more;
		if (record.kind == BATON_TRACE_LOST)
			return fail(trace, "lacks records");
		number++;
		verdict = baton__redo_feed(redo, &record);
	}
	baton__redo_stats(redo, &stats);
	snprintf(wrong, sizeof(wrong), "has record %llu, which %s", (unsigned long long)number,
		 stats.wrong ? stats.wrong : "");
	if (verdict == BATON__REDO_WRONG)
		return fail(trace, wrong);
	if (verdict == BATON__REDO_SAME && record.kind != BATON_TRACE_END)
		return fail(trace, "is cut off: it has no end");
	*result = (struct sim_redo){ .decisions = stats.decisions };
	if (verdict == BATON__REDO_SAME)
		return 0;
	result->record = number;
	result->offset = trace->offset;
	describe(trace, &stats.was, result->was, sizeof(result->was));
	describe(trace, &stats.is, result->is, sizeof(result->is));
	return 0;
}

int sim_redo(struct trace_reader *trace, struct sim_redo *result)
{
	const struct baton_trace_header *h = &trace->header;
	const struct baton_sched_ops *ops = baton_policy(h->policy);
	const struct baton_sched_config config = {
		.slice_ns = h->slice_ns, .burst = h->burst, .seed = h->seed,
	};
	struct baton__redo *redo;
	int error;

	if (!ops)
		return fail(trace, "is of a policy that this baton does not have");
	if (baton__redo_create(ops, &config, h->capacity, NULL, &redo))
		return fail(trace, "has settings that its policy refuses");
	error = feed_all(trace, redo, result);
	baton__redo_destroy(redo);
	return error;
}
