/* SPDX-License-Identifier: 0BSD */
/*
 * two-outs.S - the same OUT twice. If nobody answers, the first is guilty; a device
 * that takes one and refuses the next makes it the second. Some KVMs report RIP in
 * front of an OUT, some behind it: either twin can be taken for the other.
 */
#include "deaths.inc"
	.globl	second

start:	alive
	movw	$0x3f8, %dx
guilty:	outb	%al, %dx
second:	outb	%al, %dx
	survived
