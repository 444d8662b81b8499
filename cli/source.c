/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.c - reads a source file up to a line.
 */
#include "source.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols.h"

static bool is_source(const char *name)
{
	static const char *const ends[] = { ".c", ".h", ".S", ".s", ".asm" };
	const char *end = strrchr(name, '.');

	for (size_t i = 0; end && i < sizeof(ends) / sizeof(*ends); i++)
		if (!strcmp(end, ends[i]))
			return true;
	return false;
}

/* NULL if it is not there, or no file for this. */
static FILE *open_source(const struct symbols_place *place)
{
	const char *name = *place->caller_file ? place->caller_file : place->file;
	char path[sizeof(place->folder) + sizeof(place->file) + 2];
	struct stat stat;
	FILE *file;
	int fd;

	if (!is_source(name) || (*name != '/' && !*place->folder))
		return NULL;
	snprintf(path, sizeof(path), "%s%s%s", *name == '/' ? "" : place->folder,
		 *name == '/' ? "" : "/", name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return NULL;
	file = !fstat(fd, &stat) && S_ISREG(stat.st_mode) ? fdopen(fd, "r") : NULL;
	if (!file)
		close(fd);
	return file;
}

static void copy_trimmed(const char *line, char *text, size_t size)
{
	size_t used = 0;

	line += strspn(line, " \t");
	for (; *line && *line != '\n' && used + 1 < size; line++)
		text[used++] = *line == '\t' ? ' ' : *line >= ' ' && *line <= '~' ? *line : '?';
	while (used && text[used - 1] == ' ')
		used--;
	text[used] = '\0';
	if (!strncmp(text, "__asm__", 7) || !strncmp(text, "asm", 3))
		*text = '\0';
}

void source_line(const struct symbols_place *place, char *text, size_t size)
{
	int wanted = *place->caller_file ? place->caller_line : place->line;
	FILE *file = open_source(place);
	char *line = NULL;
	size_t room = 0;
	int number = 0;

	*text = '\0';
	if (!file)
		return;
	while (number < wanted && getline(&line, &room, file) > 0)
		number++;
	if (number && number == wanted)
		copy_trimmed(line, text, size);
	free(line);
	fclose(file);
}
