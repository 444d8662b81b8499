/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hello.S - says hello on port 0xE9 and ends, under QEMU (multiboot, isa-debugcon,
 * isa-debug-exit at 0x10) and under Baton (console, a latch at 0x10, HLT) alike.
 */
	.code32
	.section .text
	.align	4
	.long	0x1BADB002, 0, -0x1BADB002 /* Multiboot 0.6.96, 3.1.1: magic, flags, checksum */

	.globl	start
start:	mov	$hello, %esi
	mov	$hello_end - hello, %ecx
1:	lodsb
	out	%al, $0xE9
	loop	1b
	xor	%eax, %eax
	out	%al, $0x10 /* QEMU ends here, with status 1 */
	cli
	hlt

hello:	.ascii	"Hello!\n"
hello_end:
	.section .note.GNU-stack, "", @progbits
