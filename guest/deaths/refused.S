/* SPDX-License-Identifier: 0BSD */
/* refused.S - makes a call of Baton's with the wrong width. */
#include "deaths.inc"

start:	alive
	movw	$BATON_CALL_YIELD, %dx
guilty:	outb	%al, %dx
	survived
