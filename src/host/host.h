/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.h - a host: its VMs, its policy, and the turn that is under way.
 *
 * An *entity* is a VM's place among those that take turns; its number is what
 * the policy knows. States and their moves:
 *
 *	ABSENT --arrives--> READY <--turn--> RUNNING --verdict--> ENDED
 *	                      ^                 |
 *	                      +------ WAITING <-+
 */
#ifndef BATON_HOST_HOST_H
#define BATON_HOST_HOST_H

#include "base/heap.h"
#include "baton/device.h"
#include "host/ledger.h"
#include "host/names.h"
#include "host/trace.h"
#include "kvm/kick.h"
#include "kvm/system.h"
#include "vm/gate.h"
#include "vm/vm.h"

enum baton__state {
	BATON__ABSENT,
	BATON__IS_READY,
	BATON__IS_RUNNING,
	BATON__IS_WAITING,
	BATON__ENDED,
};

struct baton__entity {
	struct baton_vm *vm; /* NULL: the place is free */
	enum baton__state state;
	bool masked; /* its vCPU has the signal mask of this thread */
	bool woken;  /* while its turn was ending: wakes as soon as that is over */
	bool enrolled; /* the policy knows it */
	struct baton_device *alarms; /* those of its devices that have an alarm set */
	uint64_t alarm_ns;	     /* the first of them; UINT64_MAX: none */
	uint64_t serial; /* of its creation */
	struct baton__account account;
};

/* The turn under way; it outlives a baton_host_run() whose budget cut it. */
struct baton__turn {
	bool active;
	bool ending; /* but the policy has not heard of it yet */
	bool entered; /* end_ns holds; else what is left is in left_ns */
	struct baton__entity *entity;
	struct baton_sched_pick pick;
	uint64_t begin_ns, end_ns, left_ns;
	uint64_t used_before; /* the account's, when it began */
	uint64_t exits;
};

struct baton_device {
	struct baton_device *next;
	struct baton_device *next_listener; /* if it has ended() */
	const struct baton_device_ops *ops;
	struct baton_host *host;
	void *state;

	uint64_t alarm_ns; /* the last one's time; in the list of alarm_vm's entity */
	struct baton_vm *alarm_vm; /* NULL: no alarm is set */
	struct baton_device *next_alarm;
};

struct baton_host {
	struct baton__system system;
	struct baton__kick kick;
	sigset_t run_mask; /* blocked inside KVM_RUN */

	const struct baton_sched_ops *ops;
	void *policy; /* its state */
	void *lag;    /* the lag meter's */
	struct baton__heap *sleepers; /* entities with a time to wake at */
	struct baton__heap *alarms;   /* entities with alarms, by the first */

	struct baton__entity *entities; /* max_vms places */
	uint32_t max_vms;
	uint32_t fresh;		     /* from here on nobody ever had a place */
	struct baton__heap *vacant;  /* places before that which are free again */
	struct baton__names *names;
	uint32_t live;	    /* VMs that have not ended */
	uint32_t *order;    /* entity numbers in order of creation */
	uint32_t vms;
	uint64_t serials; /* VMs ever created */

	struct baton__ledger ledger;
	struct baton__turn turn;
	struct baton__trace trace;
	uint64_t skipped; /* as of the policy's last decision */
	uint64_t cpu_begin_ns; /* of the thread, when the present run began */
	uint64_t cpu_ns;
	bool running;

	struct baton_device *devices;	/* less those of forks, which are their group's */
	struct baton_device *listeners; /* those of them that have ended() */
	struct baton_region *regions;
	struct baton_pool *pools;
	uint64_t forks; /* made so far */
	const struct baton_observer *observer;
	void *observer_context;
	const struct baton_choices *choices;
	struct baton__gate gate;
	bool untimed;
	uint64_t alarms_sounded;
	int paging32; /* 1: yes, 0: no, -1: not tried yet */
	char *kvm_path;
};

/* loop.c */
int baton__loop_run(struct baton_host *host, uint64_t budget_ns, enum baton_run_end *end);

/* CPU time that the thread spent in runs so far, the present one included. */
uint64_t baton__loop_cpu(const struct baton_host *host);

/* Registers a new VM's arrival: at once if the host has not run, else from the last reading. */
void baton__loop_join(struct baton_host *host, uint32_t e);

/* pool.c */
void baton__pools_destroy(struct baton_host *host);

/* host.c: the mask of vCPUs is what the thread's is now; whose was another gets it anew. */
void baton__host_renew_mask(struct baton_host *host);

/* host.c: a place that is free, if the name is. -EEXIST, -ENOSPC. */
int baton__host_find_place(const struct baton_host *host, const char *name,
			   struct baton_diag *diag, uint32_t *place);

/* host.c: a VM that is the host's takes part in its turns, or does so no longer. */
int baton__host_enter(struct baton_host *host, struct baton_vm *vm, struct baton_diag *diag);
void baton__host_leave(struct baton_vm *vm);

/* host.c: gives a VM a place, and takes it away; in between it may enter and leave. */
void baton__host_seat(struct baton_host *host, struct baton_vm *vm, uint32_t place);
void baton__host_unseat(struct baton_vm *vm);

/* device.c: takes all alarms of a VM back. */
void baton__devices_quiet(struct baton_vm *vm);

/* device.c: takes what is left of a device, whose claims have gone already. */
void baton__device_release(struct baton_device *device);

/* device.c: the device of the VM's host, or of its group, that made a claim; or NULL. */
struct baton_device *baton__device_of(const struct baton_vm *vm, const void *owner);

/* device.c: tells all devices that a VM has ended. */
void baton__devices_ended(struct baton_host *host, struct baton_vm *vm);

/* device.c: calls due() for those alarms of an entity whose time has come. */
void baton__devices_sound(struct baton_host *host, uint32_t e, uint64_t now);

/* region.c: lets go of all regions; what VMs have mapped stays theirs. */
void baton__regions_destroy(struct baton_host *host);

/* device.c: releases all devices that still stand. */
void baton__devices_destroy(struct baton_host *host);

/* inspect.c: 1 if this KVM runs 32-bit paging, 0 if not, or -errno. Kicks by `signal`. */
int baton__inspect_paging32(const char *kvm_path, int signal, struct baton_diag *diag);

#endif
