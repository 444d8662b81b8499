/* SPDX-License-Identifier: 0BSD */
/* int3.S - a breakpoint, without a debugger. */
#include "deaths.inc"

start:	alive
guilty:	int3
	survived
