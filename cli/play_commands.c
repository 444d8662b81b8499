/* SPDX-License-Identifier: Apache-2.0 */
/*
 * play_commands.c - see play_commands.h.
 */
#include "play_commands.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "play_show.h"
#include "table.h"
#include "units.h"

enum command {
#define COMMAND(id, key, word, argument, summary) COMMAND_##id,
#include "play_commands.def"
#undef COMMAND
	COMMANDS
};

static const struct row {
	const char *key, *word, *argument, *summary;
} rows[] = {
#define COMMAND(id, key, word, argument, summary) { key, word, argument, summary },
#include "play_commands.def"
#undef COMMAND
};

void play_commands_help(FILE *to)
{
	struct table table;

	table_init(&table, "lll");
	table.width = SIZE_MAX;
	for (size_t i = 0; i < COMMANDS; i++) {
		table_cell(&table, "%s", rows[i].key);
		table_cell(&table, "%s%s%s", rows[i].word, rows[i].argument ? " " : "",
			   rows[i].argument ? rows[i].argument : "");
		table_cell(&table, "%s", rows[i].summary);
	}
	table_print(&table, to);
}

__attribute__((format(printf, 2, 3)))
static enum play_answer refuse(struct play *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->said, sizeof(p->said), format, args);
	va_end(args);
	return PLAY_WRONG;
}

/* ---------------------------------------------------------------------- moves */

static bool is_there(const struct play *p, struct move move)
{
	struct move moves[MODEL_MOVES];
	size_t count = play_moves(p, moves), i = 0;

	while (i < count && memcmp(&moves[i], &move, sizeof(move)))
		i++;
	return i < count;
}

static enum play_answer step(struct play *p, uint64_t vm, const char *choice)
{
	const struct node *n;
	struct move move = { (uint8_t)(vm - 1), MOVE_STEP, 0 };
	uint64_t chosen = 0;

	if (!vm || vm > p->e->scenario->vm_count)
		return refuse(p, "there are VMs 1 to %zu", p->e->scenario->vm_count);
	n = machines_node(p->e->machines, p->state->node[move.vm]);
	if (n->kind == NODE_CHOOSE) {
		if (units_read_number(choice, &chosen) || chosen >= n->data)
			return refuse(p, "it chooses one of 0 to %" PRIu64 "; expected \"%" PRIu64
				      " 0\", or another", n->data - 1, vm);
		move.choice = (uint8_t)chosen;
	} else if (*choice) {
		return refuse(p, "it chooses nothing");
	}
	if (!is_there(p, move))
		return refuse(p, "VM `%s` cannot step now", p->e->scenario->vms[move.vm].name);
	play_move(p, move);
	return PLAY_SHOW;
}

/* The other way on, of those that have one. */
static enum play_answer interrupt(struct play *p, uint64_t vm)
{
	struct move move = { (uint8_t)(vm - 1), MOVE_STEP, 1 };
	const struct node *n;

	if (!vm || vm > p->e->scenario->vm_count)
		return refuse(p, "there are VMs 1 to %zu", p->e->scenario->vm_count);
	n = machines_node(p->e->machines, p->state->node[move.vm]);
	if (n->kind == NODE_TAKE && n->data == 1)
		move.choice = 0;
	else if (n->kind != NODE_OPEN && n->kind != NODE_TAKE && n->kind != NODE_TIMER)
		return refuse(p, "VM `%s` stands where no interrupt comes", p->e->scenario->vms[move.vm].name);
	if (!is_there(p, move))
		return refuse(p, "VM `%s` cannot be interrupted now%s", p->e->scenario->vms[move.vm].name,
			      p->state->queued[move.vm] ? ": its stores have to land first" : "");
	play_move(p, move);
	return PLAY_SHOW;
}

static enum play_answer land(struct play *p, uint64_t vm)
{
	struct move move = { (uint8_t)(vm - 1), MOVE_LAND, 0 };

	if (!vm || vm > p->e->scenario->vm_count)
		return refuse(p, "there are VMs 1 to %zu", p->e->scenario->vm_count);
	if (!is_there(p, move))
		return refuse(p, "no store of VM `%s` is on its way%s", p->e->scenario->vms[move.vm].name,
			      p->e->memory == MEMORY_TSO ? "" : ", and none ever is under sc");
	play_move(p, move);
	return PLAY_SHOW;
}

/* ------------------------------------------------------------------- the others */

static enum play_answer go_by(struct play *p, const char *text, bool forward)
{
	size_t most = forward ? p->count - p->made : p->made;
	uint64_t count = 1;

	if (*text && units_read_number(text, &count))
		return refuse(p, "\"%.40s\" is no number of moves", text);
	if (!most)
		return refuse(p, forward ? "no move is known from here" : "no move was made yet");
	if (count > most)
		count = most;
	play_go(p, forward ? p->made + count : p->made - count);
	return PLAY_SHOW;
}

static enum play_answer search(struct play *p)
{
	struct move moves[MODEL_MOVES];

	if (!play_moves(p, moves))
		return refuse(p, "this is an end; u takes the last move back");
	play_search(p);
	return PLAY_SHOW;
}

static enum play_answer write_to(struct play *p, const char *file)
{
	int error;

	if (!*file)
		return refuse(p, "expected a file's name");
	error = play_write(p, file);
	if (error)
		return refuse(p, "cannot write %.400s: %s", file, strerror(-error));
	snprintf(p->said, sizeof(p->said), "written; baton run %.250s --replay %.250s goes by it",
		 p->e->scenario->file, file);
	return PLAY_SHOW;
}

static enum play_answer help(FILE *to)
{
	play_commands_help(to);
	fprintf(to, "\n  → is what is read, ← what is written; a store that is on its way is seen "
		    "by its own VM alone\n");
	return PLAY_TOLD;
}

/* Its first word, and what is behind it. */
static const char *split(const char *line, char *word, size_t size)
{
	size_t length;

	line += strspn(line, " \t");
	length = strcspn(line, " \t");
	snprintf(word, size, "%.*s", (int)length, line);
	line += length;
	return line + strspn(line, " \t");
}

static enum play_answer run_command(struct play *p, enum command command, const char *rest, FILE *to)
{
	char number[24];
	uint64_t vm;

	switch (command) {
	case COMMAND_STEP:
	case COMMAND_LAND:
	case COMMAND_INTERRUPT:
		rest = split(rest, number, sizeof(number));
		if (units_read_number(number, &vm))
			return refuse(p, "expected the number of a VM");
		if (command == COMMAND_INTERRUPT)
			return interrupt(p, vm);
		return command == COMMAND_STEP ? step(p, vm, rest) : land(p, vm);
	case COMMAND_UNDO:
	case COMMAND_REDO:
		return go_by(p, rest, command == COMMAND_REDO);
	case COMMAND_BEGIN:
		play_go(p, 0);
		return PLAY_SHOW;
	case COMMAND_SEARCH:
		return search(p);
	case COMMAND_LIST:
		play_show_list(p, to);
		return PLAY_TOLD;
	case COMMAND_WRITE:
		return write_to(p, rest);
	case COMMAND_HELP:
		return help(to);
	case COMMAND_QUIT:
		return PLAY_QUIT;
	default:
		return PLAY_SHOW;
	}
}

/* The command of that key or word; COMMANDS: none. */
static enum command find(const char *word)
{
	size_t i = COMMAND_STEP;

	if (!strcmp(word, "?"))
		return COMMAND_HELP;
	while (i < COMMANDS && strcmp(word, rows[i].word) &&
	       (i <= COMMAND_LAND || strcmp(word, rows[i].key)))
		i++;
	return (enum command)i;
}

enum play_answer play_command(struct play *p, const char *line, FILE *to)
{
	char word[24];
	const char *rest = split(line, word, sizeof(word));
	enum command command;
	uint64_t vm;

	*p->said = '\0';
	if (!*word)
		return PLAY_TOLD;
	if (isdigit((unsigned char)*word) && !units_read_number(word, &vm))
		return step(p, vm, rest);
	if (isupper((unsigned char)*word) && !word[1] && !*rest)
		return land(p, (uint64_t)(*word - 'A') + 1);
	command = find(word);
	if (command == COMMANDS)
		return refuse(p, "\"%s\" is no command; h lists them", word);
	return run_command(p, command, rest, to);
}

const char *play_command_asks(const struct play *p, int key, bool *digit)
{
	size_t vm = (size_t)(key - '1');
	const struct node *n;

	*digit = false;
	if (key == *rows[COMMAND_WRITE].key)
		return "  write to which file? ";
	if (key == *rows[COMMAND_INTERRUPT].key) {
		*digit = p->e->scenario->vm_count < 10;
		return "  whose timer fires? ";
	}
	if (key < '1' || key > '9' || vm >= p->e->scenario->vm_count || p->end != MOVE_DONE)
		return NULL;
	n = machines_node(p->e->machines, p->state->node[vm]);
	*digit = n->data <= 10;
	return n->kind == NODE_CHOOSE ? "  which one does it choose? " : NULL;
}
