/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.c - allocation that does not fail: see heap.h.
 */
#include "heap.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

static void *or_die(void *memory)
{
	if (!memory) {
		fputs("baton: out of memory\n", stderr);
		exit(STATUS_CANNOT);
	}
	return memory;
}

void *heap_zeroed(size_t count, size_t size)
{
	return or_die(calloc(count ? count : 1, size));
}

void *heap_grow(void *array, size_t count, size_t size)
{
	if (!(count & (count - 1)))
		array = or_die(reallocarray(array, count ? 2 * count : 1, size));
	memset((char *)array + count * size, 0, size);
	return array;
}

char *heap_copy(const char *text)
{
	return or_die(strdup(text));
}

char *heap_print(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return or_die(text);
}
