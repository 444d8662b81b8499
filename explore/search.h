/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search.h - goes through the states that moves lead to, until one is found that must not be.
 *
 * In breadth (breadth.c): the near ones first, all of them. What it says holds for all schedules of
 * the very programs that ran: `verified` means that every state was seen, and none was wrong.
 * A schedule that it finds is one of the shortest. In depth (depth.c): as few of them as tell
 * all ends, deaths and deadlocks. By schedules (walks.c): as many as are
 * wanted, by chance; what they do not find may be there all the same.
 */
#ifndef BATON_EXPLORE_SEARCH_H
#define BATON_EXPLORE_SEARCH_H

#include "model.h"
#include "reduction.h"
#include "store.h"

struct search;

enum verdict {
	VERDICT_VERIFIED,
	VERDICT_VIOLATED, /* a VM died, or the end is not as it should be */
	VERDICT_DEADLOCK, /* some have not ended, and nobody can go on */
	VERDICT_LIVELOCK, /* they can go on for ever, and nobody ever gets anywhere */
	VERDICT_BOUND,	  /* nothing was found within the bounds */
	VERDICT_REFUSED,  /* a VM does what cannot be explored */
	VERDICTS
};

const char *verdict_name(enum verdict verdict);

enum search_order {
	SEARCH_BREADTH,
	SEARCH_DEPTH, /* of moves that do not race, one order; neither shortest schedules nor livelocks */
	SEARCH_RANDOM, /* schedules in which each move is as likely as the others */
	SEARCH_PCT, /* VMs have priorities, which change now and then (Burckhardt et al. 2010) */
	SEARCH_ORDERS
};

const char *search_order_name(enum search_order order);

struct search_config {
	enum search_order order;
	uint64_t walks, seed; /* RANDOM, PCT: how many schedules, and where chance begins */
	const struct state *first; /* where to begin; NULL: where the VMs begin. Borrowed */
	unsigned threads; /* BREADTH, unless it reduces: that look ahead, or 0; what is found is the same */
	bool reduces;	 /* leaves out moves that can be put off: see reduction.h */
	uint64_t steps;	 /* moves of a schedule at most; UINT64_MAX */
	uint64_t states; /* at most */
	uint64_t bytes;	 /* of memory, about */
	/* A state in which all have ended: NULL, or what is wrong with it. May be NULL. */
	const char *(*judge)(void *context, const struct model *model, const struct state *state);
	/* Now and then; true: stop. May be NULL. */
	bool (*progress)(void *context, const struct search *search);
	void *context;
};

struct search {
	struct search_config config;
	struct model *model;
	struct reduction reduction;
	struct store states; /* encoded … */
	void *code;	     /* … here, before they are noted */
	size_t code_room;
	struct search_origin { /* per state: the one before, and the move from there */
		uint32_t from;
		struct move move;
	} *origins;
	size_t origin_room;
	uint8_t *good; /* per state: all have ended, or a move from it shows that they get on */
	uint16_t *leads; /* per state: to how many others its moves lead … */
	uint32_t *links; /* … and to which, state by state */
	size_t link_count, link_room;
	uint32_t at;   /* the state that is expanded now */
	uint32_t level_end;
	uint64_t depth; /* of that state */
	uint64_t moves; /* made so far */
	uint64_t finals;
	uint64_t rounds; /* of the search, with `reduces` */
	uint64_t walks;	 /* schedules that were gone to their end */
	bool cut; /* a state as deep as the bound has moves, which were not made */

	enum verdict verdict;
	const char *why;  /* VIOLATED by the judge, REFUSED; BOUND: which; or NULL */
	uint32_t vm;	  /* that died, or that is refused, … */
	uint32_t node;	  /* … and where it stands then */
	struct move *path; /* from the first state of the search to what was found */
	size_t path_length;
};

/* 0, or -errno with a diagnostic. search_fini() after either. The model is borrowed. */
int search_run(struct search *search, const struct search_config *config, struct model *model,
	       struct baton_diag *diag);
void search_fini(struct search *search);

#endif
