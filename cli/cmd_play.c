/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_play.c - `baton play`: a person decides who makes the next move.
 *
 * At a terminal a key is a command, and the screen shows where everything stands. Otherwise
 * each line of standard input is one, and it is all printed, one state below the other.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "explore_subject.h"
#include "play_commands.h"
#include "play_keys.h"
#include "play_options.h"
#include "play_show.h"
#include "status.h"
#include "terminal.h"

#define LINE_WIDTH 160

static int print_help(void)
{
	puts("usage: baton play [OPTION ...] SCENARIO.yaml | LAB\n\n"
	     "You are the scheduler: each key lets a VM make its next access to what all can see, or a\n"
	     "store of its land in memory.\n");
	play_options_help(stdout);
	puts("\nKeys, and words where standard input is no terminal:");
	play_commands_help(stdout);
	return STATUS_MET;
}

/* The host failed. */
static enum status complain(const struct play *play)
{
	fprintf(stderr, "baton play: %s: %s\n", play->diag.where, play->diag.message);
	return STATUS_CANNOT;
}

/* ----------------------------------------------------------------------- lines */

static enum status play_lines(struct play *p, const struct terminal *out)
{
	enum play_answer answer = PLAY_SHOW;
	enum status status = STATUS_MET;
	size_t size = 0, number = 0;
	char *line = NULL;

	while (p->end != MOVE_ERROR && answer != PLAY_QUIT) {
		if (answer == PLAY_SHOW)
			play_show(p, out, LINE_WIDTH, stdout);
		if (getline(&line, &size, stdin) < 0)
			break;
		number++;
		line[strcspn(line, "\n")] = '\0';
		printf("\n> %s\n", line);
		answer = play_command(p, line, stdout);
		if (answer != PLAY_WRONG)
			continue;
		fflush(stdout);
		fprintf(stderr, "baton play: line %zu: %s\n", number, p->said);
		status = STATUS_USAGE;
	}
	free(line);
	return p->end == MOVE_ERROR ? complain(p) : status;
}

/* ------------------------------------------------------------------------ keys */

/* Puts a text on the screen, with a last line of keys. */
static void put_on_screen(struct terminal *out, char *text, const char *keys)
{
	size_t size = strlen(text) + strlen(keys) + 8;
	char *all = malloc(size);

	if (!all)
		return;
	snprintf(all, size, "\n%s\n  %s\n", text, keys);
	terminal_screen(out, all);
	free(all);
}

static void show_play(struct play *p, struct terminal *out)
{
	size_t columns, lines, size;
	char *text = NULL;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return;
	terminal_size(out, &columns, &lines);
	play_show(p, out, columns, to);
	fclose(to);
	put_on_screen(out, text, "1 2 … step   A B … land   u undo   r redo   s search   l list   "
		      "w write   h help   q quit");
	free(text);
}

/* What a command needs besides its key. False: it was not said. */
static bool ask(const char *question, bool digit, char *text, size_t size)
{
	int key;

	if (!digit)
		return play_keys_line(question, text, size);
	printf("%s", question);
	fflush(stdout);
	key = play_keys_next();
	snprintf(text, size, "%c", key);
	return key >= '0' && key <= '9';
}

/* A key as the line that it stands for. */
static bool line_of_key(const struct play *p, int key, char *line, size_t size)
{
	bool digit;
	const char *question = play_command_asks(p, key, &digit);
	char more[200] = "";

	if (key == ':')
		return play_keys_line("  :", line, size);
	if (question && !ask(question, digit, more, sizeof(more)))
		return false;
	snprintf(line, size, "%c%s%s", key == ' ' || key == '\n' ? 'r' : key, *more ? " " : "", more);
	return true;
}

/* One command. False: it was the last. */
static bool do_key(struct play *p, int key, struct terminal *out)
{
	enum play_answer answer;
	char line[240], *text = NULL;
	size_t size;
	FILE *to;

	if (key == KEY_AGAIN || !line_of_key(p, key, line, sizeof(line)))
		return true;
	to = open_memstream(&text, &size);
	if (!to)
		return false;
	answer = play_command(p, line, to);
	fclose(to);
	if (answer == PLAY_TOLD && *text) {
		put_on_screen(out, text, "any key goes back");
		play_keys_next();
	}
	free(text);
	return answer != PLAY_QUIT;
}

static enum status play_by_keys(struct play *p, struct terminal *out)
{
	int error = play_keys_begin(p), key;

	if (error) {
		fprintf(stderr, "baton play: the terminal: %s\n", strerror(-error));
		return STATUS_CANNOT;
	}
	printf("\033[2J");
	do {
		show_play(p, out);
		key = play_keys_next();
	} while (key != KEY_END && do_key(p, key, out) && p->end != MOVE_ERROR);
	play_keys_end();
	return p->end == MOVE_ERROR ? complain(p) : STATUS_MET;
}

/* --------------------------------------------------------------------- command */

static enum status play_it(struct exploration *e, struct terminal *out)
{
	struct play p;
	enum status status = STATUS_CANNOT;

	if (play_init(&p, e))
		fprintf(stderr, "baton play: out of memory\n");
	else if (isatty(STDIN_FILENO) && out->live)
		status = play_by_keys(&p, out);
	else
		status = play_lines(&p, out);
	play_fini(&p);
	return status;
}

int cmd_play(int argc, char **argv)
{
	struct play_options options;
	struct explore_subject subject;
	struct terminal terminal, out;
	struct exploration e;
	struct yaml_error error;
	enum status status = STATUS_USAGE;

	if (play_options_parse(&options, argc, argv))
		return STATUS_USAGE;
	if (options.help)
		return print_help();
	terminal_init(&terminal, stderr);
	terminal_init(&out, stdout);
	if (!explore_subject_open(&subject, "play", options.scenario)) {
		status = exploration_begin(&e, &subject.scenario, options.tso ? MEMORY_TSO : MEMORY_SC,
					   &terminal, &error);
		if (status)
			explore_subject_complain(&subject, &error);
		else
			status = play_it(&e, &out);
		exploration_end(&e);
	}
	explore_subject_close(&subject);
	return status;
}
