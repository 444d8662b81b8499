/* SPDX-License-Identifier: 0BSD */
/*
 * neighbour.S - a guest that is to notice nothing: it fills its memory from `field`
 * with a pattern, step by step, one exit each, and halts with status 42.
 */
#include "deaths.inc"
	.globl	field
	.set	field, 0x4000
	.set	STEPS, 256

start:	movl	$1, %eax
#ifdef GUEST_LONG
	movl	$field, %ebx
1:	movl	%eax, (%rbx)
#elif defined(GUEST_REAL)
	movw	$field, %bx
1:	movl	%eax, (%bx)
#else
	movl	$field, %ebx
1:	movl	%eax, (%ebx)
#endif
	imull	$1664525, %eax, %eax	/* a linear congruential generator */
	addl	$1013904223, %eax
	addl	$4, %ebx
	outb	%al, $ALIVE_PORT
	cmpl	$field + 4 * STEPS, %ebx
	jb	1b
	movl	$42, %eax
guilty:	cli
	hlt
