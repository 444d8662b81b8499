/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vcpu.c - the vCPU ioctls.
 */
#include "kvm/vcpu.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/diag.h"
#include "kvm/machine.h"
#include "kvm/system.h"
#include "kvm/unmap.h"

/* The kernel's signal set is 64 bits on x86-64; glibc's sigset_t is larger. */
#define KERNEL_SIGSET_SIZE 8

int baton__vcpu_create(const struct baton__system *system, const struct baton__machine *machine,
		       uint32_t id, struct baton_diag *diag, struct baton__vcpu *vcpu)
{
	struct baton__vcpu v = {
		.run_size = system->run_size, .sync = system->sync, .msrs = system->msrs,
	};
	const uint64_t machine_checks = 1; /* banks */
	int error;

	v.fd = ioctl(machine->fd, KVM_CREATE_VCPU, (unsigned long)id);
	if (v.fd < 0)
		return baton__diag(diag, -errno, "KVM_CREATE_VCPU", "%s%s", strerror(errno),
				   baton__limit_hint(errno));
	v.run = mmap(NULL, v.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v.fd, 0);
	if (v.run == MAP_FAILED) {
		error = baton__diag(diag, -errno, "vCPU", "its run area cannot be mapped: %s%s",
				    strerror(errno), baton__mapping_hint(errno));
		goto close_fd;
	}
	if (ioctl(v.fd, KVM_SET_CPUID2, system->cpuid)) {
		error = baton__diag(diag, -errno, "KVM_SET_CPUID2", "%s", strerror(errno));
		goto unmap;
	}
	/* Else 32 banks: 128 MSRs that a snapshot carries and a reset compares, for errors that no
	   guest of ours will see. (KVM API, KVM_X86_SETUP_MCE.) */
	if (ioctl(v.fd, KVM_X86_SETUP_MCE, &machine_checks)) {
		error = baton__diag(diag, -errno, "KVM_X86_SETUP_MCE", "%s", strerror(errno));
		goto unmap;
	}
	v.run->kvm_valid_regs = KVM_SYNC_X86_REGS;
	*vcpu = v;
	return 0;

unmap:
	munmap(v.run, v.run_size);
close_fd:
	close(v.fd);
	return error;
}

void baton__vcpu_release(struct baton__vcpu *vcpu, struct baton__unmap *unmap)
{
	close(vcpu->fd);
	baton__unmap_add(unmap, vcpu->run, vcpu->run_size);
}

void baton__vcpu_destroy(struct baton__vcpu *vcpu)
{
	struct baton__unmap unmap = { 0 };

	baton__vcpu_release(vcpu, &unmap);
	baton__unmap_flush(&unmap);
}

int baton__vcpu_run(struct baton__vcpu *vcpu)
{
	return ioctl(vcpu->fd, KVM_RUN, 0) < 0 ? -errno : 0;
}

int baton__vcpu_complete(struct baton__vcpu *vcpu)
{
	int error;

	vcpu->run->immediate_exit = 1;
	error = baton__vcpu_run(vcpu);
	vcpu->run->immediate_exit = 0;
	return error == -EINTR ? 0 : error ? error : -EPROTO;
}

int baton__vcpu_signal_mask(struct baton__vcpu *vcpu, const sigset_t *blocked)
{
	/* struct kvm_signal_mask, with room for its flexible array. */
	struct {
		uint32_t len;
		uint8_t sigset[KERNEL_SIGSET_SIZE];
	} mask = { .len = KERNEL_SIGSET_SIZE };

	memcpy(mask.sigset, blocked, KERNEL_SIGSET_SIZE);
	return ioctl(vcpu->fd, KVM_SET_SIGNAL_MASK, &mask) ? -errno : 0;
}

int baton__vcpu_interrupt(struct baton__vcpu *vcpu, uint32_t vector)
{
	const struct kvm_interrupt interrupt = { .irq = vector };

	return ioctl(vcpu->fd, KVM_INTERRUPT, &interrupt) ? -errno : 0;
}

int baton__vcpu_get_regs(const struct baton__vcpu *vcpu, struct kvm_regs *regs)
{
	if (vcpu->run->kvm_dirty_regs & KVM_SYNC_X86_REGS) {
		*regs = vcpu->run->s.regs.regs;
		return 0;
	}
	return ioctl(vcpu->fd, KVM_GET_REGS, regs) ? -errno : 0;
}

int baton__vcpu_set_regs(struct baton__vcpu *vcpu, const struct kvm_regs *regs)
{
	if (vcpu->run->kvm_dirty_regs & KVM_SYNC_X86_REGS) {
		vcpu->run->s.regs.regs = *regs;
		return 0;
	}
	return ioctl(vcpu->fd, KVM_SET_REGS, regs) ? -errno : 0;
}

int baton__vcpu_get_sregs(const struct baton__vcpu *vcpu, struct kvm_sregs *sregs)
{
	if (vcpu->run->kvm_dirty_regs & KVM_SYNC_X86_SREGS) {
		*sregs = vcpu->run->s.regs.sregs;
		return 0;
	}
	return ioctl(vcpu->fd, KVM_GET_SREGS, sregs) ? -errno : 0;
}

int baton__vcpu_set_sregs(struct baton__vcpu *vcpu, const struct kvm_sregs *sregs)
{
	if (vcpu->run->kvm_dirty_regs & KVM_SYNC_X86_SREGS) {
		vcpu->run->s.regs.sregs = *sregs;
		return 0;
	}
	return ioctl(vcpu->fd, KVM_SET_SREGS, sregs) ? -errno : 0;
}
