/* SPDX-License-Identifier: 0BSD */
/* loop-self.S - a jump to itself: the shortest endless loop. */
#include "deaths.inc"

start:	alive
guilty:	jmp	guilty
	survived
