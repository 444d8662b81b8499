/* SPDX-License-Identifier: Apache-2.0 */
/*
 * play.h - a schedule that is made by hand: moves that were made, and those that were taken
 * back and can be made again.
 */
#ifndef BATON_CLI_PLAY_H
#define BATON_CLI_PLAY_H

#include "explore_cells.h"
#include "explore_step.h"

struct play {
	struct exploration *e;
	struct symbols **symbols;
	struct move *moves; /* those that were made; behind them, those that redoing makes */
	size_t count, made;
	struct state *state, *before; /* now, and before the last move */
	enum move_end end;	      /* of the last move, or of the VMs' beginning */
	struct explore_step last;     /* if any was made; its node may be gone */
	uint32_t inside[MACHINES_MAX]; /* sections that a VM is in; a bit each */
	struct explore_cells cells;   /* that have come up so far */
	char said[700];		      /* what the last command came to, in words */
	struct baton_diag diag;	      /* of MOVE_ERROR */
	volatile bool searches;	      /* now: exploration.stop ends it */
};

/* At the beginning of an exploration, which is borrowed. play_fini() after either. 0 or -ENOMEM. */
int play_init(struct play *play, struct exploration *exploration);
void play_fini(struct play *play);

/* All moves that there are now, as model_moves(); none after a death. */
size_t play_moves(const struct play *play, struct move *moves);

/* Makes a move that there is. What was to be redone is forgotten, unless it is that. */
void play_move(struct play *play, struct move move);

/* Goes to where so many moves are made, of those that are known. */
void play_go(struct play *play, size_t made);

/* Searches from here on. What is found can be redone. */
void play_search(struct play *play);

/* Writes the moves that were made. 0, or -errno of writing. */
int play_write(struct play *play, const char *file);

#endif
