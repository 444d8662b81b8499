/* SPDX-License-Identifier: 0BSD */
/*
 * yielder.c - gives its turn away as soon as it has it, for ever. The word at
 * GPA 0x400 counts the turns. Status 1: the host speaks another ABI.
 */
#include "guest.h"

int main(void)
{
	if (baton_version() != BATON_ABI_VERSION)
		return 1;
	for (;;) {
		guest_result++;
		baton_yield();
	}
}
