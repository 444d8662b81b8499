/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot.h - one VM as it was: all that a fork of it needs but its devices, which are
 * its host's.
 *
 * Times are relative: none passes for a snapshot.
 */
#ifndef BATON_VM_SNAPSHOT_H
#define BATON_VM_SNAPSHOT_H

#include "vm/capture.h"
#include "vm/frozen.h"

struct baton__shell;

struct baton__vm_snapshot {
	const struct baton_vm *of; /* a key, never followed */
	char name[BATON__NAME_MAX + 1];
	enum baton_mode mode;
	bool tripwire;
	uint64_t share, watchdog_ns;
	uint32_t argument;
	baton_gpa_t image_first, image_end, reserved;
	uint64_t reserved_size;

	struct baton__capture vcpu;
	uint64_t clock_ns; /* what the hypercall `time` would say */
	uint64_t sleep_ns; /* until the end of the hypercall `sleep` */

	struct baton__frozen *memory;
	struct baton__hole holes[BATON__HOLES];
	uint32_t hole_count;
	struct baton__placed {
		baton_gpa_t at;
		uint64_t size;
		uint32_t region; /* its number in the snapshot */
		bool trapped;
	} placed[BATON__WINDOWS];
	uint32_t placed_count;

	/* Who answers, with the owners as they were: keys, never followed. */
	struct baton__bus ports, mmio;
	struct baton__call calls[BATON__CALLS];
};

/*
 * Takes a VM down, whose host's clock says `now`. What `placed` says of regions is the
 * caller's. On failure finish with baton__vm_snapshot_fini() all the same.
 */
int baton__vm_snapshot_take(struct baton__vm_snapshot *snapshot, struct baton_vm *vm, uint64_t now,
			    struct baton_diag *diag);

/* Of zeroes it may be, too. */
void baton__vm_snapshot_fini(struct baton__vm_snapshot *snapshot);

/*
 * Makes a VM of a shell that is as large: its memory, its vCPU, but neither windows, slots of
 * any but plain memory, claims, nor a name. `known` is what is known of the vCPU's state, or
 * NULL. On success the shell is taken over. On failure it is still the caller's, to be destroyed.
 */
int baton__vm_fork(const struct baton__vm_snapshot *snapshot, struct baton__shell *shell,
		   const struct baton__vcpu_state *known, struct baton_diag *diag,
		   struct baton_vm **vm);

/* Puts a VM back that was forked from it, but for its windows and claims. 0 or -errno. */
int baton__vm_reset(struct baton_vm *vm, const struct baton__vm_snapshot *snapshot);

/* baton__capture_hash() of a VM between runs. Errors: see baton__capture_take(). */
int baton__vm_hash(struct baton_vm *vm, uint64_t *hash);

#endif
