/* SPDX-License-Identifier: Apache-2.0 */
/*
 * play_commands.h - what can be said to a play: a line, or a key that stands for one.
 */
#ifndef BATON_CLI_PLAY_COMMANDS_H
#define BATON_CLI_PLAY_COMMANDS_H

#include "play.h"

enum play_answer {
	PLAY_SHOW, /* it may stand elsewhere now: to be shown */
	PLAY_TOLD, /* what was wanted has been written */
	PLAY_WRONG, /* it is no command, or cannot be: play->said says why */
	PLAY_QUIT,
};

/* Does what a line says. Texts go to `to`. A failure of the host is in play->end. */
enum play_answer play_command(struct play *play, const char *line, FILE *to);

/*
 * Does a command need something behind its key: the question, or NULL. `*digit`: one digit will
 * do for an answer.
 */
const char *play_command_asks(const struct play *play, int key, bool *digit);

/* One line per command. */
void play_commands_help(FILE *to);

#endif
