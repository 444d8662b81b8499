/* SPDX-License-Identifier: Apache-2.0 */
/*
 * instructions.c - N port exits over the fake KVM, for callgrind to count.
 *
 *	instructions EXITS
 *
 * bench/instructions.sh runs it twice and takes the difference, so that starting
 * and ending cost nothing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "baton/device.h"
#include "fake.h"

static struct fake_exit count(struct fake_vcpu *vcpu)
{
	return fake_out(1000, 0x10, 2, vcpu->exits);
}

int main(int argc, char **argv)
{
	static const unsigned char halt[] = { 0xF4 };
	unsigned long exits = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_vm_config vm = BATON_VM_CONFIG;
	struct baton_latch_config latch = { .first = 0x10, .count = 3 };
	struct baton_vm_stats stats;
	struct baton_diag diag;
	struct baton_host *host;

	if (!exits) {
		fprintf(stderr, "usage: instructions EXITS\n");
		return 2;
	}
	fake_reset();
	config.policy = "null";
	vm.image = halt;
	vm.image_size = sizeof(halt);
	if (baton_host_create(&config, &diag, &host) ||
	    baton_vm_create(host, &vm, &diag, &latch.vm) ||
	    baton_device_create(host, &baton_latch, &latch, &diag, NULL)) {
		fprintf(stderr, "%s: %s\n", diag.where, diag.message);
		return 1;
	}
	fake_vcpu(latch.vm)->next = count;
	if (baton_host_run(host, exits * 1000, NULL))
		return 1;
	baton_vm_stats(latch.vm, &stats);
	baton_host_destroy(host);
	if (stats.exits != exits) {
		fprintf(stderr, "%llu exits instead of %lu\n", (unsigned long long)stats.exits, exits);
		return 1;
	}
	return 0;
}
