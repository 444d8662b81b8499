/* SPDX-License-Identifier: 0BSD */
/* divide.S - divides by zero. */
#include "deaths.inc"

start:	alive
	xorl	%edx, %edx
	xorl	%ecx, %ecx
	movl	$695, %eax
guilty:	divl	%ecx
	survived
