/* SPDX-License-Identifier: 0BSD */
/*
 * batch-producer.c - fills an array with the next five numbers, without an exit, and
 * passes its address: as many batches as the call `argument` says, or for ever if
 * that is 0.
 */
#include "guest.h"

#define PASS  0x10
#define ITEMS 5

int main(void)
{
	uint32_t array[ITEMS];
	uint32_t batches = baton_argument(), item = 0;

	for (uint32_t batch = 0; !batches || batch < batches; batch++) {
		for (int i = 0; i < ITEMS; i++)
			array[i] = item++;
		out32(PASS, (uint32_t)guest_gpa(array));
	}
	return 0;
}
