/* SPDX-License-Identifier: 0BSD */
/*
 * answer.c - the smallest guest with a result: 42 at GPA 0x400, and 42 as its
 * status. The host that finds both knows that memory and registers arrived.
 */
#include "guest.h"

int main(void)
{
	guest_result = 42;
	return 42;
}
