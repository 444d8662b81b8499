/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tape.c - records a run, or replays one.
 */
#include "tape.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "run_options.h"
#include "scenario.h"
#include "show.h"
#include "units.h"

static int open_record(struct tape *tape, struct yaml_error *error)
{
	tape->file = fopen(tape->path, "we");
	if (tape->file)
		return 0;
	error->at = (struct place){ 0, 0 };
	snprintf(error->text, sizeof(error->text), "cannot write %.200s: %s", tape->path,
		 strerror(errno));
	return -EINVAL;
}

static int open_replay(struct tape *tape, struct scenario *scenario, struct yaml_error *error)
{
	int result = replay_open(&tape->replay, tape->path, scenario, error);

	if (result)
		return result;
	result = conductor_init(&tape->conductor, tape->replay.file, tape->path, scenario, error);
	if (result < 0) {
		replay_close(&tape->replay);
		return result;
	}
	tape->conducts = !result;
	scenario->seed = tape->replay.seed;
	scenario->for_ns = BATON_FOREVER;
	scenario_drop_expectations(scenario);
	return 0;
}

int tape_open(struct tape *tape, const struct run_options *options, struct scenario *scenario,
	      struct yaml_error *error)
{
	const char *record = options->given[RUN_OPTION_RECORD];
	const char *replay = options->given[RUN_OPTION_REPLAY];

	*tape = (struct tape){ .path = replay ? replay : record, .replays = replay };
	if (record && replay) {
		error->at = (struct place){ 0, 0 };
		snprintf(error->text, sizeof(error->text),
			 "--record and --replay; expected one of them");
		return -EINVAL;
	}
	if (!tape->path)
		return 0;
	return replay ? open_replay(tape, scenario, error) : open_record(tape, error);
}

void tape_close(struct tape *tape)
{
	if (tape->file)
		fclose(tape->file);
	if (tape->path && tape->replays)
		replay_close(&tape->replay);
	conductor_fini(&tape->conductor);
}

static bool next_move(void *conductor, const struct cloud *cloud)
{
	return conductor_next(conductor, cloud);
}

const struct cloud_tape *tape_begin(struct tape *tape, const struct scenario *scenario,
				    const struct show_lines *lines)
{
	struct replay *replay = &tape->replay;
	struct recorder *recorder = &tape->recorder;

	if (!tape->path)
		return NULL;
	if (tape->conducts) {
		tape->cloud = (struct cloud_tape){
			.observer = &lines->observer, .context = (void *)lines,
			.policy = baton_policy("null"), .gate = &tape->conductor.gate,
			.gate_context = &tape->conductor, .stuck = next_move,
		};
	} else if (tape->replays) {
		replay->next = &lines->observer;
		replay->next_context = (void *)lines;
		tape->cloud = (struct cloud_tape){
			.observer = &replay->observer, .context = replay,
			.choices = &replay->choices, .policy = &replay_policy,
			.script = &replay->script,
		};
	} else {
		recorder_begin(recorder, tape->file, scenario, &lines->observer, (void *)lines);
		tape->cloud = (struct cloud_tape){
			.observer = &recorder->observer, .context = recorder,
			.choices = &recorder->choices,
		};
	}
	return &tape->cloud;
}

static enum status end_schedule(const struct conductor *c)
{
	if (*c->difference) {
		fprintf(stderr, "baton run: differs from the schedule: %s\n", c->difference);
		return STATUS_UNMET;
	}
	fprintf(stderr, "baton run: %s moves as the schedule has them%s\n",
		units_count(c->moves).text, c->whole ? "" : ", which is where all have ended");
	return STATUS_MET;
}

enum status tape_end(struct tape *tape, const struct cloud *cloud)
{
	int error;

	if (!tape->path)
		return STATUS_MET;
	if (tape->conducts)
		return end_schedule(&tape->conductor);
	if (tape->replays) {
		if (replay_finish(&tape->replay)) {
			fprintf(stderr, "baton run: %s turns as on record, every exit the same\n",
				units_count(tape->replay.turns).text);
			return STATUS_MET;
		}
		fprintf(stderr, "baton run: differs from the record: %s\n", tape->replay.difference);
		return STATUS_UNMET;
	}
	error = recorder_end(&tape->recorder, cloud);
	if (!error)
		return STATUS_MET;
	fprintf(stderr, "baton run: cannot write %s: %s\n", tape->path, strerror(-error));
	return STATUS_USAGE;
}
