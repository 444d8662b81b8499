/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_path.h - the schedule that was found, move by move, in words.
 */
#ifndef BATON_CLI_EXPLORE_PATH_H
#define BATON_CLI_EXPLORE_PATH_H

#include "exploration.h"
#include "symbols.h"

/* One move. */
struct explore_step {
	struct move move;
	const struct node *node; /* where its VM stood; of a store that lands, NULL */
	bool writes;		 /* READ: and writes, in one */
	uint64_t value, stored;	 /* what was read, written, passed or chosen; what an atomic one wrote */
	size_t region;		 /* SIZE_MAX: no access to one */
	uint32_t offset;
	unsigned size;
	uint64_t queued;	 /* stores of the VM on their way, after the move */

	struct symbols_place place; /* in its image, as far as it has symbols */
	char instruction[96];	    /* or "" */
	char text[128];		    /* what the move does */
};

struct explore_path {
	struct explore_step *steps;
	size_t count;
};

/* Goes the way again. explore_path_fini() frees what is in it. */
void explore_path_init(struct explore_path *path, struct exploration *exploration);
void explore_path_fini(struct explore_path *path);

#endif
