/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.c - see trace.h: what is off the hot path.
 */
#include "host/trace.h"

#include <string.h>

#include "base/arith.h"

const char *baton_trace_name(unsigned kind)
{
	static const char *const names[BATON_TRACE_KINDS] = {
#define BATON_TRACE(id, number, name, summary, detail, entity, a, b) [number] = name,
#include "baton/trace.def"
#undef BATON_TRACE
	};

	return kind < BATON_TRACE_KINDS ? names[kind] : NULL;
}

void baton__trace_init(struct baton__trace *trace, const struct baton_trace_sink *sink)
{
	if (!sink)
		return;
	trace->sink = *sink;
	trace->next = sink->block;
	trace->end = sink->block + sink->records;
	trace->half = sink->take ? sink->block + sink->records / 2 : trace->end;
	trace->brim = sink->take ? trace->end - BATON__TRACE_MARGIN : trace->end;
}

void baton__trace_stop(struct baton__trace *trace)
{
	*trace = (struct baton__trace){ 0 };
}

void baton__trace_stats(const struct baton__trace *trace, struct baton_trace_stats *stats)
{
	*stats = (struct baton_trace_stats){
		.records = trace->handed, .lost = trace->lost,
	};
	if (trace->end)
		stats->waiting = (uint32_t)(trace->next - trace->sink.block);
	stats->records += stats->waiting;
}

static void put_lost(struct baton_trace_record *at, const struct baton__trace *trace,
		     uint64_t at_ns)
{
	*at = (struct baton_trace_record){
		.at_ns = at_ns, .kind = BATON_TRACE_LOST, .entity = BATON_NOBODY,
		.a = trace->gap, .b = trace->lost,
	};
}

void baton__trace_hand_over(struct baton__trace *trace)
{
	struct baton_trace_record *block = trace->sink.block;
	uint32_t count = (uint32_t)(trace->next - block);

	if (!count || !trace->sink.take)
		return;
	if (trace->sink.take(trace->sink.context, block, count)) {
		trace->handed += count;
		trace->gap = 0;
		trace->next = block;
		return;
	}
	/* The LOST that the block may begin with is none of those that there were to lose. */
	count -= block->kind == BATON_TRACE_LOST;
	trace->gap += count;
	trace->lost += count;
	put_lost(block, trace, trace->next[-1].at_ns);
	trace->next = block + 1;
}

bool baton__trace_make_room(struct baton__trace *trace, uint64_t at_ns)
{
	uint64_t more;

	baton__trace_hand_over(trace);
	if (trace->next != trace->end)
		return true;
	more = trace->gap ? 1 : 2; /* the first time, that whose place the LOST takes */
	trace->gap += more;
	trace->lost += more;
	put_lost(trace->end - 1, trace, at_ns);
	return false;
}

void baton__trace_pick(struct baton__trace *trace, const struct baton_sched_pick *pick,
		       uint64_t now)
{
	bool nobody = pick->entity == BATON_NOBODY;

	if (!baton__trace_on(trace))
		return;
	baton__trace_tell(trace, BATON_TRACE_PICK, pick->over, pick->entity, now,
			  nobody ? pick->deadline_ns : pick->slice_ns, nobody ? 0 : pick->exits);
	if (pick->skipped != trace->skipped)
		baton__trace_tell(trace, BATON_TRACE_SKIPPED, 0, BATON_NOBODY, now, pick->skipped, 0);
	trace->skipped = pick->skipped;
}

void baton__trace_label(struct baton__trace *trace, baton_entity_t entity, const char *text,
			size_t size, uint64_t now)
{
	for (size_t at = 0; at < size; at += BATON_TRACE_LABEL_PART) {
		uint64_t part[2] = { 0 };

		memcpy(part, text + at, baton__min(size - at, sizeof(part)));
		baton__trace_tell(trace, BATON_TRACE_LABEL, (unsigned)(size - at), entity, now, part[0],
				  part[1]);
	}
}
