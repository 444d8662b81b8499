/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rig.h - a host over the fake, with scripted VMs, ports served by functions of
 * the test, and a log of what the observer saw. After each run the rig checks
 * what must hold whatever happened: that the ledger and the accounts add up.
 */
#ifndef BATON_TESTS_UNIT_RIG_H
#define BATON_TESTS_UNIT_RIG_H

#include "test.h"

#include "baton/device.h"
#include "host/host.h"

#define RIG_VMS	  64
#define RIG_TURNS 20000

struct rig_turn {
	int vm; /* its index in the rig */
	enum baton_why why;
	uint64_t begin_ns, end_ns, slice_ns, charged_ns, exits;
};

struct rig {
	struct baton_host_config config;
	struct baton_script everybody;	 /* what the policy `script` gets unless the test has one */
	baton_entity_t turn_of;
	struct baton_host *host;
	struct baton_vm *vms[RIG_VMS]; /* NULL: destroyed */
	struct fake_vcpu *vcpus[RIG_VMS];
	unsigned count;
	bool one_destroyed; /* then the VMs' figures are not all of the host's */

	struct rig_turn *turns;
	unsigned turn_count;
	uint64_t exits, exits_of[RIG_VMS];

	/* Called besides the log. May be NULL. */
	void (*on_exit)(struct rig *rig, int vm, const struct baton_exit *exit);
	void (*on_turn)(struct rig *rig, const struct rig_turn *turn);
	void *context;
};

/* A host with a policy and a slice (0: the policy's default). */
struct rig *rig_begin(const char *policy, uint64_t slice_ns);

/* The same with a configuration of the test's. */
struct rig *rig_begin_with(const struct baton_host_config *config);

/* Destroys the host; rig_end() also checks that nothing is left, of any rig. */
void rig_close(struct rig *rig);
void rig_end(struct rig *rig);

/* Keeps the log of turns beyond the rig's end. */
struct rig_turn *rig_take_turns(struct rig *rig);
void rig_free_turns(struct rig_turn *turns);

/* What a VM of the rig is made of, for tests that change it: real mode, 64 KiB, one HLT. */
struct baton_vm_config rig_vm_config(const char *name);

/* Adds a VM with a script. */
int rig_add(struct rig *rig, const struct baton_vm_config *config,
	    struct fake_exit (*next)(struct fake_vcpu *vcpu), void *state);
int rig_vm(struct rig *rig, uint64_t share, struct fake_exit (*next)(struct fake_vcpu *vcpu),
	   void *state);
void rig_destroy_vm(struct rig *rig, int vm);

/* Lets a function of the test serve ports, or GPAs, of a VM. */
void rig_port(struct rig *rig, int vm, uint16_t port, uint32_t count, baton_access_fn serve,
	      void *state);
void rig_mmio(struct rig *rig, int vm, uint64_t gpa, uint64_t size, baton_access_fn serve,
	      void *state);

/* Runs; the call must succeed, and the books must balance afterwards. */
enum baton_run_end rig_run(struct rig *rig, uint64_t budget_ns);

/* Do the ledger's parts make the wall time, and each account's its lifetime? */
void rig_balance(const struct rig *rig);

struct baton_host_stats rig_stats(const struct rig *rig);
struct baton_vm_stats rig_vm_stats(const struct rig *rig, int vm);

#endif
