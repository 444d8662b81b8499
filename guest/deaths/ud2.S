/* SPDX-License-Identifier: 0BSD */
/* ud2.S - executes the opcode that is invalid by definition. */
#include "deaths.inc"

start:	alive
guilty:	ud2
	survived
