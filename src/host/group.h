/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group.h - snapshots, and the groups of VMs that go on from them.
 *
 * A group is what one call of baton_vm_fork() made: VMs, the devices between them, and the
 * regions that they share, which are mapped once, for all of them. It is isolated from every
 * other group, and is reset as a whole. It goes with the last of its VMs, and keeps its
 * snapshot until then.
 */
#ifndef BATON_HOST_GROUP_H
#define BATON_HOST_GROUP_H

#include <stdatomic.h>

#include "baton/snapshot.h"
#include "host/host.h"
#include "kvm/leaves.h"
#include "vm/shell.h"
#include "vm/snapshot.h"

/* Parts of a snapshot refer to one another by their numbers in it. */
struct baton_snapshot {
	atomic_uint references;
	atomic_uint forks; /* made so far */

	uint32_t vm_count, region_count, device_count;
	struct baton__vm_snapshot *vms;
	struct baton__region_snapshot {
		const void *of; /* a key, never followed */
		struct baton__frozen *frozen;
	} *regions;
	struct baton__device_snapshot {
		const struct baton_device *of; /* a key, never followed */
		const struct baton_device_ops *ops;
		void *state;	   /* of ops->size bytes, the plain ones last */
		uint32_t alarm_vm; /* BATON_NOBODY: no alarm is set */
		uint64_t alarm_ns; /* until then */
	} *devices;
	struct baton__leaf *leaves; /* of the processor that it needs */
	uint32_t leaf_count;
};

void baton__snapshot_put(struct baton_snapshot *snapshot);

struct baton__group {
	struct baton_host *host;
	struct baton_snapshot *snapshot;
	struct baton_pool *pool; /* machines come from there and go back; may be NULL */
	bool repeat;
	uint64_t seed;
	uint32_t live; /* VMs that have not been destroyed */

	/* As many as the snapshot has, and in that order. */
	struct baton_vm **vms; /* NULL: it has been destroyed, or not been made yet */
	struct baton_device **devices;
	struct baton__memory *regions;
};

/* A VM of a group begins to run: its clocks begin. */
void baton__group_arrived(struct baton_vm *vm, uint64_t now);

/* Destroys a VM that has no place any more; with the last one, the group. */
void baton__group_drop(struct baton_vm *vm, bool masked, struct baton__unmap *unmap);

/* Frees a group with all that it has. */
void baton__group_destroy(struct baton__group *group, struct baton__unmap *unmap);

/* ------------------------------------------------------------------- pool.c */

/* Has the pool a machine of that size? Its state is `*known` then, if that is not NULL. */
bool baton__pool_take(struct baton_pool *pool, uint64_t memory, struct baton__shell *shell,
		      const struct baton__vcpu_state **known);

/*
 * Gives the machine of a VM back, whose vCPU has the host's mask if `masked`. False: the pool
 * has enough, or the machine is of no use.
 */
bool baton__pool_give(struct baton_pool *pool, struct baton_vm *vm, bool masked);

bool baton__pool_is_of(const struct baton_pool *pool, const struct baton_host *host);

#endif
