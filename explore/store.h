/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - byte strings, each of them once, numbered from 0 in the order in which they are
 * asked for.
 *
 * Strings are compared byte by byte: two that are told apart differ, and two that are not
 * are the same. Nothing is ever taken out, and no string moves.
 */
#ifndef BATON_EXPLORE_STORE_H
#define BATON_EXPLORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_NONE  UINT32_MAX
#define STORE_PARTS 16

struct store_string {
	uint32_t number; /* STORE_NONE: it has none yet */
	uint32_t size;
	uint8_t bytes[];
};

struct store {
	struct store_part { /* the strings whose hashes begin alike; see store_put() */
		uint64_t **blocks; /* no string lies in two */
		size_t block_count, block_words, used; /* words of the last block: all, and taken */
		struct store_place { /* with the hash, so that few strings are looked at in vain */
			uint32_t hash;
			uint32_t word; /* where the string is, plus 1; 0: free */
		} *table;
		size_t count, table_size;
		size_t bytes; /* that all of it takes */
	} parts[STORE_PARTS];
	struct store_string **strings; /* by their numbers */
	size_t count, room;
};

/* Begin with { 0 }. */
void store_fini(struct store *store);

/*
 * The number of a string, which is copied if it is new. `is_new` may be NULL: it had no number
 * yet. STORE_NONE: out of memory.
 */
uint32_t store_add(struct store *store, const void *bytes, size_t size, bool *is_new);

/* The string of a number that was given. */
const void *store_get(const struct store *store, uint32_t number, size_t *size);

/* Bytes of memory that it takes. */
size_t store_bytes(const struct store *store);

/*
 * The same as store_add() in steps. Threads may put strings into different parts at the same
 * time; numbers are given by one thread, while nobody puts.
 */
uint32_t store_hash(const void *string, size_t size);
static inline unsigned store_part(uint32_t hash)
{
	return hash / (UINT32_MAX / STORE_PARTS + 1);
}
struct store_string *store_put(struct store *store, const void *bytes, size_t size, uint32_t hash);
uint32_t store_number(struct store *store, struct store_string *string, bool *is_new);

/*
 * Has the processor fetch what store_put() will look at: the place in the table, then the string
 * that it leads to. Between the two, and before the string is put, others should be fetched, so
 * that nobody waits.
 */
void store_fetch_place(const struct store *store, uint32_t hash);
void store_fetch_string(const struct store *store, uint32_t hash);

#endif
