/* SPDX-License-Identifier: 0BSD */
/* sse.S - uses an XMM register, as compilers like to, without having switched SSE on. */
#include "deaths.inc"

start:	alive
guilty:	movups	%xmm1, %xmm0
	survived
