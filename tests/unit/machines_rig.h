/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machines_rig.h - explore's machines over the fake: VMs with a page of shared memory each, and
 * the nodes and edges that are found out about them.
 */
#ifndef BATON_TESTS_UNIT_MACHINES_RIG_H
#define BATON_TESTS_UNIT_MACHINES_RIG_H

#include "rig.h"

#include "baton/abi.h"
#include "explore/machines.h"

#define CODE   0x1000 /* RIP of the first line; each has 16 bytes */
#define SHARED 0x8000 /* GPA of the first region; the others are behind it */
#define CALL   0x4000 /* GPA of a call's fields */
#define VMS    33

/*
 * A guest is a function of its vCPU, which is asked for its next exit. RSI has the number of its
 * line; RAX what it read last, and so its status.
 */
typedef struct fake_exit (*program_fn)(struct fake_vcpu *vcpu, struct baton_vm *vm);

struct guest {
	program_fn program;
	struct baton_vm *vm;
	unsigned lies; /* so many steps are reported, and not made */
};

struct scene {
	struct machines *machines;
	struct rig *rig;
	struct baton_device *bell;
	struct guest guests[VMS];
	struct trap places[VMS];
	size_t place_count;
	uint32_t at[VMS]; /* where each VM stands */
	struct baton_diag diag;
};

/*
 * A host with these guests and no device, at their beginning. Programs that are NULL: the caller
 * gives the vCPUs their scripts.
 */
void scene_prepare(struct scene *s, bool fences, const program_fn *programs, uint32_t count);

/* To the first nodes. */
int scene_start(struct scene *s);

/* What is left behind fails the test. Reads that were taken back were ended with whatever. */
void scene_end(struct scene *s);

const struct node *node(const struct scene *s, uint32_t number);

/* The edge of a node for an answer; VMs stand where they are said to. */
struct edge edge_with(struct scene *s, uint32_t from, uint64_t answer, uint32_t devices);
struct edge edge(struct scene *s, uint32_t from, uint64_t answer);

/* Where it leads. */
uint32_t go(struct scene *s, uint32_t from, uint64_t answer);

bool is_lost(const struct scene *s, uint32_t number, const char *words);
bool has_ended(const struct scene *s, uint32_t number, uint64_t status);

#endif
