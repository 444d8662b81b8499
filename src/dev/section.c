/* SPDX-License-Identifier: Apache-2.0 */
/*
 * section.c - looks whether VMs keep out of one another's critical sections.
 */
#include <errno.h>
#include <stdio.h>

#include "baton/abi.h"
#include "baton/device.h"

#define VMS_MAX 64

struct section {
	char why[128]; /* of the last fault */
	uint32_t count;
	struct baton_vm *vms[VMS_MAX]; /* not followed once it has ended */

	/* From here on it is plain. */
	uint64_t ended; /* a bit per VM */
	uint8_t holder[BATON_SECTIONS]; /* a VM's number and one more; 0: nobody */
};
_Static_assert(VMS_MAX <= 64, "a bit each");

static enum baton_verdict no_section(struct baton_access *a)
{
	a->why = "there are sections 0 to 31";
	return BATON_FAULT;
}

/* The holder's value for a VM. */
static uint8_t sign_of(const struct section *s, const struct baton_vm *vm)
{
	uint8_t i = 0;

	while (s->vms[i] != vm || s->ended >> i & 1)
		i++;
	return i + 1;
}

static enum baton_verdict enter(void *state, struct baton_access *a)
{
	struct section *s = state;
	uint8_t holder;

	if (a->data >= BATON_SECTIONS)
		return no_section(a);
	holder = s->holder[a->data];
	if (!holder) {
		s->holder[a->data] = sign_of(s, a->vm);
		return BATON_RESUME;
	}
	snprintf(s->why, sizeof(s->why), "VM `%s` is in section %u%s",
		 baton_vm_name(s->vms[holder - 1]), (unsigned)a->data,
		 s->vms[holder - 1] == a->vm ? ", which is itself" : "");
	a->why = s->why;
	return BATON_FAULT;
}

static enum baton_verdict leave(void *state, struct baton_access *a)
{
	struct section *s = state;

	if (a->data >= BATON_SECTIONS)
		return no_section(a);
	if (s->holder[a->data] != sign_of(s, a->vm)) {
		snprintf(s->why, sizeof(s->why), "it is not in section %u", (unsigned)a->data);
		a->why = s->why;
		return BATON_FAULT;
	}
	s->holder[a->data] = 0;
	return BATON_RESUME;
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	const struct baton_section_config *c = config;
	struct section *s = state;

	if (!c->count || c->count > VMS_MAX)
		return baton_diag_set(diag, -EINVAL, "section", "%u VMs; expected 1 to %d", c->count,
				      VMS_MAX);
	for (; s->count < c->count; s->count++) {
		struct baton_vm *vm = c->vms[s->count];
		int error = baton_device_claim_call(device, vm, BATON_CALL_ENTER, enter, diag);

		if (!error)
			error = baton_device_claim_call(device, vm, BATON_CALL_LEAVE, leave, diag);
		if (error)
			return error;
		s->vms[s->count] = vm;
	}
	return 0;
}

/* It is in no section any more. */
static void ended(void *state, struct baton_vm *vm)
{
	struct section *s = state;

	for (uint32_t i = 0; i < s->count; i++) {
		if (s->vms[i] != vm)
			continue;
		s->ended |= UINT64_C(1) << i;
		for (uint32_t k = 0; k < BATON_SECTIONS; k++)
			if (s->holder[k] == i + 1)
				s->holder[k] = 0;
	}
}

static int forked(struct baton_device *device, void *state,
		  const struct baton_forking *forking, struct baton_diag *diag)
{
	struct section *s = state;

	for (uint32_t i = 0; i < s->count; i++)
		s->vms[i] = baton_forking_vm(forking, s->vms[i]);
	return 0;
}

/* Who serves has not ended, and who is in a section is one of them. */
static int check_plain(const void *state)
{
	const struct section *s = state;

	if (s->ended)
		return -EINVAL;
	for (uint32_t k = 0; k < BATON_SECTIONS; k++)
		if (s->holder[k] > s->count)
			return -EINVAL;
	return 0;
}

const struct baton_device_ops baton_section = {
	.name = "section",
	.size = sizeof(struct section),
	.init = init,
	.ended = ended,
	.plain = sizeof(struct section) - offsetof(struct section, ended),
	.forked = forked,
	.check = check_plain,
};
