/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - one VM at the gate of its host: it is held where others could see what it does, or
 * where it may be interrupted; it gets an answer there; and it is looked at where it comes to.
 */
#ifndef BATON_EXPLORE_MACHINE_H
#define BATON_EXPLORE_MACHINE_H

#include "access.h"
#include "automaton.h"
#include "memory.h"
#include "trap.h"

struct machine {
	struct baton_vm *vm;
	uint32_t number;
	const struct traps *traps;
	bool fences; /* NODE_FENCE is wanted */

	uint32_t node; /* where it stands; NO_NODE: nobody knows */
	struct memory memory;
	struct timer timer;
	bool steps; /* the gate is asked for its instructions */
	bool woken; /* it has asked the gate without having to move */

	/* Of its way from one node to the next. */
	bool acts;	   /* it may go on to its next access */
	bool answered;	   /* the access at which it stood is done … */
	bool moved;	   /* … and it is not there any more */
	bool asked_device; /* that was by its device */
	bool dies;	   /* of an interrupt */
	bool atomic;	   /* its next access is the write to the read that it got */
	int error;	   /* of finding out what that is */
	bool held;	   /* at the next access, … */
	struct node next;  /* … which is this */
	const struct node *at;
	struct access_spot spot; /* as it stood there */
	uint64_t answer;
	bool stores; /* an atomic one, … */
	uint64_t store; /* … this */
};

/* What the gate says to an access, and to an instruction, of this VM. */
enum baton_gate_verdict machine_meet(struct machine *machine, const char *device,
				     struct baton_access *access);
enum baton_gate_verdict machine_meet_instruction(struct machine *machine);

/* Before its first run. 0, or what KVM gave. */
int machine_begin(struct machine *machine);

/* It stands at a node where the host will run it next; is it stepped from there on? 0 or -errno. */
int machine_watch(struct machine *machine, const struct node *at);

/*
 * It may go on from there with an answer, when the host runs next; `at` is borrowed until
 * machine_stop(). It is interrupted now, if that is the answer. 0, or what KVM gave.
 */
int machine_go(struct machine *machine, const struct node *at, uint64_t answer);
void machine_stop(struct machine *machine);

/* Its device has it wait where it stood. */
bool machine_is_blocked(const struct machine *machine);

/* What it has come to is in `next`. `end`: the run's. A death there is the caller's. 0 or -errno. */
int machine_look(struct machine *machine, enum baton_run_end end);

/* Its VM has halted, or died. */
bool machine_has_ended(const struct machine *machine);

#endif
