/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * course.h - what vmx.c and svm.c do at an exit: count it, and time it until it is handled.
 *
 * The counters belong to the host: every vCPU of every VM adds to the same ones.
 */
#ifndef BATON_COURSE_H
#define BATON_COURSE_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <asm/msr.h>

/* A row per reason, by the processor's number. */
#define COURSE_ERR   0x410 /* all ones: SVM's refused entry */
#define COURSE_OTHER 0x411 /* any number beyond */
#define COURSE_ROWS  0x412

extern atomic64_t course_exits[COURSE_ROWS], course_cycles[COURSE_ROWS];
extern atomic64_t course_all_exits, course_all_cycles;

/* The exit that a vCPU's thread is busy with. */
struct course_exit {
	u64 since; /* 0: with none */
	u32 row;
};

/* First thing behind an exit of the hardware. */
static inline void course_exited(struct course_exit *exit, u32 code)
{
	exit->since = rdtsc();
	exit->row = code < COURSE_ERR ? code : code == ~0u ? COURSE_ERR : COURSE_OTHER;
	atomic64_inc(&course_exits[exit->row]);
	atomic64_inc(&course_all_exits);
}

/* Last thing of its handling. */
static inline void course_handled(struct course_exit *exit)
{
	u64 cycles;

	if (!exit->since)
		return; /* the entry had failed */
	cycles = rdtsc() - exit->since;
	exit->since = 0;
	/* The clocks of two CPUs may be a little apart. */
	if ((s64)cycles < 0)
		return;
	atomic64_add(cycles, &course_cycles[exit->row]);
	atomic64_add(cycles, &course_all_cycles);
}

/* VMX: the reason is the low half, the rest are flags. Hands all of it on. */
static inline u32 course_vmx_exited(struct course_exit *exit, u32 reason)
{
	course_exited(exit, (u16)reason);
	return reason;
}

/* What the fast path sends back into the guest is handled. Hands its answer on. */
static inline fastpath_t course_fast(struct course_exit *exit, fastpath_t answer)
{
	if (answer == EXIT_FASTPATH_REENTER_GUEST)
		course_handled(exit);
	return answer;
}

/* The rest is when its handler returns. Hands its answer on. */
static inline int course_slow(struct course_exit *exit, int answer)
{
	course_handled(exit);
	return answer;
}

/* CPUID: false if the leaf is not one of the course's. */
bool course_cpuid(u32 *eax, u32 *ebx, u32 *ecx, u32 *edx);

#endif
