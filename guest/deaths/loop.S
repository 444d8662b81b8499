/* SPDX-License-Identifier: 0BSD */
/* loop.S - an endless loop that looks busy: `guilty` to `end`. */
#include "deaths.inc"
	.globl	end

start:	alive
	xorl	%eax, %eax
guilty:	incl	%eax
	addl	%eax, %ebx
	xorl	%ebx, %ecx
	imull	%ecx, %edx
end:	jmp	guilty
	survived
