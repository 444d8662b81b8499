/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c - memory of the library's own per VM, over the fake KVM, counted at the allocator.
 *
 * Two rows: of a VM that has a device and has not run, its part of the host's tables
 * included; and what each kind of exit adds when it is first used. Guest memory and what
 * KVM keeps in the kernel are not the library's.
 */
#include <err.h>
#include <stdio.h>

#include "baton/device.h"
#include "fake.h"
#include "pairs.h"

#define VMS  50
#define PORT 0x10

/* Three kinds of exit, the last of which ends it. */
static struct fake_exit three_kinds(struct fake_vcpu *vcpu)
{
	switch (vcpu->exits) {
	case 0: return fake_out(10, PORT, 1, 0);
	case 1: return fake_in(10, PORT, 1);
	default: return fake_hlt(10); /* with interrupts off: halted */
	}
}

static struct baton_vm *add(struct baton_host *host, int i)
{
	static const unsigned char halt[] = { 0xF4 };
	struct baton_vm_config config = BATON_VM_CONFIG;
	struct baton_latch_config latch = { .first = PORT, .count = 3 };
	struct baton_diag diag;
	char name[16];

	snprintf(name, sizeof(name), "%d", i);
	config.name = name;
	config.image = halt;
	config.image_size = sizeof(halt);
	if (baton_vm_create(host, &config, &diag, &latch.vm) ||
	    baton_device_create(host, &baton_latch, &latch, &diag, NULL))
		errx(1, "%s: %s", diag.where, diag.message);
	fake_vcpu(latch.vm)->next = three_kinds;
	return latch.vm;
}

static unsigned kinds_used(const struct baton_vm *vm)
{
	struct baton_vm_stats stats;
	unsigned used = 0;

	baton_vm_stats(vm, &stats);
	for (int i = 0; i < BATON_EXIT_KINDS; i++)
		used += stats.by_kind[i].count > 0;
	return used;
}

static void print(const char *name, double bytes)
{
	json_t *row = pairs_row(name);

	pairs_summary(row, &bytes, 1);
	pairs_print(row);
}

int main(void)
{
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_vm *last = NULL;
	struct baton_host *host;
	struct baton_diag diag;
	enum baton_run_end how;
	int64_t fresh;

	fake_reset();
	config.max_vms = VMS;
	if (baton_host_create(&config, &diag, &host))
		errx(1, "%s: %s", diag.where, diag.message);
	for (int i = 0; i < VMS; i++)
		last = add(host, i);
	fresh = fake.live.heap_bytes;
	if (baton_host_run(host, BATON_FOREVER, &how) || how != BATON_RUN_DONE)
		errx(1, "the VMs did not halt");
	if (kinds_used(last) != 3)
		errx(1, "%u kinds of exit instead of 3", kinds_used(last));
	print("memory", (double)fresh / VMS);
	print("memory-kind", (double)(fake.live.heap_bytes - fresh) / VMS / 3);
	baton_host_destroy(host);
	return 0;
}
