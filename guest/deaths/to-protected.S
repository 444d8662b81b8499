/* SPDX-License-Identifier: 0BSD */
/*
 * to-protected.S - a real-mode guest that switches to protected mode by the book,
 * but brings no IDT along. The first exception finds the real-mode vectors where
 * it looks for gates (SDM vol. 3, 9.9.1).
 */
#include "deaths.inc"

start:	alive
	cli
	lgdt	gdtr
	movl	%cr0, %eax
	orl	$1, %eax
	movl	%eax, %cr0
	ljmpl	$8, $wide

	.code32
wide:	movw	$0x10, %ax
	movw	%ax, %ds
	movw	%ax, %ss
guilty:	ud2
	survived

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* code */
	.quad	0x00cf93000000ffff	/* data */
gdtr:	.word	. - gdt - 1
	.long	gdt
