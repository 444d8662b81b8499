/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot.c - takes a VM down, and makes clones of it.
 */
#include "vm/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

int baton__snapshot_create(uint64_t memory, struct baton_diag *diag,
			   struct baton__snapshot **snapshot)
{
	struct baton__snapshot *s = calloc(1, sizeof(*s));
	int error;

	if (!s)
		return baton__diag(diag, -ENOMEM, "snapshot", "out of memory");
	error = baton__memory_create(&s->memory, memory, diag);
	if (error) {
		free(s);
		return error;
	}
	*snapshot = s;
	return 0;
}

void baton__snapshot_destroy(struct baton__snapshot *snapshot)
{
	if (!snapshot)
		return;
	baton__memory_destroy(&snapshot->memory);
	free(snapshot);
}

int baton__snapshot_take(struct baton__snapshot *snapshot, struct baton__vcpu *vcpu,
			 const struct baton__memory *memory)
{
	int error = baton__vcpu_complete(vcpu);

	if (!error)
		error = baton__state_save(vcpu, &snapshot->state);
	if (!error)
		error = baton__memory_copy(&snapshot->memory, memory);
	return error;
}

int baton__clone_create(const struct baton__system *system, const struct baton__snapshot *snapshot,
			struct baton_diag *diag, struct baton__clone *clone)
{
	struct baton__clone c;
	int error;

	error = baton__memory_create(&c.memory, snapshot->memory.size, diag);
	if (error)
		return error;
	error = baton__memory_copy(&c.memory, &snapshot->memory);
	if (error) {
		baton__diag(diag, error, "clone", "its memory cannot be copied: %s", strerror(-error));
		goto destroy_memory;
	}
	error = baton__machine_create(system, diag, &c.machine);
	if (error)
		goto destroy_memory;
	error = baton__memory_attach(&c.memory, &c.machine, diag);
	if (error)
		goto destroy_machine;
	error = baton__vcpu_create(system, &c.machine, 0, diag, &c.vcpu);
	if (error)
		goto destroy_machine;
	error = baton__state_load(&c.vcpu, &snapshot->state);
	if (error) {
		baton__diag(diag, error, "clone", "its state cannot be set: %s", strerror(-error));
		goto destroy_vcpu;
	}
	*clone = c;
	return 0;

destroy_vcpu:
	baton__vcpu_destroy(&c.vcpu);
destroy_machine:
	baton__machine_destroy(&c.machine);
destroy_memory:
	baton__memory_destroy(&c.memory);
	return error;
}

void baton__clone_destroy(struct baton__clone *clone)
{
	baton__vcpu_destroy(&clone->vcpu);
	baton__machine_destroy(&clone->machine);
	baton__memory_destroy(&clone->memory);
}
