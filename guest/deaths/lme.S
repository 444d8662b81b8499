/* SPDX-License-Identifier: 0BSD */
/* lme.S - flips EFER.LME while paging is on. */
#include "deaths.inc"

start:	alive
	movl	$0xc0000080, %ecx
	rdmsr
	xorl	$0x100, %eax
guilty:	wrmsr
	survived
