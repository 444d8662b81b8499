/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbols.h - where a guest's labels are, by the symbol table of its ELF file.
 */
#ifndef BATON_TESTS_SYMBOLS_H
#define BATON_TESTS_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

/* Finds a symbol of an ELF32 or ELF64 file of this machine's byte order. */
bool symbol_find(const char *path, const char *name, uint64_t *value);

#endif
