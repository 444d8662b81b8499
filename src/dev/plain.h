/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plain.h - for the check() of devices, whose plain bytes come from a file.
 */
#ifndef BATON_DEV_PLAIN_H
#define BATON_DEV_PLAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Is it one? To read any other byte as a bool is undefined. */
static inline bool baton__is_bool(const bool *b)
{
	uint8_t byte;

	memcpy(&byte, b, sizeof(byte));
	return byte <= 1;
}

#endif
