/* SPDX-License-Identifier: 0BSD */
/*
 * paging.S - a protected-mode guest that turns paging on itself: one directory
 * entry, 4 MiB, identity. Where the KVM can do it, nothing dies: it halts with
 * status 0 (SDM vol. 3, 4.3).
 */
#include "deaths.inc"
	.set	directory, 0x20000	/* guest memory behind the image, all zero */

start:	alive
	movl	$0x83, directory	/* present, writable, 4 MiB */
	movl	%cr4, %eax
	orl	$0x10, %eax		/* CR4.PSE */
	movl	%eax, %cr4
	movl	$directory, %eax
	movl	%eax, %cr3
	movl	%cr0, %eax
	orl	$0x80000000, %eax	/* CR0.PG */
guilty:	movl	%eax, %cr0
	xorl	%eax, %eax
	cli
	hlt
