/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_load.c - puts what a file says into the place of what VMs are, in a snapshot.
 *
 * The VMs' own snapshot is the frame: who answers what, who is connected with whom. What
 * the file has of that must agree with it. The rest is taken over, each part after
 * whoever uses it has said that it can be.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "baton/abi.h"
#include "base/arith.h"
#include "base/diag.h"
#include "host/file.h"
#include "host/group.h"

/* --------------------------------------------------------------- the processor */

static const struct baton__leaf *find(const struct baton__leaf *leaves, uint32_t count,
				      const struct baton__leaf *like)
{
	for (uint32_t i = 0; i < count; i++)
		if (leaves[i].function == like->function && leaves[i].index == like->index)
			return &leaves[i];
	return NULL;
}

static int other_processor(const struct baton_snapshot_file *f, const struct baton__leaf *leaf,
			   const struct baton__leaf *other, bool here, struct baton_diag *diag)
{
	static const char *const names[] = { "EAX", "EBX", "ECX", "EDX" };
	unsigned i = 0;

	if (!other)
		return baton__diag(diag, -ENOTSUP, f->name, "it is from another processor or another KVM: "
				   "CPUID leaf 0x%x.%u is %s; expected the same leaves",
				   leaf->function, leaf->index, here ? "only here" : "only there");
	while (i < 3 && leaf->reg[i] == other->reg[i])
		i++;
	return baton__diag(diag, -ENOTSUP, f->name, "it is from another processor or another KVM: CPUID "
			   "leaf 0x%x.%u says 0x%08x in %s there, 0x%08x here; baton snapshot --show "
			   "tells which it was", leaf->function, leaf->index, leaf->reg[i], names[i],
			   other->reg[i]);
}

static int check_processor(const struct baton_snapshot_file *f, const struct baton_snapshot *s,
			   struct baton_diag *diag)
{
	for (uint32_t i = 0; i < f->leaf_count; i++) {
		const struct baton__leaf *other = find(s->leaves, s->leaf_count, &f->leaves[i]);

		if (baton__leaf_is_name(&f->leaves[i]))
			continue;
		if (!other || memcmp(other->reg, f->leaves[i].reg, sizeof(other->reg)))
			return other_processor(f, &f->leaves[i], other, false, diag);
	}
	for (uint32_t i = 0; i < s->leaf_count; i++)
		if (!baton__leaf_is_name(&s->leaves[i]) &&
		    !find(f->leaves, f->leaf_count, &s->leaves[i]))
			return other_processor(f, &s->leaves[i], NULL, true, diag);
	return 0;
}

/* KVM keeps as many registers of a model as it knows. */
static int check_msrs(const struct baton_snapshot_file *f, const struct baton__vcpu_state *there,
		      const struct baton__vcpu_state *here, struct baton_diag *diag)
{
	uint32_t i = 0;

	while (i < there->msr_count && i < here->msr_count &&
	       there->msrs[i].index == here->msrs[i].index && !there->msrs[i].reserved)
		i++;
	if (i == there->msr_count && i == here->msr_count)
		return 0;
	return baton__diag(diag, -ENOTSUP, f->name, "it is from another KVM: of its %u MSRs number %u is "
			   "0x%x, of %u here it is 0x%x; expected the same", there->msr_count, i,
			   i < there->msr_count ? there->msrs[i].index : 0, here->msr_count,
			   i < here->msr_count ? here->msrs[i].index : 0);
}

/* A vCPU that is nobody's takes the state, so that it is KVM that says whether it can be. */
static int try_state(const struct baton_snapshot_file *f, const char *name,
		     const struct baton__system *system, uint64_t memory,
		     const struct baton__vcpu_state *state, struct baton_diag *diag)
{
	struct baton__shell shell;
	int error = baton__shell_create(system, memory, diag, &shell);

	if (error)
		return error;
	error = baton__state_load(&shell.vcpu, state, NULL);
	if (!error)
		error = baton__vcpu_complete(&shell.vcpu);
	if (error)
		baton__diag(diag, error, f->name, "KVM refuses the vCPU's state of VM `%s`: %s", name,
			    strerror(-error));
	baton__shell_destroy(&shell);
	return error;
}

/* ----------------------------------------------------------------------- VMs */

static int differs(const struct baton_snapshot_file *f, const struct baton__file_vm *vm,
		   struct baton_diag *diag, const char *what, uint64_t there, uint64_t here)
{
	return baton__diag(diag, -EINVAL, f->name, "VM `%s` has %s %" PRIu64 " there, %" PRIu64 " here; "
			   "expected the same", vm->name, what, there, here);
}

static int check_vm(const struct baton_snapshot_file *f, const struct baton__file_vm *vm,
		    const struct baton__vm_snapshot *s, struct baton_diag *diag)
{
	if (strcmp(vm->name, s->name))
		return baton__diag(diag, -EINVAL, f->name, "VM `%s` there, `%s` here; expected the same "
				   "VMs in the same order", vm->name, s->name);
	if (vm->mode != s->mode)
		return baton__diag(diag, -EINVAL, f->name, "VM `%s` is in mode %s there, %s here; "
				   "expected the same", vm->name,
				   baton_mode_name((enum baton_mode)vm->mode),
				   baton_mode_name(s->mode));
	if (vm->memory != s->memory->size)
		return differs(f, vm, diag, "bytes of memory:", vm->memory, s->memory->size);
	if (vm->reserved != s->reserved_size)
		return differs(f, vm, diag, "bytes kept for devices:", vm->reserved, s->reserved_size);
	if (vm->place_count != s->placed_count)
		return differs(f, vm, diag, "regions:", vm->place_count, s->placed_count);
	for (uint32_t i = 0; i < s->placed_count; i++) {
		const struct baton__file_place *there = &vm->places[i];
		const struct baton__placed *here = &s->placed[i];

		if (there->at != here->at || there->size != here->size ||
		    there->region != here->region || there->trapped != here->trapped)
			return differs(f, vm, diag, "another region than here, number", i, i);
	}
	if (vm->image_first > vm->image_end || vm->image_end > vm->memory)
		return baton__diag(diag, -EINVAL, f->name, "VM `%s` has an image from 0x%" PRIx64 " to "
				   "0x%" PRIx64 "; expected one in its memory", vm->name,
				   vm->image_first, vm->image_end);
	if (vm->irq_lines >> BATON_IRQ_LINES)
		return baton__diag(diag, -EINVAL, f->name, "VM `%s` has interrupt lines 0x%x; expected %d",
				   vm->name, vm->irq_lines, BATON_IRQ_LINES);
	return 0;
}

/* A write of one element, as KVM reports them. */
static int get_write(const struct baton_snapshot_file *f, const struct baton__file_vm *vm,
		     const struct baton__file_write *w, struct baton_diag *diag,
		     struct baton_exit *exit)
{
	bool fits = w->memory ? w->size == 1 || w->size == 2 || w->size == 4 || w->size == 8 :
				(w->size == 1 || w->size == 2 || w->size == 4) && w->addr <= 0xFFFF;

	if (!fits || w->memory > 1)
		return baton__diag(diag, -EINVAL, f->name, "VM `%s` writes %u bytes at 0x%" PRIx64 "; "
				   "expected what an instruction can", vm->name, w->size, w->addr);
	*exit = (struct baton_exit){
		.kind = w->memory ? BATON_EXIT_MMIO_WRITE : BATON_EXIT_IO_OUT,
		.reason = w->memory ? KVM_EXIT_MMIO : KVM_EXIT_IO,
		.size = (uint8_t)w->size, .count = 1, .addr = w->addr,
		.data = baton__load(&w->data, (uint8_t)w->size),
	};
	return 0;
}

static int take_writes(const struct baton_snapshot_file *f, const struct baton__file_vm *vm,
		       struct baton__vm_snapshot *s, struct baton_diag *diag)
{
	struct baton_exit exit;
	int error = 0;

	s->vcpu.blocked = vm->flags & BATON__FILE_BLOCKED;
	s->vcpu.asked = s->vcpu.blocked && vm->flags & BATON__FILE_ASKED;
	s->vcpu.exit = (struct baton_exit){ .kind = BATON_EXIT_UNKNOWN };
	if (s->vcpu.blocked)
		error = get_write(f, vm, &vm->blocked, diag, &s->vcpu.exit);
	s->vcpu.standing = (struct baton__standing){ 0 };
	for (uint32_t i = 0; i < vm->standing_count && !error; i++) {
		error = get_write(f, vm, &vm->standing[i], diag, &exit);
		if (!error)
			baton__standing_add(&s->vcpu.standing, &exit);
	}
	return error;
}

static int load_vm(const struct baton_snapshot_file *f, uint32_t i, struct baton__vm_snapshot *s,
		   const struct baton__system *system, struct baton_diag *diag)
{
	const struct baton__file_saved *saved = &f->vms[i];
	int error = check_vm(f, &saved->vm, s, diag);

	if (!error)
		error = check_msrs(f, &saved->state, &s->vcpu.state, diag);
	if (!error)
		error = try_state(f, s->name, system, saved->vm.memory, &saved->state, diag);
	if (!error)
		error = take_writes(f, &saved->vm, s, diag);
	if (error)
		return error;
	s->vcpu.state = saved->state;
	s->tripwire = saved->vm.flags & BATON__FILE_TRIPWIRE;
	s->vcpu.idle = saved->vm.flags & BATON__FILE_IDLE;
	s->vcpu.irq_lines = saved->vm.irq_lines;
	s->clock_ns = saved->vm.clock_ns;
	s->sleep_ns = saved->vm.sleep_ns;
	s->image_first = saved->vm.image_first;
	s->image_end = saved->vm.image_end;
	baton__frozen_put(s->memory);
	s->memory = baton__frozen_get(saved->memory.frozen);
	return 0;
}

/* -------------------------------------------------------------- what is shared */

static int load_region(const struct baton_snapshot_file *f, uint32_t i,
		       struct baton__region_snapshot *s, struct baton_diag *diag)
{
	struct baton__frozen *frozen = f->regions[i].frozen;

	if (frozen->size != s->frozen->size)
		return baton__diag(diag, -EINVAL, f->name, "region %u has %" PRIu64 " bytes there, %" PRIu64
				   " here; expected the same", i, frozen->size, s->frozen->size);
	baton__frozen_put(s->frozen);
	s->frozen = baton__frozen_get(frozen);
	return 0;
}

static int load_device(const struct baton_snapshot_file *f, uint32_t i,
		       struct baton__device_snapshot *s, struct baton_diag *diag)
{
	const struct baton__file_device *d = &f->devices[i].device;
	const struct baton_device_ops *ops = s->ops;

	if (strncmp(d->type, ops->name, sizeof(d->type) - 1) || d->plain != ops->plain ||
	    d->layout != ops->layout)
		return baton__diag(diag, -EINVAL, f->name, "device %u is `%s`, layout %u, %u bytes there, "
				   "`%s`, layout %u, %zu bytes here; expected the same", i, d->type,
				   d->layout, d->plain, ops->name, ops->layout, ops->plain);
	if (ops->plain && !ops->check)
		return baton__diag(diag, -ENOTSUP, f->name, "device `%s` cannot be read from a file",
				   ops->name);
	if (d->alarm_vm != BATON_NOBODY && !ops->due)
		return baton__diag(diag, -EINVAL, f->name, "device `%s` has an alarm set; expected none",
				   ops->name);
	memcpy((uint8_t *)s->state + ops->size - ops->plain, f->devices[i].plain, ops->plain);
	if (ops->plain && ops->check(s->state))
		return baton__diag(diag, -EINVAL, f->name, "device %u, `%s`, cannot be as the file says",
				   i, ops->name);
	s->alarm_vm = d->alarm_vm;
	s->alarm_ns = d->alarm_ns;
	return 0;
}

/* ---------------------------------------------------------------------- whole */

static int check_counts(const struct baton_snapshot_file *f, const struct baton_snapshot *s,
			struct baton_diag *diag)
{
	const struct baton__file_head *h = &f->head;

	if (h->vms == s->vm_count && h->regions == s->region_count && h->devices == s->device_count)
		return 0;
	return baton__diag(diag, -EINVAL, f->name, "%u VMs, %u regions, %u devices there, %u, %u, %u "
			   "here; expected the same", h->vms, h->regions, h->devices, s->vm_count,
			   s->region_count, s->device_count);
}

int baton_snapshot_load(const struct baton_snapshot_file *f, struct baton_vm *const *vms,
			uint32_t count, struct baton_diag *diag, struct baton_snapshot **out)
{
	struct baton_snapshot *s;
	int error = baton_snapshot_take(vms, count, diag, &s);

	if (error)
		return error;
	error = check_processor(f, s, diag);
	if (!error)
		error = check_counts(f, s, diag);
	for (uint32_t i = 0; i < s->vm_count && !error; i++)
		error = load_vm(f, i, &s->vms[i], &vms[0]->host->system, diag);
	for (uint32_t i = 0; i < s->region_count && !error; i++)
		error = load_region(f, i, &s->regions[i], diag);
	for (uint32_t i = 0; i < s->device_count && !error; i++)
		error = load_device(f, i, &s->devices[i], diag);
	if (error)
		baton__snapshot_put(s);
	else
		*out = s;
	return error;
}
