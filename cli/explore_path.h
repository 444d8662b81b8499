/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_path.h - a schedule, move by move, in words.
 */
#ifndef BATON_CLI_EXPLORE_PATH_H
#define BATON_CLI_EXPLORE_PATH_H

#include "explore_step.h"

struct explore_path {
	struct explore_step *steps;
	size_t count;
	struct explore_step *stands; /* per VM: what it would do next, and cannot, or to no end … */
	bool *ended;		     /* … unless it has ended */
};

/*
 * Goes the way that was found again, or any other from the first state, whose moves have all
 * been made before. explore_path_fini() frees what is in it.
 */
void explore_path_init(struct explore_path *path, struct exploration *exploration);
void explore_path_of(struct explore_path *path, struct exploration *exploration,
		     const struct move *moves, size_t count);
void explore_path_fini(struct explore_path *path);

#endif
