/* SPDX-License-Identifier: Apache-2.0 */
/*
 * system.c - the device node and its machines. Replaces src/kvm/{system,machine}.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "kvm/machine.h"
#include "kvm/system.h"
#include "world.h"

int baton__system_open_unchecked(const char *path, struct baton_diag *diag,
				 struct baton__system *system)
{
	int error = fake_call(FAKE_SYSTEM_OPEN);

	if (error)
		return baton__diag(diag, error, path, "the fake fails on purpose");
	*system = (struct baton__system){ .fd = -1, .run_size = 8192,
					  .cpuid = (struct kvm_cpuid2 *)&fake.cpuid };
	fake.live.systems++;
	return 0;
}

int baton__system_open(const char *path, struct baton_diag *diag, struct baton__system *system)
{
	return baton__system_open_unchecked(path, diag, system);
}

void baton__system_close(struct baton__system *system)
{
	(void)system;
	fake.live.systems--;
}

int baton__system_capability(const struct baton__system *system, unsigned long capability)
{
	(void)system;
	return fake.capability[capability == KVM_CAP_SYNC_REGS];
}

int baton__system_api(const struct baton__system *system)
{
	(void)system;
	return fake.api_version;
}

int baton__machine_create(const struct baton__system *system, struct baton_diag *diag,
			  struct baton__machine *machine)
{
	int error = fake_call(FAKE_MACHINE_CREATE);

	(void)system;
	if (error)
		return baton__diag(diag, error, "machine", "the fake fails on purpose");
	*machine = (struct baton__machine){ .fd = -1 };
	memset(fake.slots, 0, sizeof(fake.slots));
	fake.live.machines++;
	return 0;
}

void baton__machine_destroy(struct baton__machine *machine)
{
	(void)machine;
	fake.live.machines--;
}

int baton__machine_map(const struct baton__machine *machine, uint32_t slot, uint64_t gpa,
		       uint64_t size, void *host, struct baton_diag *diag)
{
	int error = fake_call(FAKE_MACHINE_MAP);

	(void)machine;
	if (slot >= sizeof(fake.slots) / sizeof(fake.slots[0]))
		fake_broken("more memory slots than the fake has");
	if (!error) {
		fake.slots[slot].gpa = gpa;
		fake.slots[slot].size = size;
		fake.slots[slot].host = host;
	}
	return error ? baton__diag(diag, error, "slot", "the fake fails on purpose") : 0;
}
