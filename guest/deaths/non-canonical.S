/* SPDX-License-Identifier: 0BSD */
/* non-canonical.S - jumps to an address whose bits 63 to 47 differ. */
#include "deaths.inc"

start:	alive
	movabsq	$0x0000800000000000, %rax
guilty:	jmp	*%rax
	survived
