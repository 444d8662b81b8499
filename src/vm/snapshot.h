/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot.h - a VM as it was: its vCPU's state and its memory, without its devices; and
 * clones, machines of their own that go on from there.
 */
#ifndef BATON_VM_SNAPSHOT_H
#define BATON_VM_SNAPSHOT_H

#include "kvm/machine.h"
#include "kvm/state.h"
#include "kvm/vcpu.h"
#include "vm/memory.h"

struct baton__system;

struct baton__snapshot {
	struct baton__vcpu_state state;
	struct baton__memory memory;
};

/* An empty one for a VM of so much memory. -ENOMEM, -EMFILE. */
int baton__snapshot_create(uint64_t memory, struct baton_diag *diag,
			   struct baton__snapshot **snapshot);

/* NULL is allowed. */
void baton__snapshot_destroy(struct baton__snapshot *snapshot);

/*
 * Completes what is pending at the vCPU, and takes all down. 0 or -errno. -EPROTO: that
 * led to an exit, as a read that a write follows does; nothing is taken down.
 */
int baton__snapshot_take(struct baton__snapshot *snapshot, struct baton__vcpu *vcpu,
			 const struct baton__memory *memory);

struct baton__clone {
	struct baton__machine machine;
	struct baton__memory memory;
	struct baton__vcpu vcpu;
};

/* A machine that is what the snapshot says. Nothing is left on failure. */
int baton__clone_create(const struct baton__system *system, const struct baton__snapshot *snapshot,
			struct baton_diag *diag, struct baton__clone *clone);

void baton__clone_destroy(struct baton__clone *clone);

#endif
