/* SPDX-License-Identifier: 0BSD */
/*
 * two-outs.S - the same OUT twice to a port that nobody answers. The first one is
 * guilty; behind it stands its twin, which a KVM that reports RIP behind the
 * instruction makes look like it.
 */
#include "deaths.inc"

start:	alive
	movw	$0x3f8, %dx
guilty:	outb	%al, %dx
	outb	%al, %dx
	survived
