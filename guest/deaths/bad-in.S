/* SPDX-License-Identifier: 0BSD */
/* bad-in.S - reads a port that nobody answers. */
#include "deaths.inc"

start:	alive
guilty:	inb	$0x60, %al
	survived
