/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_set.c - see json_set.h.
 */
#include "json_set.h"

#include <inttypes.h>
#include <stdio.h>

void json_set_integer(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

void json_set_text(json_t *object, const char *key, const char *value)
{
	json_object_set_new(object, key, json_string(value));
}

void json_set_boolean(json_t *object, const char *key, int value)
{
	json_object_set_new(object, key, json_boolean(value));
}

void json_set_hex(json_t *object, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	json_set_text(object, key, text);
}

void json_set_bytes(json_t *object, const char *key, const uint8_t *bytes, size_t size)
{
	char text[2 * 64 + 1] = "";

	for (size_t i = 0; i < size && i < 64; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	json_set_text(object, key, text);
}
