/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.h - a run by its record: turns and times are those on record, and every
 * exit is compared. The first difference ends the run.
 */
#ifndef BATON_CLI_REPLAY_H
#define BATON_CLI_REPLAY_H

#include <stdio.h>

#include "baton/baton.h"
#include "yaml_reader.h" /* struct yaml_error */

struct scenario;

/* A line of a turn: an exit, or a time. */
struct replay_event {
	char text[120]; /* as in the record, without its end */
	uint64_t line;
};

struct replay {
	FILE *file;
	const struct scenario *scenario;
	uint64_t seed;	 /* as on record */
	uint64_t line;	 /* the last that was read */
	struct replay_event *events; /* of the turn under way … */
	size_t count, at;	     /* … and how far they have come to pass */
	uint64_t turns;
	bool whole; /* the record's end has been read */

	struct baton_host *host; /* stopped at a difference; set by its owner */
	char difference[400];	 /* or "" */

	const struct baton_observer *next;
	void *next_context;
	struct baton_observer observer;
	struct baton_choices choices;
	struct baton_script script; /* for the policy: its context is this object */
};

/* The policy whose turns are those on record; its settings' script is the replay's. */
extern const struct baton_sched_ops replay_policy;

/*
 * Reads the head, and the end, of a record. 0, or -EINVAL with `error` where the file
 * is no record, is cut, belongs to another scenario, or says that it cannot be
 * replayed. On success replay_close() closes it, and it must not move.
 */
int replay_open(struct replay *replay, const char *path, const struct scenario *scenario,
		struct yaml_error *error);
void replay_close(struct replay *replay);

/* After the run: has everything on record come to pass? If not, `difference` says so. */
bool replay_finish(struct replay *replay);

#endif
