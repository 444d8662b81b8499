/* SPDX-License-Identifier: 0BSD */
/* bad-cr4.S - sets a reserved bit of CR4. */
#include "deaths.inc"

start:	alive
#ifdef GUEST_LONG
	movq	%cr4, %rax
	orq	$0x40000000, %rax
guilty:	movq	%rax, %cr4
#else
	movl	%cr4, %eax
	orl	$0x40000000, %eax
guilty:	movl	%eax, %cr4
#endif
	survived
