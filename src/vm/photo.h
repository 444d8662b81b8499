/* SPDX-License-Identifier: Apache-2.0 */
/*
 * photo.h - a VM as it was: its vCPU's state and its memory, without its devices; and
 * clones, machines of their own that go on from there.
 */
#ifndef BATON_VM_PHOTO_H
#define BATON_VM_PHOTO_H

#include "kvm/machine.h"
#include "kvm/state.h"
#include "kvm/vcpu.h"
#include "vm/memory.h"

struct baton__system;

struct baton__photo {
	struct baton__vcpu_state state;
	struct baton__memory memory;
};

/* An empty one for a VM of so much memory. -ENOMEM, -EMFILE. */
int baton__photo_create(uint64_t memory, struct baton_diag *diag,
			   struct baton__photo **photo);

/* NULL is allowed. */
void baton__photo_destroy(struct baton__photo *photo);

/*
 * Completes what is pending at the vCPU, and takes all down. 0 or -errno. -EPROTO: that
 * led to an exit, as a read that a write follows does; nothing is taken down.
 */
int baton__photo_take(struct baton__photo *photo, struct baton__vcpu *vcpu,
			 const struct baton__memory *memory);

struct baton__clone {
	struct baton__machine machine;
	struct baton__memory memory;
	struct baton__vcpu vcpu;
};

/* A machine that is what the photo says. Nothing is left on failure. */
int baton__clone_create(const struct baton__system *system, const struct baton__photo *photo,
			struct baton_diag *diag, struct baton__clone *clone);

void baton__clone_destroy(struct baton__clone *clone);

#endif
