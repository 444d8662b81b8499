/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * abi.h - what a guest and its host agree on. For C and for assembly, on both
 * sides; it includes nothing, so that a freestanding guest can use it.
 *
 * Ending: HLT with interrupts off ends the guest; EAX is its status.
 */
#ifndef BATON_ABI_H
#define BATON_ABI_H

#define BATON_ABI_VERSION 1

/* Baton's calls are accesses to port BATON_CALL_BASE + number; the rows stand in hypercalls.def. */
#define BATON_CALL_BASE 0xBA00

/* The console's port by custom: one byte, OUT8. */
#define BATON_CONSOLE_PORT 0xE9

/* Linear addresses at which a paged and a long guest finds its memory again. */
#define BATON_PAGED_OFFSET 0xC0000000
#define BATON_LONG_OFFSET 0xFFFFFFFF80000000

#ifdef __ASSEMBLER__
#define BATON_CALL(id, number, name, direction, bytes, summary) \
	.set BATON_CALL_##id, BATON_CALL_BASE + number;
#else
enum baton_call {
#define BATON_CALL(id, number, name, direction, bytes, summary) \
	BATON_CALL_##id = BATON_CALL_BASE + (number),
#endif
#include "hypercalls.def"
#undef BATON_CALL
#ifndef __ASSEMBLER__
};
#endif

#endif
