/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.h - allocation for a command: it succeeds, or the process says so and
 * ends with STATUS_CANNOT. For the command alone; the library returns errors.
 */
#ifndef BATON_CLI_HEAP_H
#define BATON_CLI_HEAP_H

#include <stddef.h>

/* `count` zeroed objects of `size` bytes. The caller frees them. */
void *heap_zeroed(size_t count, size_t size);

/*
 * Makes room for one more object behind the `count` that `array` (or NULL)
 * holds, zeroes it, and returns the array, which may have moved. It grows by
 * doubling, whenever `count` is a power of two.
 */
void *heap_grow(void *array, size_t count, size_t size);

char *heap_copy(const char *text);

__attribute__((format(printf, 1, 2)))
char *heap_print(const char *format, ...);

#endif
