/* SPDX-License-Identifier: 0BSD */
/*
 * batch-consumer.c - says where its array is, and consumes one batch after another
 * there. The word at GPA 0x400 adds the items up. It does not end: the host ends it
 * when nothing more can come.
 */
#include "guest.h"

#define BUFFER	 0x11
#define CONSUMED 0x12
#define ITEMS	 5

int main(void)
{
	uint32_t array[ITEMS] = { 0 };

	out32(BUFFER, (uint32_t)guest_gpa(array)); /* comes back with the first batch */
	for (;;) {
		for (int i = 0; i < ITEMS; i++)
			guest_result += array[i];
		out32(CONSUMED, 0); /* comes back with the next one */
	}
}
