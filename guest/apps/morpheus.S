/* SPDX-License-Identifier: 0BSD */
/* morpheus.S - counts down on port 0x11, one exit per number: 0, 65535, 65534 … */
#include "entry.inc"

start:	xorw	%ax, %ax
1:	outw	%ax, $0x11
	decw	%ax
	jmp	1b
