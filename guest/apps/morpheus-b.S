/* SPDX-License-Identifier: 0BSD */
/* morpheus-b.S - counts down in AX and never exits: only a timer takes the CPU from it. */
#include "entry.inc"

start:	xorw	%ax, %ax
1:	decw	%ax
	jmp	1b
