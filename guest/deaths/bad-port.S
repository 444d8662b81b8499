/* SPDX-License-Identifier: 0BSD */
/* bad-port.S - writes to a port that nobody answers. */
#include "deaths.inc"

start:	alive
	movw	$0x3f8, %dx
guilty:	outb	%al, %dx
	survived
