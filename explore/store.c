/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.c - a hash table with open addressing, over strings in blocks.
 */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK	    ((size_t)1 << 20)
#define TABLE_FIRST ((size_t)1 << 10)

/* Multiplies and folds eight bytes at a time; a collision costs a comparison, no more. */
uint32_t store_hash(const void *string, size_t size)
{
	const uint8_t *bytes = string;
	const uint64_t odd = UINT64_C(0x9E3779B97F4A7C15);
	uint64_t hash = size * odd, word;

	for (; size >= sizeof(word); size -= sizeof(word), bytes += sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash = (hash ^ word) * odd;
		hash ^= hash >> 29;
	}
	word = 0;
	memcpy(&word, bytes, size);
	hash = (hash ^ word) * odd;
	return (uint32_t)(hash >> 32 ^ hash >> 17);
}

void store_fini(struct store *s)
{
	for (size_t i = 0; i < s->block_count; i++)
		free(s->blocks[i]);
	free(s->blocks);
	free(s->strings);
	free(s->table);
	*s = (struct store){ 0 };
}

/* Twice the places; false if there is no memory for them. */
static bool grow_table(struct store *s)
{
	size_t size = s->table_size ? 2 * s->table_size : TABLE_FIRST;
	struct store_place *table = calloc(size, sizeof(*table));

	if (!table)
		return false;
	for (size_t i = 0; i < s->count; i++) {
		size_t at = s->strings[i].hash & (size - 1);

		while (table[at].number)
			at = (at + 1) & (size - 1);
		table[at] = (struct store_place){ (uint32_t)i + 1, s->strings[i].hash };
	}
	s->bytes += (size - s->table_size) * sizeof(*table);
	free(s->table);
	s->table = table;
	s->table_size = size;
	return true;
}

static bool grow_strings(struct store *s)
{
	size_t room = s->room ? 2 * s->room : TABLE_FIRST;
	struct store_string *strings = realloc(s->strings, room * sizeof(*strings));

	if (!strings)
		return false;
	s->bytes += (room - s->room) * sizeof(*strings);
	s->strings = strings;
	s->room = room;
	return true;
}

/* Room for so many bytes that lie together, or NULL. */
static uint8_t *take(struct store *s, size_t size)
{
	size_t block = size > BLOCK ? size : BLOCK;
	uint8_t **blocks;

	if (s->block_count && s->used + size <= BLOCK) {
		s->used += size;
		return s->blocks[s->block_count - 1] + s->used - size;
	}
	blocks = realloc(s->blocks, (s->block_count + 1) * sizeof(*blocks));
	if (!blocks)
		return NULL;
	s->blocks = blocks;
	blocks[s->block_count] = malloc(block);
	if (!blocks[s->block_count])
		return NULL;
	s->block_count++;
	s->bytes += block;
	s->used = size;
	return blocks[s->block_count - 1];
}

/* Where the string is in the table, or would be. */
static size_t place_of(const struct store *s, const void *bytes, size_t size, uint32_t hash)
{
	size_t at = hash & (s->table_size - 1);

	for (; s->table[at].number; at = (at + 1) & (s->table_size - 1)) {
		const struct store_string *string;

		if (s->table[at].hash != hash)
			continue;
		string = &s->strings[s->table[at].number - 1];
		if (string->size == size && !memcmp(string->bytes, bytes, size))
			break;
	}
	return at;
}

void store_fetch_place(const struct store *s, uint32_t hash)
{
	if (s->table_size)
		__builtin_prefetch(&s->table[hash & (s->table_size - 1)]);
}

void store_fetch_string(const struct store *s, uint32_t hash)
{
	const struct store_place *p = s->table_size ? &s->table[hash & (s->table_size - 1)] : NULL;

	if (p && p->number)
		__builtin_prefetch(&s->strings[p->number - 1]);
}

void store_fetch_bytes(const struct store *s, uint32_t hash)
{
	const struct store_place *p = s->table_size ? &s->table[hash & (s->table_size - 1)] : NULL;

	if (p && p->number)
		__builtin_prefetch(s->strings[p->number - 1].bytes);
}

uint32_t store_find(const struct store *s, const void *bytes, size_t size, uint32_t hash)
{
	return s->table_size ? s->table[place_of(s, bytes, size, hash)].number - 1 : STORE_NONE;
}

uint32_t store_add_hashed(struct store *s, const void *bytes, size_t size, uint32_t hash, bool *is_new)
{
	uint8_t *copy;
	size_t at;

	if (is_new)
		*is_new = false;
	if (s->count * 2 >= s->table_size && !grow_table(s))
		return STORE_NONE;
	at = place_of(s, bytes, size, hash);
	if (s->table[at].number)
		return s->table[at].number - 1;
	if (s->count == STORE_NONE - 1 || (s->count == s->room && !grow_strings(s)))
		return STORE_NONE;
	copy = take(s, size);
	if (!copy)
		return STORE_NONE;
	memcpy(copy, bytes, size);
	s->strings[s->count] = (struct store_string){ copy, (uint32_t)size, hash };
	s->table[at] = (struct store_place){ (uint32_t)++s->count, hash };
	if (is_new)
		*is_new = true;
	return (uint32_t)s->count - 1;
}

uint32_t store_add(struct store *s, const void *bytes, size_t size, bool *is_new)
{
	return store_add_hashed(s, bytes, size, store_hash(bytes, size), is_new);
}

const void *store_get(const struct store *s, uint32_t number, size_t *size)
{
	*size = s->strings[number].size;
	return s->strings[number].bytes;
}
