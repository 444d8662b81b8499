/* SPDX-License-Identifier: 0BSD */
/* ldt.S - loads a segment of an LDT of its own, whose descriptor is not present. */
#include "deaths.inc"
	.set	table, 0x8000		/* guest memory below the image, all zero */

start:	alive
	movl	$0x0000ffff, table + 8
	movl	$0x00cf1300, table + 12	/* data, not present */
	lgdt	gdtr
	movw	$0x18, %ax
	lldt	%ax
	movw	$0x0c, %ax		/* the LDT's second */
guilty:	movw	%ax, %ds
	survived

	.balign	8
gdt:	.quad	0
#ifdef GUEST_LONG
	.quad	0x00af9b000000ffff	/* code */
#else
	.quad	0x00cf9b000000ffff
#endif
	.quad	0x00cf93000000ffff	/* data */
	.quad	0x000082008000000f	/* the LDT: sixteen bytes at `table` */
	.quad	0			/* its upper half, in long mode */
gdtr:	.word	. - gdt - 1
#ifdef GUEST_LONG
	.quad	gdt
#else
	.long	gdt
#endif
