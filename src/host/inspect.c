/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspect.c - what a KVM can do: by asking it, and where asking does not help, by trying.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "host/host.h"

#define TRIAL_NS UINT64_C(500000000)

/*
 * One VM in mode `paged` that halts at once, on a host of its own: so it has a
 * time limit, whatever this KVM does with it.
 */
int baton__inspect_paging32(const char *kvm_path, int signal, struct baton_diag *diag)
{
	static const uint8_t halt[] = { 0xF4 };
	struct baton_host_config host_config = BATON_HOST_CONFIG;
	struct baton_vm_config vm_config = BATON_VM_CONFIG;
	enum baton_run_end end;
	struct baton_host *host;
	struct baton_vm *vm;
	int error;

	host_config.policy = "null";
	host_config.max_vms = 1;
	host_config.kvm_path = kvm_path;
	host_config.kick_signal = signal;
	error = baton_host_create(&host_config, diag, &host);
	if (error)
		return error;
	host->paging32 = 1; /* or creating the VM would ask us */
	vm_config.mode = BATON_MODE_PAGED;
	vm_config.image = halt;
	vm_config.image_size = sizeof(halt);
	error = baton_vm_create(host, &vm_config, diag, &vm);
	if (error)
		goto destroy;
	error = baton_host_run(host, TRIAL_NS, &end);
	if (error)
		baton__diag(diag, error, kvm_path, "trying out 32-bit paging: %s", strerror(-error));
	else
		error = vm->outcome == BATON_HALTED;
destroy:
	baton_host_destroy(host);
	return error;
}

/* The module that drives this machine's virtualization, as sysfs shows it. */
static void find_module(char *name, size_t size)
{
	static const char *const known[] = { "kvm_amd", "kvm_intel", "kvm_pvm" };
	char path[64];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		snprintf(path, sizeof(path), "/sys/module/%s", known[i]);
		if (!access(path, F_OK)) {
			snprintf(name, size, "%s", known[i]);
			return;
		}
	}
}

/* CPUID 1, ECX bit 31: a hypervisor is present (APM vol. 3, E.3.2). */
static bool on_hypervisor(void)
{
	uint32_t a = 1, b, c = 0, d;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return c >> 31;
}

int baton_kvm_inspect(const char *kvm_path, struct baton_diag *diag, struct baton_kvm_info *info)
{
	struct baton_kvm_info i = { .nested_host = on_hypervisor() };
	struct baton__system system;
	int error;

	error = baton__system_open_unchecked(kvm_path, diag, &system);
	if (error)
		return error;
	i.api_version = baton__system_api(&system);
	i.user_memory = baton__system_capability(&system, KVM_CAP_USER_MEMORY) > 0;
	i.immediate_exit = baton__system_capability(&system, KVM_CAP_IMMEDIATE_EXIT) > 0;
	i.sync_regs = baton__system_capability(&system, KVM_CAP_SYNC_REGS) & KVM_SYNC_X86_REGS;
	i.max_vcpus = (uint32_t)baton__system_capability(&system, KVM_CAP_MAX_VCPUS);
	baton__system_close(&system);
	find_module(i.module, sizeof(i.module));
	if (i.user_memory && i.immediate_exit && i.sync_regs)
		i.paging32 = baton__inspect_paging32(kvm_path, 0, NULL) == 1;
	*info = i;
	return 0;
}
