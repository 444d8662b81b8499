/* SPDX-License-Identifier: 0BSD */
/* bad-stack.S - forgets to set up its stack: the first push goes below address 0. */
#include "deaths.inc"

start:	alive
	xorl	%esp, %esp
#ifdef GUEST_LONG
guilty:	push	%rax
#else
guilty:	push	%eax
#endif
	survived
