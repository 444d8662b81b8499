/* SPDX-License-Identifier: 0BSD */
/* bad-cr3.S - loads CR3 with a page of zeroes: nothing is mapped any more. */
#include "deaths.inc"

start:	alive
	movl	$0x8000, %eax		/* guest memory below the image: all zero */
#ifdef GUEST_LONG
guilty:	movq	%rax, %cr3
#else
guilty:	movl	%eax, %cr3
#endif
	nop
	survived
