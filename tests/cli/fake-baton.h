/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake-baton.h - a library whose VMs are what a test says they are: the public
 * API as far as reports read it, and no more.
 */
#ifndef BATON_TESTS_CLI_FAKE_BATON_H
#define BATON_TESTS_CLI_FAKE_BATON_H

#include "baton/baton.h"

struct baton_vm {
	const char *name;
	enum baton_mode mode;
	struct baton_vm_stats stats;
	const struct baton_death *death;
	uint8_t memory[64];
	struct baton_kvm_stat kvm_stats[4]; /* up to one without a name */
	int kvm_stats_error;
};

struct baton_host {
	struct baton_host_stats stats;
};

#endif
