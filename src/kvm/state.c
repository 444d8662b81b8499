/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.c - the ioctls that carry a vCPU's state.
 */
#include "kvm/state.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kvm/vcpu.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* (SDM vol. 4, table 2-2.) */
#define MSR_TSC	       0x10
#define MSR_TSC_ADJUST 0x3B

/* What KVM takes out of kvm_run at an entry, if it can (KVM API, KVM_CAP_SYNC_REGS). */
#define RIDING (KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS)

/* Entries, with the room that the ioctls want behind their header. KVM takes 255 at most. */
struct msrs {
	struct kvm_msrs header;
	struct kvm_msr_entry entries[255];
};
_Static_assert(offsetof(struct msrs, entries) == offsetof(struct kvm_msrs, entries), "no gap");

static int call(const struct baton__vcpu *vcpu, unsigned long request, const void *argument)
{
	return ioctl(vcpu->fd, request, argument) < 0 ? -errno : 0;
}

/* -------------------------------------------------------------------- MSRs */

/*
 * Reads entries whose index is given, up to one that cannot be read. How many it has
 * read, or -errno.
 */
static int get_msrs(const struct baton__vcpu *vcpu, struct kvm_msr_entry *entries, uint32_t count)
{
	struct msrs m = { .header.nmsrs = count < COUNT(m.entries) ? count : COUNT(m.entries) };
	int done;

	memcpy(m.entries, entries, m.header.nmsrs * sizeof(*entries));
	done = ioctl(vcpu->fd, KVM_GET_MSRS, &m);
	if (done < 0)
		return -errno;
	memcpy(entries, m.entries, (size_t)done * sizeof(*entries));
	return done;
}

/* All of them, or an error. */
static int set_msrs(const struct baton__vcpu *vcpu, const struct kvm_msr_entry *entries,
		    uint32_t count)
{
	struct msrs m;

	for (uint32_t at = 0; at < count; at += m.header.nmsrs) {
		int done;

		m.header = (struct kvm_msrs){ .nmsrs = count - at };
		if (m.header.nmsrs > COUNT(m.entries))
			m.header.nmsrs = COUNT(m.entries);
		memcpy(m.entries, entries + at, m.header.nmsrs * sizeof(*entries));
		done = ioctl(vcpu->fd, KVM_SET_MSRS, &m);
		if (done < 0)
			return -errno;
		if ((uint32_t)done < m.header.nmsrs)
			return -EINVAL;
	}
	return 0;
}

/* The list forgets those that cannot be read: this KVM does not have them. */
static int save_msrs(const struct baton__vcpu *vcpu, struct baton__vcpu_state *state)
{
	struct baton__msrs *list = vcpu->msrs;
	uint32_t at = 0;

	memset(state->msrs, 0, sizeof(state->msrs));
	for (uint32_t i = 0; i < list->count; i++)
		state->msrs[i].index = list->index[i];
	while (at < list->count) {
		uint32_t wanted = list->count - at;
		int done = get_msrs(vcpu, state->msrs + at, wanted);

		if (done < 0)
			return done;
		at += (uint32_t)done;
		if ((uint32_t)done == wanted || done == COUNT(((struct msrs *)0)->entries))
			continue;
		list->count--;
		memmove(list->index + at, list->index + at + 1,
			(list->count - at) * sizeof(*list->index));
		memmove(state->msrs + at, state->msrs + at + 1,
			(list->count - at) * sizeof(*state->msrs));
		state->msrs[list->count] = (struct kvm_msr_entry){ 0 };
	}
	state->msr_count = list->count;
	return 0;
}

/* Has the guest written to the time-stamp counter? KVM notes it where processors do. */
static bool set_its_clock(const struct baton__vcpu_state *state, const struct kvm_msr_entry *now)
{
	for (uint32_t i = 0; i < state->msr_count; i++)
		if (now[i].index == MSR_TSC_ADJUST)
			return now[i].data != state->msrs[i].data;
	return false;
}

/* Sets those that differ; most guests change none. */
static int load_msrs(const struct baton__vcpu *vcpu, const struct baton__vcpu_state *state,
		     const struct baton__vcpu_state *known, bool clock)
{
	struct kvm_msr_entry now[BATON__MSRS], differ[BATON__MSRS];
	uint32_t count = 0;

	memcpy(now, known ? known->msrs : state->msrs, state->msr_count * sizeof(now[0]));
	for (uint32_t at = 0; !known && at < state->msr_count;) {
		int done = get_msrs(vcpu, now + at, state->msr_count - at);

		if (done <= 0)
			return done ? done : -EINVAL;
		at += (uint32_t)done;
	}
	clock = clock || set_its_clock(state, now);
	for (uint32_t i = 0; i < state->msr_count; i++) {
		const struct kvm_msr_entry *entry = &state->msrs[i];

		if (now[i].index != entry->index)
			return -EINVAL;
		if (entry->index == MSR_TSC ? clock : now[i].data != entry->data)
			differ[count++] = *entry;
	}
	return set_msrs(vcpu, differ, count);
}

/* -------------------------------------------------------------------- whole */

int baton__state_save(const struct baton__vcpu *vcpu, struct baton__vcpu_state *state)
{
	const struct kvm_run *run = vcpu->run;
	int error = baton__vcpu_get_regs(vcpu, &state->regs);

	if (!error)
		error = baton__vcpu_get_sregs(vcpu, &state->sregs);
	if (!error)
		error = call(vcpu, KVM_GET_XSAVE, &state->xsave);
	memset(&state->xcrs, 0, sizeof(state->xcrs));
	if (!error)
		error = call(vcpu, KVM_GET_XCRS, &state->xcrs);
	if (!error)
		error = call(vcpu, KVM_GET_DEBUGREGS, &state->debug);
	if (!error && run->kvm_dirty_regs & KVM_SYNC_X86_EVENTS)
		state->events = run->s.regs.events;
	else if (!error)
		error = call(vcpu, KVM_GET_VCPU_EVENTS, &state->events);
	return error ? error : save_msrs(vcpu, state);
}

/* Events last: setting registers takes back an exception that is on its way. */
static int set_registers(struct baton__vcpu *vcpu, const struct kvm_regs *regs,
			 const struct kvm_sregs *sregs, const struct kvm_vcpu_events *events)
{
	int error = baton__vcpu_set_sregs(vcpu, sregs);

	if (!error)
		error = baton__vcpu_set_regs(vcpu, regs);
	return error ? error : call(vcpu, KVM_SET_VCPU_EVENTS, events);
}

static int load_registers(struct baton__vcpu *vcpu, const struct baton__vcpu_state *state)
{
	struct kvm_run *run = vcpu->run;

	run->cr8 = state->sregs.cr8; /* each entry takes it from there */
	run->ready_for_interrupt_injection = 0; /* as far as we know */
	run->if_flag = !!(state->regs.rflags & 0x200);
	if ((vcpu->sync & RIDING) != RIDING)
		return set_registers(vcpu, &state->regs, &state->sregs, &state->events);
	run->s.regs.regs = state->regs;
	run->s.regs.sregs = state->sregs;
	run->s.regs.events = state->events;
	run->kvm_dirty_regs = RIDING;
	return 0;
}

static int load(struct baton__vcpu *vcpu, const struct baton__vcpu_state *state,
		const struct baton__vcpu_state *known, bool clock)
{
	int error = load_msrs(vcpu, state, known, clock);

	/* A processor without XSAVE has no such register, and KVM refuses to set none. */
	if (!error && state->xcrs.nr_xcrs &&
	    (!known || memcmp(&known->xcrs, &state->xcrs, sizeof(state->xcrs))))
		error = call(vcpu, KVM_SET_XCRS, &state->xcrs);
	if (!error && (!known || memcmp(&known->xsave, &state->xsave, sizeof(state->xsave))))
		error = call(vcpu, KVM_SET_XSAVE, &state->xsave);
	if (!error && (!known || memcmp(&known->debug, &state->debug, sizeof(state->debug))))
		error = call(vcpu, KVM_SET_DEBUGREGS, &state->debug);
	return error ? error : load_registers(vcpu, state);
}

int baton__state_load(struct baton__vcpu *vcpu, const struct baton__vcpu_state *state,
		      const struct baton__vcpu_state *known)
{
	return load(vcpu, state, known, true);
}

int baton__state_reset(struct baton__vcpu *vcpu, const struct baton__vcpu_state *state)
{
	return load(vcpu, state, NULL, false);
}

int baton__state_step(struct baton__vcpu *vcpu, bool on)
{
	const struct kvm_guest_debug debug = {
		.control = on ? KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP : 0,
	};
	struct kvm_run *run = vcpu->run;
	int error = 0;

	/* KVM steps from the instruction that is next as it sets this: it has to know which. */
	if (run->kvm_dirty_regs) {
		run->kvm_dirty_regs = 0;
		error = set_registers(vcpu, &run->s.regs.regs, &run->s.regs.sregs,
				      &run->s.regs.events);
	}
	return error ? error : call(vcpu, KVM_SET_GUEST_DEBUG, &debug);
}
