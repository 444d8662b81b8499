/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state_hash.c - a vCPU's state as one number. Asks KVM for nothing.
 */
#include "base/hash.h"
#include "kvm/state.h"

#define MSR_TSC 0x10 /* (SDM vol. 4, table 2-2) */

/*
 * XSAVE's header says which parts of it are in use, and what is not shows its first value
 * all the same (SDM vol. 1, 13.4); the legacy area's last 48 bytes are nobody's.
 */
uint64_t baton__state_hash(const struct baton__vcpu_state *state)
{
	const size_t legacy = 464, header_end = 576;
	const uint8_t *xsave = (const uint8_t *)&state->xsave;
	struct kvm_vcpu_events events = state->events;
	uint64_t hash;

	events.flags = 0; /* which fields KVM knows */
	hash = baton__hash(0, &state->regs, sizeof(state->regs));
	hash = baton__hash(hash, &state->sregs, sizeof(state->sregs));
	hash = baton__hash(hash, xsave, legacy);
	hash = baton__hash(hash, xsave + header_end, sizeof(state->xsave) - header_end);
	hash = baton__hash(hash, &state->xcrs, sizeof(state->xcrs));
	hash = baton__hash(hash, &state->debug, sizeof(state->debug));
	hash = baton__hash(hash, &events, sizeof(events));
	for (uint32_t i = 0; i < state->msr_count; i++)
		if (state->msrs[i].index != MSR_TSC)
			hash = baton__hash(hash, &state->msrs[i], sizeof(state->msrs[i]));
	return hash;
}
