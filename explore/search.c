/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search.c - begins and ends searches, and judges what they come to.
 */
#include "search.h"

#include <errno.h>
#include <stdlib.h>

#include "finding.h"

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = { "verified", "violated", "deadlock", "livelock",
					     "bound reached", "refused" };

	return names[verdict];
}

const char *search_order_name(enum search_order order)
{
	static const char *const names[] = { "breadth", "depth", "random", "pct" };

	return names[order];
}

enum move_end finding_first(struct search *s, struct state *state, struct baton_diag *diag)
{
	if (!s->config.first)
		return model_first(s->model, state, diag);
	if (model_copy(s->model, s->config.first, state))
		return MOVE_DONE;
	baton_diag_set(diag, -ENOMEM, "explore", "out of memory");
	return MOVE_ERROR;
}

uint32_t finding_add_state(struct search *s, const struct state *state, bool *is_new)
{
	size_t need = MODEL_BYTES(s->model);

	if (need > s->code_room) {
		void *code = realloc(s->code, 2 * need);

		if (!code)
			return STORE_NONE;
		s->code = code;
		s->code_room = 2 * need;
	}
	return store_add(&s->states, s->code, model_encode(s->model, state, s->code), is_new);
}

int finding_of_move(struct search *s, enum move_end end, const struct state *after)
{
	if (end == MOVE_ERROR)
		return -EIO;
	s->verdict = end == MOVE_DIED ? VERDICT_VIOLATED : VERDICT_REFUSED;
	for (uint32_t i = 0; i < s->model->count; i++) {
		const struct node *n = machines_node(s->model->machines, after->node[i]);

		if (n->kind != (end == MOVE_DIED ? NODE_DEAD : NODE_LOST))
			continue;
		s->vm = i;
		s->node = after->node[i];
		s->why = n->why;
		break;
	}
	return 1;
}

int finding_of_end(struct search *s, const struct state *state)
{
	if (!model_is_final(s->model, state)) {
		s->verdict = VERDICT_DEADLOCK;
		return 1;
	}
	s->finals++;
	if (s->config.judge)
		s->why = s->config.judge(s->config.context, s->model, state);
	if (s->why)
		s->verdict = VERDICT_VIOLATED;
	return s->why ? 1 : 0;
}

int finding_of_bound(struct search *s, const char *which)
{
	s->verdict = VERDICT_BOUND;
	s->why = which;
	return 1;
}

int search_run(struct search *s, const struct search_config *config, struct model *model,
	       struct baton_diag *diag)
{
	*s = (struct search){ .config = *config, .model = model, .verdict = VERDICT_VERIFIED,
			      .reduction = { .model = model } };
	switch (config->order) {
	case SEARCH_BREADTH:
		return search_breadth(s, diag);
	case SEARCH_DEPTH:
		return search_depth(s, diag);
	default:
		return search_walks(s, diag);
	}
}

void search_fini(struct search *s)
{
	reduction_fini(&s->reduction);
	store_fini(&s->states);
	free(s->code);
	free(s->origins);
	free(s->links);
	free(s->good);
	free(s->leads);
	free(s->path);
	*s = (struct search){ 0 };
}
