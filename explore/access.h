/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.h - what an access, or an instruction, of a VM is to those who explore.
 */
#ifndef BATON_EXPLORE_ACCESS_H
#define BATON_EXPLORE_ACCESS_H

#include "baton/abi.h"
#include "baton/control.h"

enum access_sort {
	ACCESS_OWN,	/* concerns nobody else: it is served as ever */
	ACCESS_DROPPED, /* likewise, and has no effect that could come back: it is not served */
	ACCESS_SHARED,	/* of a region that is trapped */
	ACCESS_CALL,	/* of a device that others may see */
	ACCESS_CHOICE,	/* the call `choose` */
	ACCESS_TIMER,	/* the call `timer` */
	ACCESS_FOREIGN, /* it would bring in what no schedule decides: `why` */
};

/* `why` is static storage, a clause such as "it asks for the time". */
enum access_sort access_sort(const char *device, const struct baton_access *access,
			     const char **why);

/*
 * What a call of these sorts passes. False: it passes nothing that there is, and the VM dies of it,
 * if the call is passed.
 */
bool access_choice(const struct baton_access *access, struct baton_call_choose *call);
bool access_timer(const struct baton_access *access, struct baton_call_timer *call);

/*
 * Of the bytes of an instruction: is it atomic where it reads and writes memory (SDM vol. 3,
 * 9.1.2.2: LOCK, and XCHG without it)?
 */
bool access_is_atomic(const uint8_t *code, size_t size, unsigned bits);

/*
 * Does it wait until all stores before it are seen by everybody: MFENCE, atomic ones, and
 * those that serialize (SDM vol. 3, 9.2 and 9.3)? Those of ports do, too, and are accesses.
 */
bool access_is_fence(const uint8_t *code, size_t size, unsigned bits);

/*
 * Is the VM past an instruction at which it stood, though it stands there again? It is if that is
 * a jump to itself; a LOOP to itself has counted. What repeats a string is still under way.
 */
bool access_is_past(const uint8_t *code, size_t size, bool counted);

/* Where a VM stood before an instruction that it may make, … */
struct access_spot {
	uint64_t rip, rsp, rcx;
};

/* … and has it made it? `on`: it has gone on from there; some KVMs report a step that they have not made. */
bool access_has_left(const struct access_spot *spot, const struct baton_regs *regs, const uint8_t *code,
		     size_t size, bool on);

/*
 * The length of an instruction behind which no interrupt is taken before one more is executed:
 * STI, if interrupts were off, MOV from a register to SS, POP SS (SDM vol. 3, 6.8.3; vol. 2,
 * STI). 0: it is another one.
 */
size_t access_shadows(const uint8_t *code, size_t size, unsigned bits, bool on);

#endif
