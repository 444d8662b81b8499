/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaves.h - the processor that a KVM shows its guests: what CPUID says, leaf by leaf.
 *
 * A vCPU's state goes on where these are the same, and nowhere else: a guest has asked
 * CPUID before it began to use what that told it of. Left out is what differs between the
 * processors of one machine, so that the same machine is always the same.
 * (SDM vol. 2, CPUID; APM vol. 3, appendix E; KVM API, KVM_GET_SUPPORTED_CPUID.)
 */
#ifndef BATON_KVM_LEAVES_H
#define BATON_KVM_LEAVES_H

#include <stdbool.h>
#include <stdint.h>

#define BATON__LEAVES 1024

struct baton__system;

/* Fixed: snapshots have them in files. */
struct baton__leaf {
	uint32_t function, index;
	uint32_t reg[4]; /* EAX, EBX, ECX, EDX */
};
_Static_assert(sizeof(struct baton__leaf) == 24, "as in files");

/* Writes the first `room` of them. How many there are: at most BATON__LEAVES. */
uint32_t baton__leaves_of(const struct baton__system *system, struct baton__leaf *leaves,
			  uint32_t room);

/* Is it merely a name? Two processors with different ones may be the same for a guest. */
bool baton__leaf_is_name(const struct baton__leaf *leaf);

#endif
