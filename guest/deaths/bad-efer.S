/* SPDX-License-Identifier: 0BSD */
/* bad-efer.S - sets a reserved bit of EFER. */
#include "deaths.inc"

start:	alive
	movl	$0xc0000080, %ecx
	rdmsr
	orl	$0x2, %eax
guilty:	wrmsr
	survived
