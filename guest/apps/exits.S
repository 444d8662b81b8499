/* SPDX-License-Identifier: 0BSD */
/* exits.S - nothing but exits: OUT of one byte to port 0x10, for ever. For measuring. */
#include "entry.inc"

start:	outb	%al, $0x10
	jmp	start
