/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_info.c - says what a file has.
 */
#include <errno.h>
#include <string.h>

#include "host/file.h"

const void *baton_snapshot_file_note(const struct baton_snapshot_file *f, size_t *size)
{
	*size = f->note_size;
	return f->note;
}

static const struct baton__leaf *find_leaf(const struct baton_snapshot_file *f, uint32_t function)
{
	for (uint32_t i = 0; i < f->leaf_count; i++)
		if (f->leaves[i].function == function && !f->leaves[i].index)
			return &f->leaves[i];
	return NULL;
}

/* (SDM vol. 2, CPUID, leaf 1; APM vol. 3, Fn0000_0001_EAX.) */
static void read_signature(struct baton_snapshot_info *info, uint32_t eax)
{
	info->stepping = eax & 15;
	info->model = (eax >> 4 & 15) | (eax >> 12 & 0xF0);
	info->family = (eax >> 8 & 15) + ((eax >> 8 & 15) == 15 ? eax >> 20 & 0xFF : 0);
	if (info->family != 6 && info->family < 15)
		info->model &= 15;
}

void baton_snapshot_file_info(const struct baton_snapshot_file *f, struct baton_snapshot_info *info)
{
	const struct baton__leaf *leaf = find_leaf(f, 0);

	*info = (struct baton_snapshot_info){
		.version = f->head.version, .vms = f->head.vms, .regions = f->head.regions,
		.devices = f->head.devices, .leaves = f->leaf_count,
	};
	if (leaf) { /* EBX, EDX, ECX */
		memcpy(info->processor, &leaf->reg[1], 4);
		memcpy(info->processor + 4, &leaf->reg[3], 4);
		memcpy(info->processor + 8, &leaf->reg[2], 4);
	}
	for (uint32_t i = 0; i < 3; i++)
		if ((leaf = find_leaf(f, 0x80000002 + i)))
			memcpy(info->model_name + 16 * i, leaf->reg, 16);
	if ((leaf = find_leaf(f, 1)))
		read_signature(info, leaf->reg[0]);
	if ((leaf = find_leaf(f, 0xD)))
		info->xsave_size = leaf->reg[2];
}

int baton_snapshot_file_vm(const struct baton_snapshot_file *f, uint32_t i,
			   struct baton_snapshot_vm *info)
{
	const struct baton__vcpu_state *state;
	const struct baton__file_vm *vm;

	if (i >= f->head.vms)
		return -EINVAL;
	vm = &f->vms[i].vm;
	state = &f->vms[i].state;
	*info = (struct baton_snapshot_vm){
		.name = vm->name, .mode = (enum baton_mode)vm->mode, .memory = vm->memory,
		.pages = f->vms[i].memory.pages, .image_first = vm->image_first,
		.image_end = vm->image_end, .reserved = vm->reserved,
		.cr0 = state->sregs.cr0, .cr3 = state->sregs.cr3, .cr4 = state->sregs.cr4,
		.efer = state->sregs.efer, .cs_base = state->sregs.cs.base,
		.msrs = state->msr_count, .regions = vm->place_count, .irq_lines = vm->irq_lines,
		.idle = vm->flags & BATON__FILE_IDLE, .writes = vm->flags & BATON__FILE_BLOCKED,
		.address = vm->blocked.addr, .data = vm->blocked.data, .clock_ns = vm->clock_ns,
		.sleep_ns = vm->sleep_ns,
	};
	memcpy(&info->regs, &state->regs, sizeof(info->regs));
	return 0;
}

int baton_snapshot_file_device(const struct baton_snapshot_file *f, uint32_t i,
			       struct baton_snapshot_device *info)
{
	const struct baton__file_device *d;

	if (i >= f->head.devices)
		return -EINVAL;
	d = &f->devices[i].device;
	*info = (struct baton_snapshot_device){
		.type = d->type, .layout = d->layout, .plain = d->plain, .alarm_ns = d->alarm_ns,
		.alarm_vm = d->alarm_vm < f->head.vms ? f->vms[d->alarm_vm].vm.name : NULL,
	};
	return 0;
}

int baton_snapshot_file_region(const struct baton_snapshot_file *f, uint32_t i, uint64_t *size,
			       uint64_t *pages)
{
	if (i >= f->head.regions)
		return -EINVAL;
	*size = f->regions[i].frozen->size;
	*pages = f->regions[i].pages;
	return 0;
}
