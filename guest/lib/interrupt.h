/* SPDX-License-Identifier: 0BSD */
/*
 * interrupt.h - interrupts for guests: one C function that takes them all.
 *
 * Interrupts are off when a guest starts. The function runs with interrupts off,
 * on the stack of whatever it interrupted.
 */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include "guest.h"

/* Called with the line, 0 to BATON_IRQ_LINES - 1. */
typedef void interrupt_fn(unsigned line);

/*
 * Directs all lines to `handler`. Baton's own handlers of exceptions stay. In real
 * mode this writes vectors 0x20 to 0x2f, at 0x80; so the entry code of the image
 * must be shorter than that.
 */
void interrupts_install(interrupt_fn *handler);

static inline void interrupts_on(void)
{
	__asm__ volatile("sti" : : : "memory");
}

static inline void interrupts_off(void)
{
	__asm__ volatile("cli" : : : "memory");
}

/*
 * Gives the turn away until an interrupt has been taken; interrupts are off before
 * and after. What is decided with interrupts off still holds when HLT begins, since
 * STI keeps them off for one instruction more: no wake-up is lost.
 */
static inline void interrupts_wait(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

#endif
