/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reduction.h - which moves of a state need not be put off: those that nothing which the
 * others may still do can tell from later ones.
 *
 * Two moves are independent if they touch no common word of shared memory, or only read it,
 * and not both devices. What a VM may still touch is the *footprint* of its node: that of all
 * edges behind it that are known. Of a state, one VM's next move (or the landing of its oldest
 * store) is enough, if no footprint of another VM meets it: a persistent set (Godefroid 1996).
 * A node that nobody has seen yet might touch anything. So the search is repeated, with
 * footprints of what the last one has found, until it finds no new edge; that last one saw
 * all that it had to.
 *
 * Kept are deaths, ends of all kinds, and deadlocks; not how long the way there is, nor cycles.
 */
#ifndef BATON_EXPLORE_REDUCTION_H
#define BATON_EXPLORE_REDUCTION_H

#include "model.h"

struct reduction {
	struct model *model;
	size_t nodes, words; /* that are known … */
	size_t row;	     /* … and 64-bit words of a set of them */
	uint64_t *reads, *writes; /* sets of words, per node */
	uint8_t *devices;	  /* per node: are devices asked or told? */
	bool has_devices;	  /* that can tell */
	size_t edges;		  /* that the footprints are of */
};

/* Begin with { .model = … }. */
void reduction_fini(struct reduction *reduction);

/* Footprints of all that is known now. 0 or -ENOMEM. */
int reduction_learn(struct reduction *reduction);

/* Has an edge been found since? */
bool reduction_is_stale(const struct reduction *reduction);

/* May a VM, or its queue, still touch what others touch: a word (UINT32_MAX: none), or devices? */
bool reduction_meets(const struct reduction *reduction, const struct state *state, uint32_t vm,
		     uint32_t word, bool writes, bool devices);

/*
 * The k-th set of moves, from 0, that would do for a state; how many they are. 0: there is no
 * k-th. `moves` has room for MODEL_MOVES.
 */
size_t reduction_moves(const struct reduction *reduction, const struct state *state, unsigned k,
		       struct move *moves);

#endif
