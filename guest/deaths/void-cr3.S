/* SPDX-License-Identifier: 0BSD */
/* void-cr3.S - loads CR3 with a GPA where there is no memory. */
#include "deaths.inc"

start:	alive
	movl	$0x7ffff000, %eax
#ifdef GUEST_LONG
guilty:	movq	%rax, %cr3
#else
guilty:	movl	%eax, %cr3
#endif
	nop
	survived
