/* SPDX-License-Identifier: 0BSD */
/* dos.S - calls an operating system that is not there, as old programs do. */
#include "deaths.inc"

start:	alive
	movw	$0x4c00, %ax
guilty:	int	$0x21
	survived
