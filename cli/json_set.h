/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_set.h - members of a JSON object, by their kind.
 *
 * jansson takes ownership of what is set, and copes with NULL as failure.
 */
#ifndef BATON_CLI_JSON_SET_H
#define BATON_CLI_JSON_SET_H

#include <jansson.h>
#include <stdint.h>

void json_set_integer(json_t *object, const char *key, uint64_t value);
void json_set_text(json_t *object, const char *key, const char *value);
void json_set_boolean(json_t *object, const char *key, int value);

/* As a text, "0x…": a reader may keep only 53 bits of a number. */
void json_set_hex(json_t *object, const char *key, uint64_t value);

/* Bytes as a text of hexadecimal digits, two each; at most 64. */
void json_set_bytes(json_t *object, const char *key, const uint8_t *bytes, size_t size);

#endif
