/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats.h - the figures that KVM itself keeps of a vCPU. (KVM API: KVM_GET_STATS_FD.)
 */
#ifndef BATON_KVM_STATS_H
#define BATON_KVM_STATS_H

#include <stdint.h>

struct baton__vcpu;
struct baton_kvm_stat;

/* See baton_vm_kvm_stats(). */
int baton__vcpu_stats(const struct baton__vcpu *vcpu, struct baton_kvm_stat *stats, uint32_t room,
		      uint32_t *count);

#endif
