/* SPDX-License-Identifier: 0BSD */
/*
 * consumer.c - takes what a producer hands over, and reports each item. The word at
 * GPA 0x400 adds them up. It does not end: the host ends it when nothing more can come.
 */
#include "guest.h"

#define CONSUME	 0x11
#define CONSUMED 0x12

int main(void)
{
	for (;;) {
		uint16_t item = in16(CONSUME);

		guest_result += item;
		out16(CONSUMED, item);
	}
}
