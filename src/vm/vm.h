/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm.h - one virtual machine: memory, buses, one vCPU and what is known of it.
 *
 * A VM does not know how it is scheduled; `host` and `entity` are its owner's
 * and are only carried here.
 */
#ifndef BATON_VM_VM_H
#define BATON_VM_VM_H

#include "baton/device.h"
#include "kvm/machine.h"
#include "kvm/vcpu.h"
#include "vm/boot.h"
#include "vm/bus.h"
#include "vm/hypercall.h"
#include "vm/memory.h"

struct baton__system;

#define BATON__NAME_MAX 63

/* What kicks show of a guest that does not exit. */
struct baton__looks {
	uint32_t count;
	bool moved;	    /* valid if there were any: registers differed between two of them */
	uint64_t low, high; /* of RIP */
};

/* Why dispatch ended a VM. */
struct baton__fault {
	enum baton_death_kind kind;
	const char *why; /* a device's clause, or NULL */
};

struct baton_vcpu {
	struct baton_vm *vm;
	struct baton__vcpu kvm;

	struct baton_regs regs;	   /* as of the last return from KVM_RUN that left them whole */
	struct baton_exit *exit;   /* the exit being served, or the last one: in `last` */
	uint32_t cursor;	   /* elements of its access that are done */
	bool blocked_in_access;	   /* the access waits: serve it again before the next entry */
	bool blocked_in_element;   /* and the element at the cursor was served before */

	uint64_t wake_at_ns;	   /* set by a handler that blocks until a time; else UINT64_MAX */
	uint64_t sleep_until_ns;   /* of the hypercall `sleep` */
	uint32_t irq_lines;	   /* raised, and not taken yet */
	uint64_t inputs;	   /* besides exits: interrupts taken, and what the host wrote */
	bool idle;		   /* in HLT: waits for one of them */
	uint64_t quiet_ns;	   /* time in KVM_RUN since the last exit */
	struct baton__looks looks; /* at the vCPU since then */
	struct baton__fault fault;

	/* The last exits, a ring: [exits % BATON_LAST_EXITS] is the next to be written. */
	struct baton_exit last[BATON_LAST_EXITS];
	uint64_t exits;
};

struct baton_vm {
	char name[BATON__NAME_MAX + 1];
	enum baton_mode mode;
	bool tripwire; /* exceptions without a handler end in the fixture */
	uint64_t share, arrives_ns, watchdog_ns;

	struct baton__machine machine;
	struct baton__memory memory;
	struct baton__layout layout;
	baton_gpa_t image_first, image_end;
	baton_gpa_t reserved; /* the image's space ends here; then comes the devices' */
	uint64_t reserved_size;
	struct baton__bus ports, mmio;
	struct baton__call calls[BATON__CALLS];
	const struct baton_choices *choices; /* its owner's; may be NULL */
	bool untimed;	     /* waits for a time are over at once */
	uint32_t argument;   /* for the hypercall of that name */
	uint64_t arrived_ns; /* when it could first run; set by its owner */
	struct baton_vcpu vcpu;

	enum baton_outcome outcome;
	uint32_t status;
	struct baton__snapshot *snapshot; /* as of its last exit; NULL unless wanted */
	struct baton__steps *steps;	  /* likewise */
	struct baton_death *death; /* once dead */
	int paging32;		   /* for the autopsy: can this KVM do it? 1, 0, or -1: not known */

	struct baton_host *host;
	uint32_t entity;
};

/* Builds a whole VM from its configuration, which is checked here. Nothing is left on failure. */
int baton__vm_create(const struct baton__system *system, const struct baton_vm_config *config,
		     struct baton_diag *diag, struct baton_vm **vm);

/* NULL is allowed. */
void baton__vm_destroy(struct baton_vm *vm);

/* Notes a return of 0 from KVM_RUN: registers, decoded exit, ring of last exits. */
void baton__vm_note_exit(struct baton_vcpu *vcpu, uint64_t now);

/* Notes a return of -EINTR: registers, and a look at where the guest is. */
void baton__vm_note_kick(struct baton_vcpu *vcpu);

/*
 * Time of its own until somebody should look at a guest with a watchdog: several
 * times before it is due, so that a loop can be told from an instruction that
 * does not get on. 0 once it is due.
 */
uint64_t baton__vm_next_look(const struct baton_vcpu *vcpu);

#endif
