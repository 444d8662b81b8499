/* SPDX-License-Identifier: 0BSD */
/*
 * trap-flag.S - sets the trap flag. The instruction behind POPF still runs; then a
 * debug exception shows where the guest has come to.
 */
#include "deaths.inc"

start:	alive
	pushf
	pop	%ax
	orw	$0x100, %ax
	push	%ax
	popf
	nop
guilty:	nop
	survived
