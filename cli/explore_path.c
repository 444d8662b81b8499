/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_path.c - goes a schedule again in the model, and looks at the code as it does.
 */
#include "explore_path.h"

#include <stdlib.h>

#include "heap.h"

void explore_path_of(struct explore_path *path, struct exploration *e, const struct move *moves,
		     size_t count)
{
	struct symbols **symbols = explore_symbols_open(e->scenario);
	struct state *state = model_new_state();

	*path = (struct explore_path){ .steps = heap_zeroed(count + 1, sizeof(*path->steps)) };
	if (state)
		model_first(&e->model, state, NULL);
	for (; state && path->count < count; path->count++) {
		struct explore_step *step = &path->steps[path->count];

		explore_step_look(step, e, symbols, state, moves[path->count]);
		explore_step_make(step, e, state, NULL);
	}
	/* It moves no more: what was noted of nodes holds from here on. */
	path->stands = heap_zeroed(e->scenario->vm_count, sizeof(*path->stands));
	path->ended = heap_zeroed(e->scenario->vm_count, sizeof(*path->ended));
	for (size_t i = 0; state && i < e->scenario->vm_count; i++) {
		enum node_kind kind = machines_node(e->machines, state->node[i])->kind;

		path->ended[i] = kind == NODE_ENDED || kind == NODE_DEAD || kind == NODE_LOST;
		if (!path->ended[i])
			explore_step_look(&path->stands[i], e, symbols, state,
					  (struct move){ (uint8_t)i, MOVE_STEP, 0 });
	}
	model_free_state(state);
	explore_symbols_close(e->scenario, symbols);
}

void explore_path_init(struct explore_path *path, struct exploration *e)
{
	explore_path_of(path, e, e->search.path, e->search.path_length);
}

void explore_path_fini(struct explore_path *path)
{
	free(path->steps);
	free(path->stands);
	free(path->ended);
	*path = (struct explore_path){ 0 };
}
