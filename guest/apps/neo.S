/* SPDX-License-Identifier: 0BSD */
/* neo.S - counts up on port 0x10, one exit per number: 0, 1, 2 … */
#include "entry.inc"

start:	xorw	%ax, %ax
1:	outw	%ax, $0x10
	incw	%ax
	jmp	1b
