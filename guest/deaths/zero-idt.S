/* SPDX-License-Identifier: 0BSD */
/* zero-idt.S - a triple fault on purpose, the classic way: an empty IDT, then a trap. */
#include "deaths.inc"

start:	alive
	lidt	empty
guilty:	int3
	survived

empty:	.word	0
	.quad	0
