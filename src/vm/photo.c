/* SPDX-License-Identifier: Apache-2.0 */
/*
 * photo.c - takes a VM down, and makes clones of it.
 */
#include "vm/photo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

int baton__photo_create(uint64_t memory, struct baton_diag *diag,
			   struct baton__photo **photo)
{
	struct baton__photo *s = calloc(1, sizeof(*s));
	int error;

	if (!s)
		return baton__diag(diag, -ENOMEM, "photo", "out of memory");
	error = baton__memory_create(&s->memory, memory, diag);
	if (error) {
		free(s);
		return error;
	}
	*photo = s;
	return 0;
}

void baton__photo_destroy(struct baton__photo *photo)
{
	if (!photo)
		return;
	baton__memory_destroy(&photo->memory);
	free(photo);
}

int baton__photo_take(struct baton__photo *photo, struct baton__vcpu *vcpu,
			 const struct baton__memory *memory)
{
	int error = baton__vcpu_complete(vcpu);

	if (!error)
		error = baton__state_save(vcpu, &photo->state);
	if (!error)
		error = baton__memory_copy(&photo->memory, memory);
	return error;
}

int baton__clone_create(const struct baton__system *system, const struct baton__photo *photo,
			struct baton_diag *diag, struct baton__clone *clone)
{
	struct baton__clone c;
	int error;

	error = baton__memory_create(&c.memory, photo->memory.size, diag);
	if (error)
		return error;
	error = baton__memory_copy(&c.memory, &photo->memory);
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
	error = baton__state_load(&c.vcpu, &photo->state, NULL);
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
