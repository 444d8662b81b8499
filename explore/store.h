/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - byte strings, each of them once, numbered from 0 in the order in which they came.
 *
 * Strings are compared byte by byte: two that are told apart differ, and two that are not
 * are the same. Nothing is ever taken out.
 */
#ifndef BATON_EXPLORE_STORE_H
#define BATON_EXPLORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_NONE UINT32_MAX

struct store {
	uint8_t **blocks; /* strings do not move, and none lies in two blocks */
	size_t block_count, used; /* bytes of the last block */
	struct store_string {
		const uint8_t *bytes;
		uint32_t size;
		uint32_t hash;
	} *strings;
	size_t count, room;
	struct store_place { /* with the hash, so that few strings are looked at in vain */
		uint32_t number; /* plus 1; 0: free */
		uint32_t hash;
	} *table;
	size_t table_size;
	size_t bytes; /* that all of it takes */
};

/* Begin with { 0 }. */
void store_fini(struct store *store);

/*
 * The number of a string, which is copied if it is new. `is_new` may be NULL. STORE_NONE:
 * out of memory.
 */
uint32_t store_add(struct store *store, const void *bytes, size_t size, bool *is_new);

/* The same in two steps; of other threads, store_find() too, while nobody adds. */
uint32_t store_hash(const void *bytes, size_t size);
uint32_t store_find(const struct store *store, const void *bytes, size_t size, uint32_t hash);
uint32_t store_add_hashed(struct store *store, const void *bytes, size_t size, uint32_t hash,
			  bool *is_new);

/*
 * Has the processor fetch what store_find() will look at: the place in the table, then what that
 * leads to, then the string. Between two of these, and before the search, others should be
 * fetched, so that nobody waits.
 */
void store_fetch_place(const struct store *store, uint32_t hash);
void store_fetch_string(const struct store *store, uint32_t hash);
void store_fetch_bytes(const struct store *store, uint32_t hash);

/* The string of a number that was given. */
const void *store_get(const struct store *store, uint32_t number, size_t *size);

#endif
