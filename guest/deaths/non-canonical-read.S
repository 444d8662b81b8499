/* SPDX-License-Identifier: 0BSD */
/* non-canonical-read.S - reads from an address whose bits 63 to 47 differ. */
#include "deaths.inc"

start:	alive
	movabsq	$0x1234567890abcdef, %rbx
guilty:	movq	(%rbx), %rax
	survived
