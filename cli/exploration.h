/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exploration.h - a scenario that is explored: its VMs, the search through what they can do,
 * and how that compares with what the scenario says.
 */
#ifndef BATON_CLI_EXPLORATION_H
#define BATON_CLI_EXPLORATION_H

#include "cloud.h"
#include "explore/search.h"
#include "outlet.h"
#include "show.h"
#include "terminal.h"

/* A way in which all can end, and how many states have it. */
struct exploration_outcome {
	const uint32_t *values; /* statuses of all VMs, then words */
	uint64_t states;
	bool expected; /* or nothing is said of outcomes */
};

struct exploration {
	const struct scenario *scenario;
	enum memory_model memory;
	struct terminal *terminal; /* of the progress line */
	struct cloud cloud;
	struct outlet outlet; /* where guests would write */
	struct show_lines lines;
	struct terminal silent;
	int null_fd;
	struct machines *machines;
	struct model model;
	struct search search;
	uint64_t began_ns, took_ns;

	struct store outcomes;
	uint64_t *outcome_states;
	uint64_t round; /* of the search, which these are of */
	size_t width; /* values of each */
	char wrong[200]; /* with an end, for the verdict */
	volatile bool stop; /* set by a signal's handler: the search ends */
};

/*
 * Makes the VMs and takes them to their first accesses. STATUS_MET, or another with `error`.
 * exploration_end() after either.
 */
enum status exploration_begin(struct exploration *exploration, const struct scenario *scenario,
			      enum memory_model memory, struct terminal *terminal,
			      struct yaml_error *error);
void exploration_end(struct exploration *exploration);

/*
 * What is wrong with a state in which all have ended, as the scenario has it, or NULL. Static
 * until the next call.
 */
const char *exploration_judge(struct exploration *exploration, const struct state *state);

/* Searches, perhaps once more. `config` says the bounds. Errors as above. */
enum status exploration_search(struct exploration *exploration, const struct search_config *config,
			       struct yaml_error *error);

/* The i-th outcome that was found. False: there are no more. */
bool exploration_outcome(const struct exploration *exploration, size_t i,
			 struct exploration_outcome *outcome);

/* Expected outcomes that were not found: how many, and the first of them. */
size_t exploration_missing(const struct exploration *exploration, const uint64_t **first);

/* What the scenario says that is to be found under this memory model, or NULL. */
const char *exploration_claim(const struct exploration *exploration);

/* Is it as the scenario says; or, if that says nothing, verified? */
bool exploration_is_met(const struct exploration *exploration);

#endif
