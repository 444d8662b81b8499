/* SPDX-License-Identifier: 0BSD */
/* neo-b.S - counts up in AX and never exits: only a timer takes the CPU from it. */
#include "entry.inc"

start:	xorw	%ax, %ax
1:	incw	%ax
	jmp	1b
