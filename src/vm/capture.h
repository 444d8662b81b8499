/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture.h - one vCPU as it was between two instructions, with what it waits for.
 *
 * A read that waits for its device stands at its instruction, and is executed again; a
 * write that waits is done as far as the vCPU is concerned, and is kept here until the
 * device takes it.
 */
#ifndef BATON_VM_CAPTURE_H
#define BATON_VM_CAPTURE_H

#include "kvm/state.h"
#include "vm/vm.h"

/* Holds no pointers. */
struct baton__capture {
	struct baton__vcpu_state state;
	bool blocked, asked;	/* a write waits, and its device has been asked before */
	bool idle;
	uint32_t irq_lines;
	struct baton_exit exit; /* the write that waits; or the last exit */
	struct baton__standing standing;
};

/* What the i-th exit that stands is; and one more that stands, of a write. */
void baton__standing_decode(const struct baton__standing *standing, uint32_t i,
			    struct baton_exit *exit);
void baton__standing_add(struct baton__standing *standing, const struct baton_exit *write);

/*
 * Completes what is pending at a vCPU between runs, so that it can be saved; the VM goes on
 * as if nothing had been. -EAGAIN: it is in the midst of an instruction or of a string.
 */
int baton__vcpu_settle(struct baton_vcpu *vcpu);

/* Ends what is pending with no regard for the guest. 0 or -errno. */
int baton__vcpu_drain(struct baton_vcpu *vcpu);

/* Settles the vCPU, and saves it. Errors as of baton__vcpu_settle(), or what KVM gave. */
int baton__capture_take(struct baton__capture *capture, struct baton_vcpu *vcpu);

/* All of Baton's own that goes with the state, which the vCPU has already: its VM can run. */
void baton__capture_restore(const struct baton__capture *capture, struct baton_vcpu *vcpu);

/* A number for what a guest could tell of its vCPU. */
uint64_t baton__capture_hash(const struct baton__capture *capture);

#endif
