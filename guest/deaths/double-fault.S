/* SPDX-License-Identifier: 0BSD */
/*
 * double-fault.S - spoils the gate for divide errors, then divides by zero: the
 * exception cannot be delivered, and becomes a double fault.
 */
#include "deaths.inc"

start:	alive
#ifdef GUEST_LONG
	subq	$16, %rsp
	sidt	(%rsp)
	movq	2(%rsp), %rbx
	movw	$0x1230, 2(%rbx)	/* the gate's selector */
	addq	$16, %rsp
#else
	subl	$8, %esp
	sidt	(%esp)
	movl	2(%esp), %ebx
	movw	$0x1230, 2(%ebx)
	addl	$8, %esp
#endif
	xorl	%edx, %edx
	xorl	%ecx, %ecx
guilty:	divl	%ecx
	survived
