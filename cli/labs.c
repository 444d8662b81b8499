/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labs.c - finds the labs and reads their first lines.
 */
#include "labs.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "places.h"

#define EXTENSION ".yaml"
#define ALIAS	  "alias:"
#define LICENCE	  "SPDX-License-Identifier:"

/* The comment's text, without '#', surrounding spaces and the end of the line. */
static char *comment(char *line)
{
	char *end;

	line += strspn(line, "# ");
	end = line + strlen(line);
	while (end > line && strchr(" \n", end[-1]))
		end--;
	*end = '\0';
	return line;
}

/* Reads the comments at the top of the file. */
static void read_comments(struct lab *lab)
{
	FILE *file = fopen(lab->path, "re");
	char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0 && *line == '#') {
		const char *text = comment(line);

		if (!strncmp(text, ALIAS, strlen(ALIAS))) {
			free(lab->aliases);
			text += strlen(ALIAS);
			lab->aliases = heap_copy(text + strspn(text, " "));
		} else if (!lab->summary && strncmp(text, LICENCE, strlen(LICENCE))) {
			lab->summary = heap_copy(text);
		}
	}
	free(line);
	if (file)
		fclose(file);
	if (!lab->aliases)
		lab->aliases = heap_copy("");
	if (!lab->summary)
		lab->summary = heap_copy("");
}

static void add_folder(struct labs *labs, const char *name)
{
	char *folder = place_join(labs->folder, name);
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *end = strstr(entry->d_name, EXTENSION);
		struct lab *lab;

		if (!end || end[strlen(EXTENSION)] || end == entry->d_name)
			continue;
		labs->labs = heap_grow(labs->labs, labs->count, sizeof(*labs->labs));
		lab = &labs->labs[labs->count++];
		lab->name = heap_print("%s-%.*s", name, (int)(end - entry->d_name), entry->d_name);
		lab->path = place_join(folder, entry->d_name);
		read_comments(lab);
	}
	if (dir)
		closedir(dir);
	free(folder);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct lab *)a)->name, ((const struct lab *)b)->name);
}

void labs_init(struct labs *labs)
{
	const struct dirent *entry;
	DIR *dir;

	*labs = (struct labs){ .folder = place_folder(PLACE_LABS) };
	dir = opendir(labs->folder);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			add_folder(labs, entry->d_name);
	if (dir)
		closedir(dir);
	if (labs->count)
		qsort(labs->labs, labs->count, sizeof(*labs->labs), by_name);
}

void labs_fini(struct labs *labs)
{
	for (size_t i = 0; i < labs->count; i++) {
		free(labs->labs[i].name);
		free(labs->labs[i].aliases);
		free(labs->labs[i].summary);
		free(labs->labs[i].path);
	}
	free(labs->labs);
	free(labs->folder);
}

/* Is `name` one of the words in `list`? */
static int has_word(const char *list, const char *name)
{
	size_t size = strlen(name);

	while (*list) {
		size_t word = strcspn(list, " ");

		if (word == size && !strncmp(list, name, size))
			return 1;
		list += word;
		list += strspn(list, " ");
	}
	return 0;
}

const struct lab *labs_find(const struct labs *labs, const char *name)
{
	for (size_t i = 0; i < labs->count; i++)
		if (!strcmp(labs->labs[i].name, name) || has_word(labs->labs[i].aliases, name))
			return &labs->labs[i];
	return NULL;
}

const char *labs_word(const void *context, size_t i)
{
	const struct labs *labs = context;

	return i < labs->count ? labs->labs[i].name : NULL;
}
