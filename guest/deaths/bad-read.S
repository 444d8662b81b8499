/* SPDX-License-Identifier: 0BSD */
/* bad-read.S - reads where there is no memory: not mapped, or nobody's GPA. */
#include "deaths.inc"

start:	alive
	movl	$0x60000000, %ebx
#ifdef GUEST_LONG
guilty:	movl	(%rbx), %eax
#else
guilty:	movl	(%ebx), %eax
#endif
	survived
