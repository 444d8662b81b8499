/* SPDX-License-Identifier: 0BSD */
/* idle.S - no death: HLT with interrupts on waits for an interrupt that never comes. */
#include "deaths.inc"

start:	alive
	sti
guilty:	hlt
	survived
