/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.c - the table: a list per bucket, linked by number.
 *
 * The block is a header and three arrays: by number, its name and who comes after it in
 * its list; by bucket, the first of the list. There is a bucket for each number at least.
 */
#include "host/names.h"

#include <string.h>

struct baton__names {
	uint32_t capacity;
	uint32_t mask; /* buckets, a power of two, less one */
	const char *name[];
};

static uint32_t *next_of(const struct baton__names *names)
{
	return (uint32_t *)(names->name + names->capacity);
}

static uint32_t *first_of(const struct baton__names *names)
{
	return next_of(names) + names->capacity;
}

static uint32_t buckets_for(uint32_t capacity)
{
	uint32_t buckets = 1;

	while (buckets < capacity)
		buckets *= 2;
	return buckets;
}

/* FNV-1a. */
static uint32_t bucket_of(const struct baton__names *names, const char *name)
{
	uint32_t hash = 2166136261;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619;
	return (hash ^ hash >> 16) & names->mask;
}

size_t baton__names_size(uint32_t capacity)
{
	return sizeof(struct baton__names) + capacity * (sizeof(char *) + sizeof(uint32_t)) +
	       buckets_for(capacity) * sizeof(uint32_t);
}

void baton__names_init(struct baton__names *names, uint32_t capacity)
{
	names->capacity = capacity;
	names->mask = buckets_for(capacity) - 1;
	for (uint32_t i = 0; i <= names->mask; i++)
		first_of(names)[i] = BATON__NAMES_NONE;
}

uint32_t baton__names_find(const struct baton__names *names, const char *name)
{
	uint32_t i = first_of(names)[bucket_of(names, name)];

	while (i != BATON__NAMES_NONE && strcmp(names->name[i], name))
		i = next_of(names)[i];
	return i;
}

void baton__names_add(struct baton__names *names, uint32_t number, const char *name)
{
	uint32_t *first = &first_of(names)[bucket_of(names, name)];

	names->name[number] = name;
	next_of(names)[number] = *first;
	*first = number;
}

void baton__names_remove(struct baton__names *names, uint32_t number)
{
	uint32_t *at = &first_of(names)[bucket_of(names, names->name[number])];

	while (*at != number)
		at = &next_of(names)[*at];
	*at = next_of(names)[number];
}
