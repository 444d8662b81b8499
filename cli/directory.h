/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory.h - numbers by name: a hash table that grows. A name that is there stays.
 */
#ifndef BATON_CLI_DIRECTORY_H
#define BATON_CLI_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

/* Begin with { 0 }; directory_fini() frees it. */
struct directory {
	struct directory_entry {
		char *name; /* NULL: free */
		size_t number;
	} *entries;
	size_t room; /* a power of two, or 0 */
	size_t count;
};

void directory_fini(struct directory *directory);

/* Adds a copy of a name that is not there. */
void directory_add(struct directory *directory, const char *name, size_t number);

/* The number that a name was added with. O(1). False: it is not there. */
bool directory_find(const struct directory *directory, const char *name, size_t *number);

#endif
