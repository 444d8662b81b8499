/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit.h - decodes what KVM left in kvm_run. Pure: no ioctl, no state.
 */
#ifndef BATON_KVM_EXIT_H
#define BATON_KVM_EXIT_H

#include <stdint.h>

#include "baton/baton.h"

struct kvm_run;

/*
 * Fills `exit` from a return of 0 from KVM_RUN (never after -EINTR: kvm_run is
 * stale then). What Baton does not know becomes BATON_EXIT_UNKNOWN with KVM's
 * number in `reason`.
 */
void baton__exit_decode(const struct kvm_run *run, uint64_t now, struct baton_exit *exit);

/* The data of a port access: `count` elements of `size` bytes, inside kvm_run. */
void *baton__exit_port_data(struct kvm_run *run);

#endif
