/* SPDX-License-Identifier: 0BSD */
/* not-present.S - loads a segment whose descriptor says that it is not present. */
#include "deaths.inc"

start:	alive
	lgdt	gdtr
	movw	$0x18, %ax
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
	.quad	0x00cf13000000ffff	/* data, not present */
gdtr:	.word	. - gdt - 1
#ifdef GUEST_LONG
	.quad	gdt
#else
	.long	gdt
#endif
