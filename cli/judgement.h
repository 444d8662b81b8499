/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judgement.h - what a machine's facts mean for Baton, and how to mend what is
 * wrong. Pure: it looks at nothing but what it is given.
 */
#ifndef BATON_CLI_JUDGEMENT_H
#define BATON_CLI_JUDGEMENT_H

#include <stdbool.h>

#include "machine_facts.h"

enum check_state {
	CHECK_OK,
	CHECK_WARN,    /* Baton runs, but not all of it, or not well */
	CHECK_FAIL,    /* Baton cannot run */
	CHECK_UNKNOWN, /* cannot be found out until a failure is mended */
};

const char *check_state_name(enum check_state state); /* "ok", "warn", "fail", "unknown" */

enum check_id {
	CHECK_DEVICE,
	CHECK_PERMISSION,
	CHECK_MODULE,
	CHECK_CAPABILITIES,
	CHECK_NESTED,
	CHECK_PAGING32,
	CHECK_SLICE,
	CHECK_TSC,
	CHECK_TASKS,
	CHECK_FILES,
	CHECK_VMS,
	CHECKS
};

struct check {
	const char *name;
	enum check_state state;
	char found[200];
	char fix[320]; /* "" where there is nothing to mend */
};

/* `trial` is NULL when the device could not be opened, so that nothing was tried. */
void judge_machine(const struct machine_facts *facts, const struct machine_trial *trial,
		   struct check checks[CHECKS]);

/* Can VMs run at all: does no check fail? */
bool judgement_usable(const struct check checks[CHECKS]);

#endif
