/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redo.c - see redo.h. What a policy may rely on (who is there, whose turn it is) is checked
 * before it is told, for a file may say anything.
 */
#include "sim/redo.h"

#include <errno.h>
#include <stdlib.h>

#include "baton/trace.h"

struct baton__redo {
	const struct baton_sched_ops *ops;
	struct baton_script script;
	void *policy;
	bool *there; /* by entity: added, and not removed */
	uint32_t capacity;
	baton_entity_t turn; /* whose it is, or BATON_NOBODY */
	baton_entity_t scripted; /* what the script says next */
	bool by_script;
	struct baton__redo_stats stats;
};

static baton_entity_t next_of(void *context)
{
	struct baton__redo *redo = context;
	baton_entity_t e = redo->scripted;

	redo->scripted = BATON_NOBODY;
	return e;
}

static enum baton__redo_verdict wrong(struct baton__redo *redo, const char *why)
{
	redo->stats.wrong = why;
	return BATON__REDO_WRONG;
}

static enum baton__redo_verdict decide(struct baton__redo *redo, const struct baton_trace_record *r)
{
	struct baton__redo_decision *was = &redo->stats.was, *is = &redo->stats.is;
	struct baton_sched_pick pick;

	if (r->entity != BATON_NOBODY && (r->entity >= redo->capacity || !redo->there[r->entity]))
		return wrong(redo, "gives the turn to a VM that is not there");
	if (redo->turn != BATON_NOBODY)
		return wrong(redo, "is a decision in the middle of a turn");
	/* It read on through entries that were passed over; which, nobody recorded. */
	if (redo->by_script && r->entity == BATON_NOBODY && !r->detail && r->a != UINT64_MAX) {
		redo->stats.decisions++;
		return BATON__REDO_SAME;
	}
	redo->scripted = r->entity;
	pick = redo->ops->pick(redo->policy, r->at_ns);
	*was = (struct baton__redo_decision){ r->entity, r->a, r->b, r->detail };
	*is = (struct baton__redo_decision){
		pick.entity, pick.entity == BATON_NOBODY ? pick.deadline_ns : pick.slice_ns,
		pick.exits, pick.over,
	};
	redo->stats.decisions++;
	if (was->entity != is->entity || was->time_ns != is->time_ns || was->over != is->over)
		return BATON__REDO_DIFFERS;
	if (is->entity != BATON_NOBODY && was->exits != is->exits)
		return BATON__REDO_DIFFERS;
	redo->turn = r->entity;
	return BATON__REDO_SAME;
}

static enum baton__redo_verdict add(struct baton__redo *redo, const struct baton_trace_record *r)
{
	const struct baton_sched_entity what = { .weight = r->a };

	if (r->entity >= redo->capacity)
		return wrong(redo, "names a VM beyond the header's capacity");
	if (redo->ops->add(redo->policy, r->entity, &what, r->at_ns, NULL))
		return wrong(redo, "adds a VM that the policy refuses");
	redo->there[r->entity] = true;
	return BATON__REDO_SAME;
}

enum baton__redo_verdict baton__redo_feed(struct baton__redo *redo,
					  const struct baton_trace_record *r)
{
	bool tells = r->kind == BATON_TRACE_WAKE || r->kind == BATON_TRACE_RAN ||
		     r->kind == BATON_TRACE_REMOVE;

	if (r->kind == BATON_TRACE_ADD)
		return add(redo, r);
	if (r->kind == BATON_TRACE_PICK)
		return decide(redo, r);
	if (!tells)
		return BATON__REDO_SAME;
	if (r->entity >= redo->capacity || !redo->there[r->entity])
		return wrong(redo, "is of a VM that is not there");
	if (r->kind == BATON_TRACE_WAKE) {
		redo->ops->wake(redo->policy, r->entity, r->at_ns);
		return BATON__REDO_SAME;
	}
	if (r->kind == BATON_TRACE_RAN) {
		if (redo->turn != r->entity)
			return wrong(redo, "ends a turn that its VM does not have");
		if (r->detail > BATON_WHY_END)
			return wrong(redo, "ends a turn for no reason that there is");
		redo->ops->ran(redo->policy, r->entity, r->a, (enum baton_why)r->detail, r->at_ns);
		redo->turn = BATON_NOBODY;
		return BATON__REDO_SAME;
	}
	redo->ops->remove(redo->policy, r->entity, r->at_ns);
	redo->there[r->entity] = false;
	if (redo->turn == r->entity)
		redo->turn = BATON_NOBODY;
	return BATON__REDO_SAME;
}

int baton__redo_create(const struct baton_sched_ops *ops, const struct baton_sched_config *config,
		       uint32_t capacity, struct baton_diag *diag, struct baton__redo **out)
{
	struct baton__redo *redo = calloc(1, sizeof(*redo));
	struct baton_sched_config settings = *config;
	int error = -ENOMEM;

	if (!redo)
		return error;
	redo->ops = ops;
	redo->capacity = capacity;
	redo->by_script = ops == baton_policy("script");
	redo->turn = redo->scripted = BATON_NOBODY;
	redo->script = (struct baton_script){ next_of, redo };
	settings.script = &redo->script;
	redo->policy = calloc(1, ops->size(capacity));
	redo->there = calloc(capacity ? capacity : 1, sizeof(*redo->there));
	if (redo->policy && redo->there)
		error = ops->init(redo->policy, capacity, &settings, diag);
	if (error)
		baton__redo_destroy(redo);
	else
		*out = redo;
	return error;
}

void baton__redo_destroy(struct baton__redo *redo)
{
	if (!redo)
		return;
	free(redo->policy);
	free(redo->there);
	free(redo);
}

void baton__redo_stats(const struct baton__redo *redo, struct baton__redo_stats *stats)
{
	*stats = redo->stats;
}
