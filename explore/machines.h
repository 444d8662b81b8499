/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machines.h - the VMs of a host, who are asked what they would do.
 *
 * They stand at a gate (baton/control.h), each before an access that others can see. To
 * find out an edge, the one VM is taken to the node, unless it is there already, gets its
 * answer, and runs to its next access. All others stay where they are. What it was given
 * comes from the caller, not from memory or devices as they happen to be.
 */
#ifndef BATON_EXPLORE_MACHINES_H
#define BATON_EXPLORE_MACHINES_H

#include "automaton.h"
#include "baton/control.h"
#include "trap.h"

#define MACHINES_MAX 32 /* a bit each */

struct machines;

/* `fences`: NODE_FENCE is wanted, for which VMs have to be single-stepped. NULL: no memory. */
struct machines *machines_new(bool fences);
void machines_free(struct machines *machines);

/* What the host has to be made with; the context is the object itself. */
const struct baton_gate *machines_gate(const struct machines *machines);

/*
 * Takes the host's VMs to their first nodes. The host is borrowed until machines_free(),
 * and `traps` for the call; what is not trapped must not be shared. Errors: -EINVAL,
 * -ENOMEM, or what running gave.
 */
int machines_begin(struct machines *machines, struct baton_host *host,
		   const struct trap *traps, size_t count, struct baton_diag *diag);

/* How many there are; where each begins; and the devices, as a number. */
uint32_t machines_count(const struct machines *machines);
uint32_t machines_first(const struct machines *machines, uint32_t vm);
uint32_t machines_devices(const struct machines *machines);

/*
 * What a VM at `node` does with an answer, while devices are so and the VMs are at `nodes`.
 * A pointer into the automaton, good until the next call; NULL: `diag` says what went wrong
 * with this host.
 */
const struct edge *machines_edge(struct machines *machines, uint32_t node, uint64_t answer,
				 uint32_t devices, const uint32_t *nodes, struct baton_diag *diag);

const struct node *machines_node(const struct machines *machines, uint32_t node);

/* All that is known; and have devices anything that changes? */
const struct automaton *machines_automaton(const struct machines *machines);
bool machines_has_devices(const struct machines *machines);

/* Takes a node's VM there, so that it can be looked at until the next call; or NULL. */
struct baton_vm *machines_at(struct machines *machines, uint32_t node);

struct machines_figures {
	size_t nodes, edges; /* found out */
	uint64_t runs;	     /* of the host, for that */
	uint64_t loads;	     /* of these, with a VM that had to be taken back */
	size_t bytes;	     /* of memory */
};
struct machines_figures machines_figures(const struct machines *machines);

#endif
