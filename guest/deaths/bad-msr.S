/* SPDX-License-Identifier: 0BSD */
/* bad-msr.S - reads a model-specific register that no processor has. */
#include "deaths.inc"

start:	alive
	movl	$0xdeadbeef, %ecx
guilty:	rdmsr
	survived
