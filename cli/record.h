/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - a run on record: what it took from outside of its guests, and every
 * exit, as lines of text.
 *
 *	baton-record 1
 *	scenario HASH                 of the VMs and their images, and of the file
 *	seed N
 *	exit VM KIND ADDR SIZE COUNT DATA
 *	time VM NS                    what the call `time` returned
 *	turn VM EXITS                 ends the lines of a turn
 *	end                           the record is whole …
 *	cannot-be-replayed REASON     … or says why a second run may differ
 *
 * VMs go by their number in the scenario, from 1. A guest that is given the same
 * turns, each as many exits long, the same times and the same random numbers does the
 * same, since it can tell time by nothing else; what lets it is a reason above.
 */
#ifndef BATON_CLI_RECORD_H
#define BATON_CLI_RECORD_H

#include <stdio.h>

#include "baton/baton.h"
#include "yaml_reader.h" /* struct yaml_error */

struct cloud;
struct scenario;

#define RECORD_VERSION 1

/* What a record calls a scenario: two that differ hardly ever have the same. */
uint64_t record_hash(const struct scenario *scenario);

/*
 * Sees a run. Whoever saw it before is told as well: `next` with `next_context`. All
 * are borrowed.
 */
struct recorder {
	FILE *file;
	const struct scenario *scenario;
	const struct baton_observer *next;
	void *next_context;
	struct baton_observer observer; /* for the host, with the recorder as context */
	struct baton_choices choices;
	const struct baton_vm *on_turn; /* whose lines are the last ones, or NULL */
	uint64_t exits;			/* of that turn, as the host counts them */
};

/* Writes the head. The file is closed by its owner. */
void recorder_begin(struct recorder *recorder, FILE *file, const struct scenario *scenario,
		    const struct baton_observer *next, void *next_context);

/* Writes the end, after the run. 0, or -errno of writing. */
int recorder_end(struct recorder *recorder, const struct cloud *cloud);

/* Why a run of this scenario may differ from a second one, or NULL. */
const char *record_obstacle(const struct scenario *scenario);

#endif
