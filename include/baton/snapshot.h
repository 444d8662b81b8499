/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * snapshot.h - VMs as they were, forks that go on from there, and the way back.
 *
 * A *snapshot* is of one VM, or of several of one host that belong together: memory, all of
 * each vCPU's state, devices, regions that they share. It never changes. A *fork* of it is as
 * many VMs, with devices and regions of their own, that go on from there, isolated from
 * everybody else. A *reset* takes a fork back to where it began.
 *
 * Memory is not copied. All who go on from a snapshot share its pages, until they write to
 * one; then the kernel gives them a copy of that page. A reset drops those copies. So a fork
 * costs what it changes, and a reset hardly more than the ioctls that put a vCPU's state back.
 *
 * What is left to the outside: bytes that a console has handed on, files, events of a
 * traffic device. Those cannot be undone. Callbacks and contexts of a snapshotted device
 * are those of each fork's device, too, and have to outlive them; they tell VMs apart by
 * the VM that they are given.
 *
 * Time: for a snapshot none passes. A fork's clock, as the hypercall `time` tells it, goes on
 * from what it showed, and its sleep and its alarms have as long to go as they had, from when
 * it first has its turn. Its time-stamp counter goes on from where it was;
 * a reset lets that of the fork go on.
 *
 * Threads: a snapshot may be forked and destroyed by any thread. Everything else is called
 * on the host's thread, before or between runs, and does not block, but for the time that
 * copying takes.
 */
#ifndef BATON_SNAPSHOT_H
#define BATON_SNAPSHOT_H

#include "baton.h"

#ifdef __cplusplus
extern "C" {
#endif

struct baton_snapshot;
struct baton_pool;

/* ---------------------------------------------------------------- snapshots */

/*
 * Takes a snapshot of `count` VMs of one host, each of which can go on: its outcome is
 * neither halted nor dead. Devices that serve them, and regions that they share, must serve
 * and be shared by nobody else. The VMs go on as if nothing had been. The caller owns the
 * snapshot.
 *
 * Errors: -EINVAL (no VM, one twice, of another host, ended, with step_replay, or part of
 * something that is not in the snapshot), -ENOTSUP (a device that cannot be snapshotted, as
 * `files` cannot: the diagnostic names it), -EAGAIN (a VM is in the midst of an instruction
 * or a string that makes several accesses: let it run on, and try again), -EBUSY (called by
 * a handler), -ENOMEM, -EMFILE, or what KVM gave.
 */
int baton_snapshot_take(struct baton_vm *const *vms, uint32_t count, struct baton_diag *diag,
			struct baton_snapshot **snapshot);

/* Gives the snapshot up; forks keep of it what they need. NULL is allowed. */
void baton_snapshot_destroy(struct baton_snapshot *snapshot);

/* How many VMs it is of. */
uint32_t baton_snapshot_vms(const struct baton_snapshot *snapshot);

/* The name that its i-th VM had, in the order in which they were given. Owned by it. */
const char *baton_snapshot_vm_name(const struct baton_snapshot *snapshot, uint32_t i);

/* -------------------------------------------------------------------- forks */

/* How a fork is made. Start from BATON_FORK_CONFIG. Pointers are borrowed for the call, save
   the pool, which is the host's. */
struct baton_fork_config {
	/*
	 * The VM's name; of several, VM `x` of them becomes NAME.x. NULL: the old names, each
	 * with a number behind it that counts the host's forks: "neo.1".
	 */
	const char *name;
	uint64_t share; /* weight of each; BATON_FORK_SHARE: as it was */
	/*
	 * Devices that draw numbers (`random`) go on with the snapshot's. Otherwise each fork
	 * has numbers of its own, which `seed` and the fork's number fix.
	 */
	bool repeat;
	bool same_names; /* the old names, and no number: for a host that has none of them */
	uint64_t seed;
	struct baton_pool *pool; /* where machines come from, while it has any; may be NULL */
};

#define BATON_FORK_SHARE UINT64_MAX
#define BATON_FORK_CONFIG { .share = BATON_FORK_SHARE }

/*
 * Forks a snapshot on a host, which may be another one than it was taken on, if it uses the
 * same KVM. As many VMs as the snapshot has are written to `vms`, in its order; they belong
 * to the host, as if they had been created, and arrive at once. Their figures begin at 0. What
 * waits for a device asks it again when its first turn comes. `vms` may be NULL.
 *
 * On failure nothing is left behind. Errors: -EBUSY (called by a handler), -EEXIST (a name),
 * -EINVAL (a name that is too long, the pool of another host), -ENOSPC (host full), -ENOMEM,
 * -EAGAIN (limit on tasks), -EMFILE, what a device's forked() gave, or KVM.
 */
int baton_vm_fork(struct baton_snapshot *snapshot, struct baton_host *host,
		  const struct baton_fork_config *config, struct baton_diag *diag,
		  struct baton_vm **vms);

/*
 * Takes a forked VM back to the snapshot that it was forked from, whatever has become of it,
 * and with it all VMs of its fork, their devices and regions. It is as if it had just been
 * forked: what it drew it draws again, and its figures begin anew. Devices and regions that
 * were added to it since stay as they are, but their alarms are taken back.
 *
 * Errors: -EINVAL (no fork, or one of its VMs has been destroyed), -EBUSY (called by a
 * handler), or what KVM gave: then all VMs of the fork have ended, and can be reset again, or
 * destroyed.
 */
int baton_vm_reset(struct baton_vm *vm, struct baton_diag *diag);

/* --------------------------------------------------------------------- hash */

/*
 * A number for what a VM is: general, system, debug and extended registers, MSRs, memory
 * with the regions in it, interrupt lines, a write that waits, and the plain state of its
 * devices (device.h). The same state has the same number on every machine and in every
 * fork. Left out is what time changes by itself (time-stamp counter, alarms, sleep), a read
 * that waits, which is done again, and figures. It is no proof against intent.
 *
 * Does not change the VM. Errors: -EAGAIN as for baton_snapshot_take(), -EBUSY (called by a
 * handler), -ENOMEM, or what KVM gave.
 */
int baton_vm_hash(struct baton_vm *vm, uint64_t *hash);

/* The same of the i-th VM of a snapshot. -EINVAL (no such VM), -ENOMEM. */
int baton_snapshot_hash(const struct baton_snapshot *snapshot, uint32_t i, uint64_t *hash);

/* -------------------------------------------------------------------- files */

/*
 * A snapshot can be written into a file, and go on from there in another process, on this
 * machine or one that is like it: docs/snapshots.md has the format. What a file cannot
 * hold is what connects VMs and devices to their program: callbacks, contexts, the claims
 * of devices. So whoever reads one makes the same VMs, devices and regions anew, and has the
 * file put in their place.
 *
 * A file is as little to be trusted as a guest. Reading it checks all lengths and a sum over
 * each section; loading it checks what it says, by the devices themselves where it
 * is theirs (device.h, check()), by KVM where it is KVM's. Then a guest from a file can do
 * what any guest can do, and no more.
 */

/*
 * Writes the snapshot, from where the descriptor stands, with a note: bytes of the caller's
 * that tell how to make its VMs anew. Blocks as write(2) does. After an error there may be
 * some of it: write to a new name, fsync(2), rename(2).
 *
 * Errors: -ENOTSUP (a device that cannot be put into a file), -EINVAL (a note of more than
 * 64 MiB, more VMs than 4096), -ENOMEM, or those of write(2).
 */
int baton_snapshot_write(const struct baton_snapshot *snapshot, int fd, const void *note,
			 size_t note_size, struct baton_diag *diag);

/* A file that has been read: a snapshot without VMs to belong to. */
struct baton_snapshot_file;

/*
 * Reads a file to its end and checks it; blocks as read(2) does. Needs no KVM. `name` is
 * what diagnostics call it; they say where in the file, and what was expected. On success
 * the caller owns it. Errors: -EINVAL (no such file, another version, cut, damaged), -ENOMEM,
 * -EMFILE, or those of read(2).
 */
int baton_snapshot_file_read(int fd, const char *name, struct baton_diag *diag,
			     struct baton_snapshot_file **file);

/* NULL is allowed. Snapshots that were loaded from it stay. */
void baton_snapshot_file_close(struct baton_snapshot_file *file);

/* The note, which the file owns. */
const void *baton_snapshot_file_note(const struct baton_snapshot_file *file, size_t *size);

/* What is in a file; texts are the file's. */
struct baton_snapshot_info {
	uint32_t version;	  /* of the format */
	uint32_t vms, regions, devices;
	char processor[13];	  /* the vendor, as CPUID has it: "AuthenticAMD" */
	char model_name[49];	  /* may differ where it goes on */
	uint32_t family, model, stepping;
	uint32_t leaves;	  /* of CPUID, which must be the same */
	uint32_t xsave_size;	  /* bytes of XSAVE's state, if all that there is is used */
};
void baton_snapshot_file_info(const struct baton_snapshot_file *file,
			      struct baton_snapshot_info *info);

struct baton_snapshot_vm {
	const char *name;
	enum baton_mode mode;
	uint64_t memory;	 /* bytes */
	uint64_t pages;		 /* that are not all zeroes */
	baton_gpa_t image_first; /* where its image begins, … */
	baton_gpa_t image_end;	 /* … and the first byte behind */
	uint64_t reserved;	 /* bytes kept for devices */
	struct baton_regs regs;
	uint64_t cr0, cr3, cr4, efer, cs_base;
	uint32_t msrs;
	uint32_t regions;	 /* that it has in its memory */
	uint32_t irq_lines;	 /* raised, and not taken: a bit each */
	bool idle;		 /* in HLT */
	bool writes;		 /* a write waits for its device, of … */
	uint64_t address, data;	 /* … this port or GPA */
	uint64_t clock_ns;	 /* what the call `time` would say */
	uint64_t sleep_ns;	 /* left of the call `sleep` */
};
/* -EINVAL: there is no i-th VM, device or region. */
int baton_snapshot_file_vm(const struct baton_snapshot_file *file, uint32_t i,
			   struct baton_snapshot_vm *vm);

struct baton_snapshot_device {
	const char *type;
	uint32_t layout, plain; /* version and bytes of what is kept (device.h) */
	const char *alarm_vm;	/* for which an alarm is set, or NULL */
	uint64_t alarm_ns;	/* until then */
};
int baton_snapshot_file_device(const struct baton_snapshot_file *file, uint32_t i,
			       struct baton_snapshot_device *device);
int baton_snapshot_file_region(const struct baton_snapshot_file *file, uint32_t i, uint64_t *size,
			       uint64_t *pages);

/*
 * Makes a snapshot of a file, to be forked. `vms` are VMs of one host that were created as
 * those of the file were, in that order: of the same names, modes, sizes, and with the same
 * devices and regions. Images, shares, arguments and watchdogs may be others; what the file
 * says of registers and memory takes the place of what an image did. The VMs stay as they are,
 * and may be destroyed afterwards, with their host. The caller owns the snapshot.
 *
 * Errors: -EINVAL (they are not as the file says, or the file says what cannot be),
 * -ENOTSUP (another processor or another KVM: the diagnostic says what differs), those of
 * baton_snapshot_take(), -ENOMEM, -EMFILE, or what KVM gave.
 */
int baton_snapshot_load(const struct baton_snapshot_file *file, struct baton_vm *const *vms,
			uint32_t count, struct baton_diag *diag, struct baton_snapshot **snapshot);

/* -------------------------------------------------------------------- pools */

/*
 * A pool keeps machines ready for forks: each with a vCPU that has been entered once. Making
 * one is most of what a fork takes. Machines of forks that are destroyed go back to their
 * pool, as long as it has fewer than `count`.
 *
 * Makes `count` machines for VMs with `memory` bytes; blocks as long as that takes. The pool
 * belongs to the host and goes with it at the latest. Errors: -EINVAL (memory), -ENOMEM,
 * -EMFILE, -EAGAIN (limit on tasks), or what KVM gave; nothing is left behind.
 */
int baton_pool_create(struct baton_host *host, uint64_t memory, uint32_t count,
		      struct baton_diag *diag, struct baton_pool **pool);

/* Makes machines until there are `count` again. Errors as above; what is ready stays. */
int baton_pool_fill(struct baton_pool *pool, struct baton_diag *diag);

/* How many machines are ready. */
uint32_t baton_pool_ready(const struct baton_pool *pool);

/* Destroys what is ready; forks keep what they took. NULL is allowed. */
void baton_pool_destroy(struct baton_pool *pool);

#ifdef __cplusplus
}
#endif
#endif
