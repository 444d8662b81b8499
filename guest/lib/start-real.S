/* SPDX-License-Identifier: 0BSD */
/*
 * start-real.S - from GPA 0 to main() in real mode, and to the end.
 *
 * The host enters with CS = DS = ES = SS = 0, a stack below 64 KiB, interrupts
 * off. C code built with -m16 uses 32-bit registers and 32-bit return addresses
 * inside these 64 KiB segments.
 */
	.code16
	.section .start, "ax"
	.globl	start
start:
	movzwl	%sp, %esp		/* C reaches its stack through all of ESP */
	cld
	movw	$bss_start, %di		/* a flat image does not carry .bss */
	movw	$bss_size, %cx
	xorw	%ax, %ax
	rep stosb
	calll	main
1:	cli				/* HLT with interrupts off: the end, EAX is the status */
	hlt
	jmp	1b
