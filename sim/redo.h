/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redo.h - decides once more: a policy is told what a trace says that it was told, and must
 * answer what the trace says that it answered.
 *
 * It takes the records of baton/trace.h in their order and heeds those of the policy: ADD,
 * WAKE, PICK, SKIPPED, RAN, REMOVE. A trace that cannot be true (a turn of somebody who is
 * not there) is told from one that differs. The policy `script` goes by what somebody
 * outside said; that is taken from the PICKs, so all that can differ is the rest of a decision.
 */
#ifndef BATON_SIM_REDO_H
#define BATON_SIM_REDO_H

#include <stdbool.h>
#include <stdint.h>

#include "baton/sched.h"

struct baton_trace_record;
struct baton__redo;

enum baton__redo_verdict {
	BATON__REDO_SAME,    /* or it was no decision */
	BATON__REDO_DIFFERS, /* this decision is another one */
	BATON__REDO_WRONG,   /* such a record cannot come here */
};

/* What was decided: as recorded, and now. */
struct baton__redo_decision {
	baton_entity_t entity;
	uint64_t time_ns; /* slice; of nobody: deadline */
	uint64_t exits;
	bool over;
};

struct baton__redo_stats {
	uint64_t decisions;
	struct baton__redo_decision was, is; /* the last one */
	const char *wrong;		     /* why the last record cannot come here: a clause */
};

/* -ENOMEM, or what the policy's init() refuses with, with the diagnostic. */
int baton__redo_create(const struct baton_sched_ops *ops, const struct baton_sched_config *config,
		       uint32_t capacity, struct baton_diag *diag, struct baton__redo **redo);
void baton__redo_destroy(struct baton__redo *redo);

/* The next record. After anything but SAME nothing more may be fed. */
enum baton__redo_verdict baton__redo_feed(struct baton__redo *redo,
					  const struct baton_trace_record *record);

void baton__redo_stats(const struct baton__redo *redo, struct baton__redo_stats *stats);

#endif
