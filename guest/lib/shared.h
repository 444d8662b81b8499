/* SPDX-License-Identifier: 0BSD */
/*
 * shared.h - memory that VMs share, word by word: every function here is one access, by
 * one instruction. The compiler moves no access across another, nor joins two.
 *
 * x86 keeps loads in order, stores in order, and no store overtakes an earlier load. What
 * it allows is that a load overtakes an earlier store to another word. fence() and the
 * locked instructions, which are exchange() and those below it, forbid that, too.
 */
#ifndef SHARED_H
#define SHARED_H

#include "guest.h"

/* Where the scenarios put the region. */
#define SHARED 0x40000

/* A word alone in its cache line. */
struct line {
	volatile uint32_t word;
	uint32_t nothing[15];
};

/* The region, as the struct that a program sees in it. It begins as zeroes. */
static inline void *shared_memory(void)
{
	void *memory = (void *)(SHARED + (uintptr_t)GUEST_OFFSET);

	__asm__("" : "+r"(memory)); /* in a register: real mode's constant addresses have 16 bits */
	return memory;
}

static inline uint32_t load(volatile uint32_t *word)
{
	uint32_t value;

	__asm__ volatile("movl %1, %0" : "=r"(value) : "m"(*word) : "memory");
	return value;
}

static inline void store(volatile uint32_t *word, uint32_t value)
{
	__asm__ volatile("movl %1, %0" : "=m"(*word) : "ri"(value) : "memory");
}

static inline void fence(void)
{
	__asm__ volatile("mfence" : : : "memory");
}

/* Stores, and returns what was there; locked without a prefix, as XCHG always is. */
static inline uint32_t exchange(volatile uint32_t *word, uint32_t value)
{
	__asm__ volatile("xchgl %0, %1" : "+r"(value), "+m"(*word) : : "memory");
	return value;
}

/* Adds, and returns what was there. */
static inline uint32_t fetch_add(volatile uint32_t *word, uint32_t value)
{
	__asm__ volatile("lock; xaddl %0, %1" : "+r"(value), "+m"(*word) : : "memory", "cc");
	return value;
}

/* Stores if `expected` is there; returns what was there. */
static inline uint32_t compare_exchange(volatile uint32_t *word, uint32_t expected, uint32_t value)
{
	__asm__ volatile("lock; cmpxchgl %2, %1"
			 : "+a"(expected), "+m"(*word) : "r"(value) : "memory", "cc");
	return expected;
}

#endif
