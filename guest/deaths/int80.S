/* SPDX-License-Identifier: 0BSD */
/* int80.S - a system call to a kernel that is not there: vector 0x80 has no gate. */
#include "deaths.inc"

start:	alive
	movl	$1, %eax
guilty:	int	$0x80
	survived
