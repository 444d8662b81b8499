/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory.c - open addressing, at most half full.
 */
#include "directory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"

#define ROOM_MIN 16

void directory_fini(struct directory *directory)
{
	for (size_t i = 0; i < directory->room; i++)
		free(directory->entries[i].name);
	free(directory->entries);
	*directory = (struct directory){ 0 };
}

/* The entry of a name, or the free one where it would be. FNV-1a. */
static struct directory_entry *slot(const struct directory *directory, const char *name)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (const char *c = name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	i = (size_t)(hash ^ hash >> 32) & (directory->room - 1);
	while (directory->entries[i].name && strcmp(directory->entries[i].name, name))
		i = (i + 1) & (directory->room - 1);
	return &directory->entries[i];
}

static void grow(struct directory *directory)
{
	struct directory old = *directory;

	directory->room = old.room ? 2 * old.room : ROOM_MIN;
	directory->entries = heap_zeroed(directory->room, sizeof(*directory->entries));
	for (size_t i = 0; i < old.room; i++)
		if (old.entries[i].name)
			*slot(directory, old.entries[i].name) = old.entries[i];
	free(old.entries);
}

void directory_add(struct directory *directory, const char *name, size_t number)
{
	if (2 * directory->count >= directory->room)
		grow(directory);
	*slot(directory, name) = (struct directory_entry){ heap_copy(name), number };
	directory->count++;
}

bool directory_find(const struct directory *directory, const char *name, size_t *number)
{
	const struct directory_entry *entry;

	if (!directory->count)
		return false;
	entry = slot(directory, name);
	if (entry->name)
		*number = entry->number;
	return entry->name;
}
