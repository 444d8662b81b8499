/* SPDX-License-Identifier: 0BSD */
/* bad-write.S - writes where there is no memory: not mapped, or nobody's GPA. */
#include "deaths.inc"

start:	alive
	movl	$0x60000000, %ebx
#ifdef GUEST_LONG
guilty:	movl	%eax, (%rbx)
#else
guilty:	movl	%eax, (%ebx)
#endif
	survived
