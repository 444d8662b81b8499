/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.c - finds image files: see image.h.
 */
#include "image.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "places.h"
#include "suggest.h"

char *image_find(const char *folder, const char *name)
{
	char *path, *guests;

	path = name[0] == '/' ? heap_copy(name) : place_join(folder, name);
	if (place_has(path))
		return path;
	free(path);
	if (name[0] == '/')
		return NULL;
	guests = place_folder(PLACE_GUESTS);
	path = place_join(guests, name);
	free(guests);
	if (place_has(path))
		return path;
	free(path);
	return NULL;
}

static int is_image(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && (!strcmp(dot, ".bin") || !strcmp(dot, ".elf"));
}

struct names {
	struct dirent **entries;
	int count;
};

static const char *name_word(const void *context, size_t i)
{
	const struct names *names = context;

	return i < (size_t)names->count ? names->entries[i]->d_name : NULL;
}

static char *suggest_in(const char *folder, const char *name)
{
	struct names names = { 0 };
	const char *best;
	char *copy;

	names.count = scandir(folder, &names.entries, is_image, alphasort);
	if (names.count < 0)
		return NULL;
	best = suggest(name, name_word, &names);
	for (int i = 0; i < names.count; i++) /* "neo" is neo.bin */
		if (!strncmp(names.entries[i]->d_name, name, strlen(name)) &&
		    !strcmp(names.entries[i]->d_name + strlen(name), ".bin"))
			best = names.entries[i]->d_name;
	copy = best ? heap_copy(best) : NULL;
	for (int i = 0; i < names.count; i++)
		free(names.entries[i]);
	free(names.entries);
	return copy;
}

char *image_suggest(const char *folder, const char *name)
{
	char *best = suggest_in(folder, name);
	char *guests;

	if (!best) {
		guests = place_folder(PLACE_GUESTS);
		best = suggest_in(guests, name);
		free(guests);
	}
	return best;
}

int image_mode(const char *path, enum baton_mode *mode)
{
	unsigned char start[EI_CLASS + 1] = { 0 };
	FILE *file = fopen(path, "re");
	size_t size;
	int error = 0;

	if (!file)
		return -errno;
	errno = 0;
	size = fread(start, 1, sizeof(start), file);
	if (ferror(file))
		error = errno ? -errno : -EIO;
	fclose(file);
	if (error)
		return error;
	*mode = BATON_MODE_REAL;
	if (size == sizeof(start) && !memcmp(start, ELFMAG, SELFMAG))
		*mode = start[EI_CLASS] == ELFCLASS64 ? BATON_MODE_LONG : BATON_MODE_PROTECTED;
	return 0;
}
