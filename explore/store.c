/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.c - hash tables with open addressing, over strings in blocks.
 */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK	     ((size_t)1 << 17) /* words; the first ones are smaller */
#define BLOCK_FIRST  ((size_t)1 << 9)
#define BLOCKS_MAX   ((size_t)UINT32_MAX / BLOCK)
#define PAGE	     ((size_t)4096)
#define TABLE_FIRST  ((size_t)1 << 6)
#define NUMBER_FIRST ((size_t)1 << 10)

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
	for (struct store_part *p = s->parts; p < s->parts + STORE_PARTS; p++) {
		for (size_t i = 0; i < p->block_count; i++)
			free(p->blocks[i]);
		free(p->blocks);
		free(p->table);
	}
	free(s->strings);
	*s = (struct store){ 0 };
}

/* --------------------------------------------------------------------- parts */

/*
 * So many free places, each page of which is written to once: one that is read first would get
 * its memory at the first write, for which Linux interrupts every thread.
 */
static struct store_place *new_table(size_t size)
{
	struct store_place *table = calloc(size, sizeof(*table));

	for (size_t i = 0; table && i < size; i += PAGE / sizeof(*table))
		*(volatile uint32_t *)&table[i].word = 0;
	return table;
}

/* Twice the places; false if there is no memory for them. */
static bool grow_table(struct store_part *p)
{
	size_t size = p->table_size ? 2 * p->table_size : TABLE_FIRST;
	struct store_place *table = new_table(size);

	if (!table)
		return false;
	for (const struct store_place *from = p->table; from < p->table + p->table_size; from++) {
		size_t at = from->hash & (size - 1);

		if (!from->word)
			continue;
		while (table[at].word)
			at = (at + 1) & (size - 1);
		table[at] = *from;
	}
	p->bytes += (size - p->table_size) * sizeof(*table);
	free(p->table);
	p->table = table;
	p->table_size = size;
	return true;
}

/* A new block, for so many words at least. */
static bool grow_blocks(struct store_part *p, size_t words)
{
	size_t room = BLOCK_FIRST;
	uint64_t **blocks, *block;

	if (p->block_count == BLOCKS_MAX)
		return false;
	for (size_t i = 0; i < p->block_count && room < BLOCK; i++)
		room *= 2;
	if (room < words)
		room = words;
	blocks = realloc(p->blocks, (p->block_count + 1) * sizeof(*blocks));
	if (!blocks)
		return false;
	p->blocks = blocks;
	block = malloc(room * sizeof(*block));
	if (!block)
		return false;
	blocks[p->block_count++] = block;
	p->block_words = room;
	p->used = 0;
	p->bytes += room * sizeof(*block);
	return true;
}

static struct store_string *string_at(const struct store_part *p, uint32_t word)
{
	return (struct store_string *)(p->blocks[word / BLOCK] + word % BLOCK);
}

/* A copy, without a number. Where it is; UINT32_MAX: out of memory. */
static uint32_t copy(struct store_part *p, const void *bytes, size_t size)
{
	struct store_string *string;
	size_t words = (sizeof(*string) + size + 7) / 8;
	uint32_t word;

	/* Behind the first BLOCK words of a block, no string begins. */
	if ((p->block_words - p->used < words || p->used >= BLOCK) && !grow_blocks(p, words))
		return UINT32_MAX;
	word = (uint32_t)((p->block_count - 1) * BLOCK + p->used);
	p->used += words;
	string = string_at(p, word);
	string->number = STORE_NONE;
	string->size = (uint32_t)size;
	memcpy(string->bytes, bytes, size);
	return word;
}

static struct store_part *part_of(const struct store *s, uint32_t hash)
{
	return (struct store_part *)&s->parts[store_part(hash)];
}

struct store_string *store_put(struct store *s, const void *bytes, size_t size, uint32_t hash)
{
	struct store_part *p = part_of(s, hash);
	uint32_t word;
	size_t at;

	if (p->count * 2 >= p->table_size && !grow_table(p))
		return NULL;
	for (at = hash & (p->table_size - 1); p->table[at].word; at = (at + 1) & (p->table_size - 1)) {
		struct store_string *string;

		if (p->table[at].hash != hash)
			continue;
		string = string_at(p, p->table[at].word - 1);
		if (string->size == size && !memcmp(string->bytes, bytes, size))
			return string;
	}
	word = copy(p, bytes, size);
	if (word == UINT32_MAX)
		return NULL;
	p->table[at] = (struct store_place){ .hash = hash, .word = word + 1 };
	p->count++;
	return string_at(p, word);
}

void store_fetch_place(const struct store *s, uint32_t hash)
{
	const struct store_part *p = part_of(s, hash);

	if (p->table_size)
		__builtin_prefetch(&p->table[hash & (p->table_size - 1)]);
}

void store_fetch_string(const struct store *s, uint32_t hash)
{
	const struct store_part *p = part_of(s, hash);
	const struct store_place *place = p->table_size ? &p->table[hash & (p->table_size - 1)] : NULL;

	if (place && place->word)
		__builtin_prefetch(string_at(p, place->word - 1));
}

/* ------------------------------------------------------------------- numbers */

uint32_t store_number(struct store *s, struct store_string *string, bool *is_new)
{
	size_t room = s->room ? 2 * s->room : NUMBER_FIRST;
	struct store_string **strings;

	*is_new = string->number == STORE_NONE;
	if (!*is_new)
		return string->number;
	if (s->count == STORE_NONE)
		return STORE_NONE;
	if (s->count == s->room) {
		strings = realloc(s->strings, room * sizeof(*strings));
		if (!strings)
			return STORE_NONE;
		s->strings = strings;
		s->room = room;
	}
	s->strings[s->count] = string;
	string->number = (uint32_t)s->count++;
	return string->number;
}

uint32_t store_add(struct store *s, const void *bytes, size_t size, bool *is_new)
{
	struct store_string *string = store_put(s, bytes, size, store_hash(bytes, size));
	bool unused;

	return string ? store_number(s, string, is_new ? is_new : &unused) : STORE_NONE;
}

const void *store_get(const struct store *s, uint32_t number, size_t *size)
{
	*size = s->strings[number]->size;
	return s->strings[number]->bytes;
}

size_t store_bytes(const struct store *s)
{
	size_t bytes = s->room * sizeof(struct store_string *);

	for (const struct store_part *p = s->parts; p < s->parts + STORE_PARTS; p++)
		bytes += p->bytes;
	return bytes;
}
