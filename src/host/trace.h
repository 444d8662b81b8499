/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.h - the records of a run, on their way into the caller's block: see baton/trace.h.
 *
 * Who is not traced pays a comparison of two pointers per cut. A block is handed over where
 * the time that this takes belongs to the switch: between turns, and in the middle of one
 * only when BATON__TRACE_MARGIN records are not left, which is more than there are
 * between two such places: an entry, an exit, a label, its handler. Reads no clock.
 */
#ifndef BATON_HOST_TRACE_H
#define BATON_HOST_TRACE_H

#include "baton/baton.h"
#include "baton/trace.h"

#define BATON__TRACE_MARGIN 16

struct baton__trace {
	struct baton_trace_record *next, *end; /* of the block; NULL: not traced */
	/* Past these it is handed over between turns, or within one; NULL or `end`: never. */
	struct baton_trace_record *half, *brim;
	struct baton_trace_sink sink;
	uint64_t handed, lost;
	uint64_t gap;	  /* of the lost, those that the next LOST stands for */
	uint64_t skipped; /* as of the last SKIPPED */
};

/* All zero before. NULL: not traced. */
void baton__trace_init(struct baton__trace *trace, const struct baton_trace_sink *sink);

/* No more records, and no more calls of take(). */
void baton__trace_stop(struct baton__trace *trace);

void baton__trace_stats(const struct baton__trace *trace, struct baton_trace_stats *stats);

/* Empties the block, if there is a take(). */
void baton__trace_hand_over(struct baton__trace *trace);

/* The block is full: is there room now? If not, a record of that time is lost, and counted. */
bool baton__trace_make_room(struct baton__trace *trace, uint64_t at_ns);

static inline bool baton__trace_on(const struct baton__trace *trace)
{
	return __builtin_expect(trace->end != NULL, 0);
}

static inline void baton__trace_put(struct baton__trace *trace, struct baton_trace_record record)
{
	if (__builtin_expect(trace->next == trace->end, 0) &&
	    !baton__trace_make_room(trace, record.at_ns))
		return;
	*trace->next++ = record;
}

/* Another cut, with the VM whose account it cuts too, or BATON_NOBODY. Inline: bench/instructions. */
static inline void baton__trace_cut(struct baton__trace *trace, enum baton_trace_kind kind,
				    baton_entity_t entity, uint64_t now)
{
	if (baton__trace_on(trace))
		baton__trace_put(trace, (struct baton_trace_record){
			.at_ns = now, .kind = (uint8_t)kind, .entity = entity,
			.detail = kind == BATON_TRACE_RUN ? BATON_TRACE_NO_EXIT : 0,
		});
}

/* KVM_RUN came back with an exit. */
static inline void baton__trace_exit(struct baton__trace *trace, baton_entity_t entity,
				     const struct baton_exit *exit, uint64_t now)
{
	uint64_t a = exit->addr;

	if (!baton__trace_on(trace))
		return;
	if (exit->kind <= BATON_EXIT_IO_OUT)
		a |= (uint64_t)exit->count << 32;
	else if (exit->kind == BATON_EXIT_UNKNOWN)
		a = exit->reason;
	baton__trace_put(trace, (struct baton_trace_record){
		.at_ns = now, .kind = BATON_TRACE_RUN, .detail = (uint8_t)exit->kind,
		.size = exit->size, .entity = entity, .a = a, .b = exit->data,
	});
}

/* Of a host that is traced: a handler came back; `exit` has by now the datum of a read. */
static inline void baton__trace_served(struct baton__trace *trace, baton_entity_t entity,
				       const struct baton_exit *exit, bool done, uint64_t now)
{
	baton__trace_put(trace, (struct baton_trace_record){
		.at_ns = now, .kind = BATON_TRACE_HANDLER, .detail = done, .entity = entity,
		.b = exit->data,
	});
}

/* What is said to the policy. */
static inline void baton__trace_tell(struct baton__trace *trace, enum baton_trace_kind kind,
				     unsigned detail, baton_entity_t entity, uint64_t now,
				     uint64_t a, uint64_t b)
{
	if (baton__trace_on(trace))
		baton__trace_put(trace, (struct baton_trace_record){
			.at_ns = now, .kind = (uint8_t)kind, .detail = (uint8_t)detail,
			.entity = entity, .a = a, .b = b,
		});
}

/* What it answers. */
void baton__trace_pick(struct baton__trace *trace, const struct baton_sched_pick *pick,
		       uint64_t now);

/* What a guest says: printable, at most BATON_LABEL_MAX bytes. */
void baton__trace_label(struct baton__trace *trace, baton_entity_t entity, const char *text,
			size_t size, uint64_t now);

#endif
