/* SPDX-License-Identifier: 0BSD */
/* zeroes.S - calls a place where nothing was loaded, and which ends in the void or in a loop. */
#include "deaths.inc"
	.globl	nothing
	.set	nothing, 0x30000

start:	alive
	xorl	%eax, %eax
	decl	%eax			/* what the zeroes add to: no memory */
#ifdef GUEST_LONG
	movl	$nothing, %ebx
guilty:	call	*%rbx
#else
	movl	$nothing, %ebx
guilty:	call	*%ebx
#endif
	survived
