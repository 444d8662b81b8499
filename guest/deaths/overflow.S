/* SPDX-License-Identifier: 0BSD */
/* overflow.S - recursion without an end: the stack runs into the guard page. */
#include "deaths.inc"

start:	alive
guilty:	call	guilty
	survived
