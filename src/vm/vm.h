/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm.h - one virtual machine: memory, buses, one vCPU and what is known of it.
 *
 * A VM does not know how it is scheduled; `host` and `entity` are its owner's
 * and are only carried here.
 */
#ifndef BATON_VM_VM_H
#define BATON_VM_VM_H

#include <linux/kvm.h>
#include <string.h>

#include "baton/abi.h"
#include "baton/device.h"
#include "kvm/exit.h"
#include "kvm/machine.h"
#include "kvm/vcpu.h"
#include "vm/boot.h"
#include "vm/bus.h"
#include "vm/gate.h"
#include "vm/hypercall.h"
#include "vm/memory.h"

struct baton__gate;
struct baton__system;
struct baton__unmap;

#define BATON__NAME_MAX	  63
#define BATON__MEMORY_MAX (UINT64_C(3) << 30)

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

/*
 * Exits that a vCPU has made while no run was under way, in completing what was pending for a
 * snapshot: the next entries find them one after the other. (See snapshot.h.)
 */
#define BATON__STANDING 2

struct baton__standing {
	uint32_t count;
	bool last; /* one more stands in kvm_run, and cannot be taken out of there */
	struct {
		uint32_t reason;
		uint8_t detail[24]; /* struct kvm_run's io or mmio */
		uint64_t data;	    /* of a port access */
	} exits[BATON__STANDING];
};

/* What each exit touches comes first, in as few cache lines as can be. */
struct baton_vcpu {
	struct baton_vm *vm;
	struct baton__vcpu kvm;
	struct baton_exit *exit;   /* the exit being served, or the last one: in `last` */
	uint64_t exits;		   /* so far */
	uint64_t quiet_ns;	   /* time in KVM_RUN since the last exit */
	uint64_t wake_at_ns;	   /* set by a handler that blocks until a time; else UINT64_MAX */
	uint32_t irq_lines;	   /* raised, and not taken yet */
	uint32_t cursor;	   /* elements of its access that are done */
	bool blocked_in_access;	   /* the access waits: serve it again before the next entry */
	bool blocked_in_element;   /* and the element at the cursor was served before */
	bool idle;		   /* in HLT: waits for an interrupt */
	bool settled;		   /* the write that waits is over, but for its device */
	struct baton__code code;   /* of the instruction that the gate is asked for */
	struct baton__looks looks; /* at the vCPU since the last exit */
	struct baton_regs regs;	   /* as of the last return from KVM_RUN that left them whole */

	/* The last exits, a ring: [exits % BATON_LAST_EXITS] is the next to be written. */
	struct baton_exit last[BATON_LAST_EXITS];

	uint64_t sleep_until_ns;   /* of the hypercall `sleep` */
	uint64_t inputs;	   /* besides exits: interrupts taken, and what the host wrote */
	struct baton__fault fault;
	struct baton__standing standing;
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
	struct baton__call calls[BATON__CALLS];
	const struct baton_choices *choices; /* its owner's; may be NULL */
	const struct baton__gate *gate;	     /* likewise */
	bool unstepped; /* the gate does not want to see its instructions now */
	bool stepped;	/* KVM single-steps it */
	bool unwatched; /* goes on without being stepped, until its next exit */
	bool untimed;	     /* waits for a time are over at once */
	uint32_t argument;   /* for the hypercall of that name */
	/* Its owner's: hears its labels, which are printable. NULL: nobody does. */
	void (*hear)(struct baton_vm *vm, const char *text, size_t size, uint64_t now);
	char assertion[BATON_ASSERT_MAX + 1]; /* what did not hold */
	uint64_t clock_zero_ns; /* when its clock stood at 0; set by its owner as it arrives */
	struct baton__bus ports, mmio; /* beside what else an exit touches */
	struct baton_vcpu vcpu;

	enum baton_outcome outcome;
	uint32_t status;
	struct baton__photo *photo; /* as of its last exit; NULL unless wanted */
	struct baton__steps *steps;	  /* likewise */
	struct baton_death *death; /* once dead */
	int paging32;		   /* for the autopsy: can this KVM do it? 1, 0, or -1: not known */

	struct baton_host *host;
	uint32_t entity;
	struct baton__group *group; /* of a fork: its owner's; may be NULL */
	uint32_t member;	    /* its number there */
};

/* Builds a whole VM from its configuration, which is checked here. Nothing is left on failure. */
int baton__vm_create(const struct baton__system *system, const struct baton_vm_config *config,
		     struct baton_diag *diag, struct baton_vm **vm);

/* Destroys it, save what baton__unmap_flush() takes away: its addresses, and with them KVM's VM. */
void baton__vm_destroy(struct baton_vm *vm, struct baton__unmap *unmap);

/* The same for one whose machine, vCPU and memory have been taken over. */
void baton__vm_free(struct baton_vm *vm);

/* What baton__vm_note_exit() does where it was no access to a port. */
void baton__vm_note_other(struct baton_vcpu *vcpu, uint64_t now);

static inline void baton__vm_note_regs(struct baton_vcpu *vcpu)
{
	memcpy(&vcpu->regs, &vcpu->kvm.run->s.regs.regs, sizeof(vcpu->regs));
}

/*
 * Notes a return of 0 from KVM_RUN: registers, decoded exit, ring of last exits.
 * Inline: once per exit (bench/instructions.sh).
 */
static inline void baton__vm_note_exit(struct baton_vcpu *vcpu, uint64_t now)
{
	vcpu->exit = vcpu->exit == &vcpu->last[BATON_LAST_EXITS - 1] ? vcpu->last : vcpu->exit + 1;
	vcpu->exits++;
	vcpu->cursor = 0;
	vcpu->looks.count = 0;
	vcpu->quiet_ns = 0;
	if (vcpu->kvm.run->exit_reason == KVM_EXIT_IO) {
		baton__vm_note_regs(vcpu);
		baton__exit_decode_port(vcpu->kvm.run, now, vcpu->exit);
	} else {
		baton__vm_note_other(vcpu, now);
	}
}

/*
 * Puts an exit that stands into kvm_run, as if KVM_RUN had just returned with it. False if
 * none does.
 */
bool baton__vm_take_standing(struct baton_vcpu *vcpu);

/* Notes a return of -EINTR: registers, and a look at where the guest is. */
void baton__vm_note_kick(struct baton_vcpu *vcpu);

/*
 * Time of its own until somebody should look at a guest with a watchdog: several
 * times before it is due, so that a loop can be told from an instruction that
 * does not get on. 0 once it is due.
 */
uint64_t baton__vm_next_look(const struct baton_vcpu *vcpu);

#endif
