/* SPDX-License-Identifier: Apache-2.0 */
/*
 * instructions.c - N port exits over the fake KVM, for callgrind to count.
 *
 *	instructions EXITS [trace]
 *
 * bench/instructions.sh runs it twice and takes the difference, so that starting
 * and ending cost nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baton/device.h"
#include "baton/trace.h"
#include "fake.h"

static struct fake_exit count(struct fake_vcpu *vcpu)
{
	return fake_out(1000, 0x10, 2, vcpu->exits);
}

static bool take(void *taken, const struct baton_trace_record *records, uint32_t count)
{
	(void)records;
	*(uint64_t *)taken += count;
	return true;
}

int main(int argc, char **argv)
{
	static struct baton_trace_record block[4096];
	uint64_t taken = 0;
	const struct baton_trace_sink sink = { block, 4096, take, &taken };
	bool traced = argc == 3 && !strcmp(argv[2], "trace");
	static const unsigned char halt[] = { 0xF4 };
	unsigned long exits = argc == 2 + traced ? strtoul(argv[1], NULL, 10) : 0;
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_vm_config vm = BATON_VM_CONFIG;
	struct baton_latch_config latch = { .first = 0x10, .count = 3 };
	struct baton_vm_stats stats;
	struct baton_diag diag;
	struct baton_host *host;

	if (!exits) {
		fprintf(stderr, "usage: instructions EXITS [trace]\n");
		return 2;
	}
	fake_reset();
	config.policy = "null";
	config.trace = traced ? &sink : NULL;
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
	if (stats.exits != exits && stats.exits) { /* without a ledger, none */
		fprintf(stderr, "%llu exits instead of %lu\n", (unsigned long long)stats.exits, exits);
		return 1;
	}
	if (traced && taken < 2 * exits) {
		fprintf(stderr, "%llu records of %lu exits\n", (unsigned long long)taken, exits);
		return 1;
	}
	return 0;
}
