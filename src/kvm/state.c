/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.c - the ioctls that carry a vCPU's state.
 */
#include "kvm/state.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kvm/vcpu.h"

/*
 * TSC first: time goes on. Then what SYSENTER, SYSCALL and SWAPGS use, and the page
 * attributes. (SDM vol. 4; APM vol. 2, appendix A.)
 */
static const uint32_t msrs[BATON__MSRS] = {
	0x10, 0x174, 0x175, 0x176, 0x277, 0xC0000081, 0xC0000082, 0xC0000083, 0xC0000084,
	0xC0000102, 0xC0000103, 0x2FF,
};

/* One entry, with the room that the ioctls want behind their header. */
struct one_msr {
	struct kvm_msrs header;
	struct kvm_msr_entry entry;
};
_Static_assert(offsetof(struct one_msr, entry) == offsetof(struct kvm_msrs, entries), "no gap");

static bool get_msr(const struct baton__vcpu *vcpu, uint32_t index, struct kvm_msr_entry *entry)
{
	struct one_msr one = { .header.nmsrs = 1, .entry.index = index };

	if (ioctl(vcpu->fd, KVM_GET_MSRS, &one) != 1)
		return false;
	*entry = one.entry;
	return true;
}

static int set_msr(const struct baton__vcpu *vcpu, const struct kvm_msr_entry *entry)
{
	struct one_msr one = { .header.nmsrs = 1, .entry = *entry };
	int done = ioctl(vcpu->fd, KVM_SET_MSRS, &one);

	return done == 1 ? 0 : done < 0 ? -errno : -EINVAL;
}

int baton__state_save(const struct baton__vcpu *vcpu, struct baton__vcpu_state *state)
{
	const struct {
		unsigned long request;
		void *to;
	} parts[] = {
		{ KVM_GET_REGS, &state->regs },	       { KVM_GET_SREGS, &state->sregs },
		{ KVM_GET_XSAVE, &state->xsave },      { KVM_GET_XCRS, &state->xcrs },
		{ KVM_GET_DEBUGREGS, &state->debug },  { KVM_GET_VCPU_EVENTS, &state->events },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (ioctl(vcpu->fd, parts[i].request, parts[i].to))
			return -errno;
	state->msr_count = 0;
	for (size_t i = 0; i < BATON__MSRS; i++)
		state->msr_count += get_msr(vcpu, msrs[i], &state->msrs[state->msr_count]);
	return 0;
}

int baton__state_load(const struct baton__vcpu *vcpu, const struct baton__vcpu_state *state)
{
	/* Events last: setting registers takes back an exception that is on its way. */
	const struct {
		unsigned long request;
		const void *from;
	} parts[] = {
		{ KVM_SET_SREGS, &state->sregs },     { KVM_SET_REGS, &state->regs },
		{ KVM_SET_XCRS, &state->xcrs },	      { KVM_SET_XSAVE, &state->xsave },
		{ KVM_SET_DEBUGREGS, &state->debug }, { KVM_SET_VCPU_EVENTS, &state->events },
	};
	int error;

	for (unsigned i = 0; i < state->msr_count; i++)
		if ((error = set_msr(vcpu, &state->msrs[i])))
			return error;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (ioctl(vcpu->fd, parts[i].request, parts[i].from))
			return -errno;
	return 0;
}

int baton__state_step(const struct baton__vcpu *vcpu)
{
	const struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
	};

	return ioctl(vcpu->fd, KVM_SET_GUEST_DEBUG, &debug) ? -errno : 0;
}
