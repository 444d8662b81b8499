/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shell.c - makes shells, and VMs into shells.
 */
#include "vm/shell.h"

#include <string.h>

#include "base/diag.h"
#include "kvm/unmap.h"
#include "vm/capture.h"
#include "vm/vm.h"

int baton__shell_create(const struct baton__system *system, uint64_t memory,
			struct baton_diag *diag, struct baton__shell *shell)
{
	struct baton__shell s = { .fresh = true };
	int error = baton__memory_reserve(&s.memory, memory, diag);

	if (error)
		return error;
	error = baton__machine_create(system, diag, &s.machine);
	if (error)
		goto destroy_memory;
	error = baton__memory_attach(&s.memory, &s.machine, diag);
	if (!error)
		error = baton__vcpu_create(system, &s.machine, 0, diag, &s.vcpu);
	if (error)
		goto destroy_machine;
	*shell = s;
	return 0;

destroy_machine:
	baton__machine_destroy(&s.machine);
destroy_memory:
	baton__memory_destroy(&s.memory);
	return error;
}

int baton__shell_warm(struct baton__shell *shell, struct baton_diag *diag)
{
	int error = baton__vcpu_complete(&shell->vcpu);

	return error ? baton__diag(diag, error, "KVM_RUN", "%s", strerror(-error)) : 0;
}

void baton__shell_release(struct baton__shell *shell, struct baton__unmap *unmap)
{
	baton__machine_destroy(&shell->machine);
	baton__vcpu_release(&shell->vcpu, unmap);
	baton__memory_release(&shell->memory, unmap);
}

void baton__shell_destroy(struct baton__shell *shell)
{
	struct baton__unmap unmap = { 0 };

	baton__shell_release(shell, &unmap);
	baton__unmap_flush(&unmap);
}

int baton__shell_strip(struct baton_vm *vm, struct baton__shell *shell)
{
	bool plain = baton__memory_is_plain(&vm->memory);
	int error = baton__vcpu_drain(&vm->vcpu);

	if (error)
		return error;
	if (!plain)
		baton__memory_detach(&vm->memory, &vm->machine);
	error = baton__memory_clear(&vm->memory);
	if (!error && !plain)
		error = baton__memory_attach(&vm->memory, &vm->machine, NULL);
	if (error)
		return error;
	*shell = (struct baton__shell){
		.machine = vm->machine, .memory = vm->memory, .vcpu = vm->vcpu.kvm,
	};
	return 0;
}
