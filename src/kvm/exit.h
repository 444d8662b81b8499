/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit.h - decodes what KVM left in kvm_run. Pure: no ioctl, no state.
 */
#ifndef BATON_KVM_EXIT_H
#define BATON_KVM_EXIT_H

#include <linux/kvm.h>
#include <stdint.h>

#include "base/arith.h"
#include "baton/baton.h"

/* The data of a port access: `count` elements of `size` bytes, inside kvm_run. */
static inline void *baton__exit_port_data(struct kvm_run *run)
{
	return (char *)run + run->io.data_offset;
}

/* What baton__exit_decode() does for KVM_EXIT_IO. Inline: once per exit (bench/instructions.sh). */
static inline void baton__exit_decode_port(const struct kvm_run *run, uint64_t now,
					   struct baton_exit *exit)
{
	bool out = run->io.direction == KVM_EXIT_IO_OUT;

	exit->kind = out ? BATON_EXIT_IO_OUT : BATON_EXIT_IO_IN;
	exit->size = run->io.size;
	exit->count = run->io.count;
	exit->reason = KVM_EXIT_IO;
	exit->addr = run->io.port;
	exit->data = out ? baton__load((const char *)run + run->io.data_offset, run->io.size) : 0;
	exit->rip = run->s.regs.regs.rip;
	exit->at_ns = now;
}

/*
 * Fills `exit` from a return of 0 from KVM_RUN (never after -EINTR: kvm_run is
 * stale then). What Baton does not know becomes BATON_EXIT_UNKNOWN with KVM's
 * number in `reason`.
 */
void baton__exit_decode(const struct kvm_run *run, uint64_t now, struct baton_exit *exit);

#endif
