/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timer.h - the timer of a VM for which no clock goes: from when it is set it may fire at any
 * moment, and nobody but a schedule says when.
 *
 * It fires where that makes a difference: before an instruction at which the interrupt is taken
 * at once, in HLT, and before the timer is set anew, where the line stays raised.
 */
#ifndef BATON_EXPLORE_TIMER_H
#define BATON_EXPLORE_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "baton/abi.h"
#include "baton/baton.h"

struct timer {
	bool armed, periodic;
	uint8_t line;
	uint32_t raised; /* lines whose interrupts were not taken yet, a bit each */
	uint64_t shadow; /* the instruction there is executed first; 0: none is */
};

/* The same for timers that may do the same. */
uint32_t timer_number(const struct timer *timer);

/* Is there an interrupt that may come? */
bool timer_may(const struct timer *timer);

/*
 * The VM is between two instructions; these are the bytes of the next one. Are interrupts taken
 * there? To be asked before each instruction. Some KVMs step over two, as no interrupt would be
 * taken between them anyway; some come twice before one.
 */
bool timer_is_open(struct timer *timer, const struct baton_regs *regs, const uint8_t *code, size_t size,
		   unsigned bits);

/* In how many ways an interrupt that is sure to be taken can come: 1 or 2, which a schedule chooses. */
unsigned timer_ways(const struct timer *timer);

/* It is taken, in one of these ways. Its line. */
unsigned timer_take(struct timer *timer, unsigned way);

/* Which line that would be. */
unsigned timer_next(const struct timer *timer, unsigned way);

/* Likewise: the call `timer`. In way 1 it has fired before it is set anew. */
unsigned timer_set_ways(const struct timer *timer);
void timer_set(struct timer *timer, const struct baton_call_timer *call, unsigned way);

#endif
