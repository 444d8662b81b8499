/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h - a host's VMs by their names: a hash table of entity numbers.
 *
 * It lives in a block that its owner provides, allocates nothing and cannot run out of
 * room. Names are borrowed: each outlives its place in the table. An operation is O(1),
 * unless somebody picks names that all fall together.
 */
#ifndef BATON_HOST_NAMES_H
#define BATON_HOST_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct baton__names;

/* No VM. */
#define BATON__NAMES_NONE UINT32_MAX

/* Bytes of a table for numbers below `capacity`. */
size_t baton__names_size(uint32_t capacity);

/* Makes an empty table of `baton__names_size(capacity)` bytes. */
void baton__names_init(struct baton__names *names, uint32_t capacity);

/* The number of that name, or BATON__NAMES_NONE. */
uint32_t baton__names_find(const struct baton__names *names, const char *name);

/* Gives a number that has no name one that nobody has. */
void baton__names_add(struct baton__names *names, uint32_t number, const char *name);

/* Takes its name from a number that has one. */
void baton__names_remove(struct baton__names *names, uint32_t number);

#endif
