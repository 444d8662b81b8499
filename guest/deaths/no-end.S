/* SPDX-License-Identifier: 0BSD */
/* no-end.S - a program that has no end: the processor goes on through empty memory. */
#include "deaths.inc"
	.globl	empty
	.set	empty, 0xf0000		/* not far from the end of 1 MiB; nobody loaded anything there */

start:	alive
	movl	$0x8000, %eax		/* two zeroes add to what this points at */
#ifdef GUEST_LONG
	movl	$empty, %ebx
guilty:	jmp	*%rbx
#else
	movl	$empty, %ebx
guilty:	jmp	*%ebx
#endif
	survived
