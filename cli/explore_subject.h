/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_subject.h - what is explored or played: a scenario's file, or a lab by its name.
 */
#ifndef BATON_CLI_EXPLORE_SUBJECT_H
#define BATON_CLI_EXPLORE_SUBJECT_H

#include "labs.h"
#include "scenario.h"

struct explore_subject {
	struct labs labs;
	struct scenario scenario; /* finished */
};

/*
 * Reads it; `command` is that of messages. 0, or -EINVAL after a message on stderr.
 * explore_subject_close() after either.
 */
int explore_subject_open(struct explore_subject *subject, const char *command, const char *name);
void explore_subject_close(struct explore_subject *subject);

/* Says on stderr what is wrong with it. */
void explore_subject_complain(const struct explore_subject *subject, const struct yaml_error *error);

#endif
