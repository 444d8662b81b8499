/* SPDX-License-Identifier: 0BSD */
/*
 * start.S - from the ELF entry to main() in protected, paged and long mode, and
 * to the end. The same instructions, assembled for 32 or for 64 bits.
 *
 * The host enters with flat segments, a stack aligned to 16 bytes, interrupts
 * and the direction flag off. Loading the ELF file has zeroed .bss.
 */
	.section .start, "ax"
	.globl	start
start:
	call	main
1:	cli				/* HLT with interrupts off: the end, EAX is the status */
	hlt
	jmp	1b
