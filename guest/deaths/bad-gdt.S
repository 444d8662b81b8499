/* SPDX-License-Identifier: 0BSD */
/*
 * bad-gdt.S - loads an empty GDT. The next load of a segment, at `raised`, finds
 * nothing there, and its exception does not find the handlers' code segment.
 */
#include "deaths.inc"
	.globl	raised

start:	alive
guilty:	lgdt	empty
	movw	$0x10, %ax
raised:	movw	%ax, %ds
	survived

empty:	.word	0
	.quad	0
