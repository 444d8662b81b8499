/* SPDX-License-Identifier: 0BSD */
/* bad-selector.S - loads a data segment register with a selector beyond the GDT. */
#include "deaths.inc"

start:	alive
	movw	$0x1230, %ax
guilty:	movw	%ax, %ds
	survived
