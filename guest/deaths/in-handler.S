/* SPDX-License-Identifier: 0BSD */
/*
 * in-handler.S - has a handler for invalid opcodes of its own, in which it dies: the IDT
 * that it loads there is empty.
 */
#include "deaths.inc"

start:	alive
#ifdef GUEST_REAL
	movw	$handler, 6 * 4
	movw	%cs, 6 * 4 + 2
#elif defined(GUEST_LONG)
	subq	$16, %rsp
	sidt	(%rsp)
	movq	2(%rsp), %rbx
	addq	$16, %rsp
	leaq	handler(%rip), %rax
	movw	%ax, 6 * 16(%rbx)	/* the gate's offset, in pieces */
	shrq	$16, %rax
	movw	%ax, 6 * 16 + 6(%rbx)
	shrq	$16, %rax
	movl	%eax, 6 * 16 + 8(%rbx)
#else
	subl	$8, %esp
	sidt	(%esp)
	movl	2(%esp), %ebx
	addl	$8, %esp
	movl	$handler, %eax
	movw	%ax, 6 * 8(%ebx)
	shrl	$16, %eax
	movw	%ax, 6 * 8 + 6(%ebx)
#endif
	.globl	raised, handler
raised:	ud2
	survived

handler:
	nop
	lidt	empty
	nop
guilty:	int3
	survived

empty:	.word	0
	.quad	0
