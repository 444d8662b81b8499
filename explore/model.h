/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model.h - states of all VMs together, and the moves between them.
 *
 * A state is where each VM stands in its automaton, what is in shared memory, what devices
 * are, and, under `tso`, what stores of each VM are still on their way. Under `sc` a store
 * is seen by all at once (Lamport 1979). Under `tso` each VM has a queue: its stores enter
 * it, its loads look there first, and the oldest one may *land* in memory at any time; an atomic
 * instruction, a fence and a call wait until it is empty (Owens, Sarkar and Sewell 2009).
 */
#ifndef BATON_EXPLORE_MODEL_H
#define BATON_EXPLORE_MODEL_H

#include "machines.h"

#define MODEL_QUEUE 16 /* stores on their way; then a store waits */

enum memory_model { MEMORY_SC, MEMORY_TSO };

struct model_store {
	uint32_t word; /* number of eight bytes of shared memory */
	uint8_t shift, size; /* where in it */
	uint64_t value;
};

enum waiting { NOT_WAITING, WAITING, WOKEN };

struct state {
	uint32_t devices;
	uint32_t node[MACHINES_MAX];
	uint8_t waits[MACHINES_MAX]; /* for its device: enum waiting */
	uint8_t queued[MACHINES_MAX];
	struct model_store queue[MACHINES_MAX][MODEL_QUEUE]; /* the oldest first */
	uint32_t word_count, word_room;
	uint64_t *words;
};

enum move_kind { MOVE_STEP, MOVE_LAND };

struct move {
	uint8_t vm;
	uint8_t kind;
	uint8_t choice;
};

enum move_end {
	MOVE_DONE,
	MOVE_DIED,  /* the VM has; the state is that of its death */
	MOVE_LOST,  /* it does what cannot be explored */
	MOVE_ERROR, /* the host failed; or, where the model is fixed, it is not known */
};

struct model {
	enum memory_model memory;
	struct machines *machines;
	uint32_t count;
	uint32_t **word_of; /* per region and eight bytes: a word's number plus 1; 0: none yet */
	uint64_t *region_words;
	uint32_t regions;
	uint32_t words, word_room;
	bool fixed; /* a copy for a look ahead: no VM is asked, and no word gets a number */
	struct model_place { /* of a word */
		uint32_t region, offset;
	} *places;
};

/* `sizes` of the regions. 0 or -ENOMEM. model_fini() after either. */
int model_init(struct model *model, enum memory_model memory, struct machines *machines,
	       const uint64_t *sizes, uint32_t regions);
void model_fini(struct model *model);

/* States are made and freed here, as their words are. NULL: no memory. */
struct state *model_new_state(void);
void model_free_state(struct state *state);
bool model_copy(const struct model *model, const struct state *from, struct state *to);

/* The first state; MOVE_DIED or MOVE_LOST if a VM is already. */
enum move_end model_first(struct model *model, struct state *state, struct baton_diag *diag);

/* Bytes that are the same for the same states, and back. Room for MODEL_BYTES(model). */
#define MODEL_BYTES(model)                                                                       \
	(((model)->count * (3 + 3 * MODEL_QUEUE) + 2 + 2 * ((model)->words + 4)) * sizeof(uint32_t))
size_t model_encode(const struct model *model, const struct state *state, void *bytes);
bool model_decode(const struct model *model, const void *bytes, size_t size, struct state *state);

/* All moves that a state has, in order. At most MODEL_MOVES of them; their number. */
#define MODEL_MOVES 4096
size_t model_moves(const struct model *model, const struct state *state, struct move *moves);

/* Makes a move. */
enum move_end model_move(struct model *model, struct state *state, struct move move,
			 struct baton_diag *diag);

/* Does a VM's way between two nodes show that it gets on? It enters a section, or ends. */
bool model_gets_on(const struct model *model, uint32_t before, uint32_t after);

/* All VMs have ended, and all stores have landed. */
bool model_is_final(const struct model *model, const struct state *state);

/* What a load of a VM at a READ node gives now; false: it has to wait for its own stores. */
bool model_load(const struct model *model, const struct state *state, const struct node *node,
		uint64_t *value);

/* The number of the eight bytes that hold some; they get one. UINT32_MAX: no memory. */
uint32_t model_word(struct model *model, uint32_t region, uint32_t offset);

/* Bytes of shared memory as they are, without what is on its way. */
uint64_t model_peek(const struct model *model, const struct state *state, uint32_t region,
		    uint32_t offset, unsigned size);

#endif
