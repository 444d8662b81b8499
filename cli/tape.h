/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tape.h - `--record FILE` and `--replay FILE`: what either means for a run.
 */
#ifndef BATON_CLI_TAPE_H
#define BATON_CLI_TAPE_H

#include "cloud.h"
#include "conductor.h"
#include "record.h"
#include "replay.h"
#include "status.h"

struct run_options;
struct show_lines;

struct tape {
	const char *path; /* NULL: there is none */
	bool replays;
	FILE *file; /* of a recorder */
	struct recorder recorder;
	struct replay replay;
	bool conducts; /* what is replayed is a schedule */
	struct conductor conductor;
	struct cloud_tape cloud;
};

/*
 * Opens the file that the options name, if they do. A replay takes its seed from the
 * record, or the schedule, goes on to its end, and drops the expectations, which are about
 * times. 0, or -EINVAL with `error`. On success tape_close() closes it.
 */
int tape_open(struct tape *tape, const struct run_options *options, struct scenario *scenario,
	      struct yaml_error *error);
void tape_close(struct tape *tape);

/* For cloud_create(): what it is to use, or NULL. `lines` are told everything too. */
const struct cloud_tape *tape_begin(struct tape *tape, const struct scenario *scenario,
				    const struct show_lines *lines);

/* After the run. Says on stderr how a replay went. STATUS_MET, STATUS_UNMET or STATUS_USAGE. */
enum status tape_end(struct tape *tape, const struct cloud *cloud);

#endif
