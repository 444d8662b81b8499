/* SPDX-License-Identifier: 0BSD */
/*
 * counter.S - counts in the word at GPA 0x400 and never exits. For measuring:
 * the host reads there how far the guest got.
 */
#include "entry.inc"

start:	incl	guest_result
	jmp	start
