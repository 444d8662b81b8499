/* SPDX-License-Identifier: 0BSD */
/*
 * jump-void.S - calls a function through a pointer that was never set right: no
 * memory is there, or nothing is mapped there. Dies at `void_at`.
 */
#include "deaths.inc"
	.globl	void_at
	.set	void_at, 0x60000000

start:	alive
#ifdef GUEST_LONG
	movl	$void_at, %eax
guilty:	call	*%rax
#else
	movl	$void_at, %eax
guilty:	call	*%eax
#endif
	survived
