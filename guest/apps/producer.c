/* SPDX-License-Identifier: 0BSD */
/*
 * producer.c - hands over 0, 1, 2 …, one item an OUT: as many as the call `argument`
 * says, or for ever if that is 0.
 */
#include "guest.h"

#define PRODUCE 0x10

int main(void)
{
	uint32_t items = baton_argument();

	for (uint32_t item = 0; !items || item < items; item++)
		out16(PRODUCE, (uint16_t)item);
	return 0;
}
