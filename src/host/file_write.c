/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_write.c - writes snapshots into files.
 *
 * The first error stays, and nothing is written after it.
 */
#include <errno.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/hash.h"
#include "host/file.h"
#include "host/group.h"

struct writer {
	int fd, error;
	uint64_t sum;
	size_t used;
	uint8_t bytes[64 << 10];
};

/* ------------------------------------------------------------------- bytes */

static void flush(struct writer *w)
{
	for (size_t at = 0; at < w->used && !w->error;) {
		ssize_t done = write(w->fd, w->bytes + at, w->used - at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			w->error = done ? -errno : -EIO;
		else
			at += (size_t)done;
	}
	w->used = 0;
}

static void put_raw(struct writer *w, const void *from, size_t size)
{
	const uint8_t *bytes = from;

	while (size && !w->error) {
		size_t here = size < sizeof(w->bytes) - w->used ? size : sizeof(w->bytes) - w->used;

		memcpy(w->bytes + w->used, bytes, here);
		w->used += here;
		bytes += here;
		size -= here;
		if (w->used == sizeof(w->bytes))
			flush(w);
	}
}

/* What is put at once is summed at once: the reader gets the same pieces. */
static void put(struct writer *w, const void *from, size_t size)
{
	w->sum = baton__hash(w->sum, from, size);
	put_raw(w, from, size);
}

static void begin_section(struct writer *w, enum baton__section kind, uint32_t number, uint64_t size)
{
	const struct baton__file_section section = { .kind = kind, .number = number, .size = size };

	put(w, &section, sizeof(section));
}

static void end_section(struct writer *w)
{
	put_raw(w, &w->sum, sizeof(w->sum));
}

static void put_section(struct writer *w, enum baton__section kind, const void *from, size_t size)
{
	begin_section(w, kind, 0, size);
	if (size)
		put(w, from, size);
	end_section(w);
}

/* ------------------------------------------------------------------ memory */

/* Leaves only those that are not all zeroes. How many there are. */
static uint64_t choose_pages(uint64_t *pages, const uint8_t *base, uint64_t count)
{
	static const uint8_t zeroes[BATON__PAGE];
	uint64_t chosen = 0;

	for (uint64_t i = 0; i < count; i++) {
		if (!baton__pages_have(pages, i))
			continue;
		if (memcmp(base + i * BATON__PAGE, zeroes, BATON__PAGE))
			chosen++;
		else
			pages[i / 64] &= ~(UINT64_C(1) << i % 64);
	}
	return chosen;
}

static void put_pages(struct writer *w, enum baton__section kind, uint32_t number,
		      const uint64_t *pages, uint64_t chosen, const struct baton__memory *memory)
{
	begin_section(w, kind, number, sizeof(memory->size) + chosen * BATON__FILE_PAGE);
	put(w, &memory->size, sizeof(memory->size));
	for (uint64_t i = 0; chosen && i < memory->size / BATON__PAGE && !w->error; i++)
		if (baton__pages_have(pages, i)) {
			put(w, &i, sizeof(i));
			put(w, memory->base + i * BATON__PAGE, BATON__PAGE);
		}
	end_section(w);
}

static void put_memory(struct writer *w, enum baton__section kind, uint32_t number,
		       struct baton__frozen *frozen)
{
	uint64_t *pages = baton__pages_create(frozen->size);
	struct baton__memory view;
	int error = pages ? baton__memory_reserve(&view, frozen->size, NULL) : -ENOMEM;

	if (error)
		goto out;
	error = baton__memory_take_up(&view, frozen);
	if (!error)
		error = baton__pages_of_frozen(pages, frozen);
	if (!error)
		put_pages(w, kind, number, pages,
			  choose_pages(pages, view.base, view.size / BATON__PAGE), &view);
	baton__memory_destroy(&view);
out:
	free(pages);
	if (error && !w->error)
		w->error = error;
}

/* ---------------------------------------------------------------------- VMs */

static struct baton__file_write write_of(const struct baton_exit *exit)
{
	return (struct baton__file_write){
		.addr = exit->addr, .data = exit->data, .size = exit->size,
		.memory = exit->kind == BATON_EXIT_MMIO_WRITE,
	};
}

static void put_vm(struct writer *w, uint32_t i, const struct baton__vm_snapshot *v)
{
	struct baton__file_vm vm = {
		.memory = v->memory->size, .image_first = v->image_first, .image_end = v->image_end,
		.reserved = v->reserved_size, .clock_ns = v->clock_ns, .sleep_ns = v->sleep_ns,
		.mode = v->mode,
		.flags = (v->tripwire ? BATON__FILE_TRIPWIRE : 0) | (v->vcpu.idle ? BATON__FILE_IDLE : 0) |
			 (v->vcpu.blocked ? BATON__FILE_BLOCKED : 0) | (v->vcpu.asked ? BATON__FILE_ASKED : 0),
		.irq_lines = v->vcpu.irq_lines, .standing_count = v->vcpu.standing.count,
		.place_count = v->placed_count,
	};

	memcpy(vm.name, v->name, sizeof(vm.name));
	if (v->vcpu.blocked)
		vm.blocked = write_of(&v->vcpu.exit);
	for (uint32_t k = 0; k < v->vcpu.standing.count; k++) {
		struct baton_exit exit;

		baton__standing_decode(&v->vcpu.standing, k, &exit);
		vm.standing[k] = write_of(&exit);
	}
	for (uint32_t k = 0; k < v->placed_count; k++)
		vm.places[k] = (struct baton__file_place){
			.at = v->placed[k].at, .size = v->placed[k].size,
			.region = v->placed[k].region, .trapped = v->placed[k].trapped,
		};
	begin_section(w, BATON__SECTION_VM, i, sizeof(vm));
	put(w, &vm, sizeof(vm));
	end_section(w);
}

static void put_state(struct writer *w, uint32_t i, const struct baton__vcpu_state *s)
{
	struct baton__file_state state = {
		.regs = s->regs, .sregs = s->sregs, .debug = s->debug, .events = s->events,
		.xcrs = s->xcrs,
	};
	size_t msrs = s->msr_count * sizeof(s->msrs[0]);

	memcpy(state.xsave, &s->xsave, sizeof(state.xsave));
	begin_section(w, BATON__SECTION_STATE, i, sizeof(state) + msrs);
	put(w, &state, sizeof(state));
	if (msrs)
		put(w, s->msrs, msrs);
	end_section(w);
}

/* ------------------------------------------------------------------- devices */

static void put_device(struct writer *w, uint32_t i, const struct baton__device_snapshot *d)
{
	struct baton__file_device device = {
		.layout = d->ops->layout, .plain = (uint32_t)d->ops->plain,
		.alarm_vm = d->alarm_vm, .alarm_ns = d->alarm_ns,
	};

	memcpy(device.type, d->ops->name, strnlen(d->ops->name, sizeof(device.type) - 1));
	begin_section(w, BATON__SECTION_DEVICE, i, sizeof(device) + device.plain);
	put(w, &device, sizeof(device));
	if (device.plain)
		put(w, (const uint8_t *)d->state + d->ops->size - d->ops->plain, device.plain);
	end_section(w);
}

/* What a file must not have, for nobody would read it. */
static int check(const struct baton_snapshot *s, size_t note_size, struct baton_diag *diag)
{
	if (note_size > BATON__FILE_NOTE)
		return baton__diag(diag, -EINVAL, "snapshot", "the note has %zu bytes; expected %llu at "
				   "most", note_size, (unsigned long long)BATON__FILE_NOTE);
	if (s->vm_count > BATON__FILE_VMS || s->device_count > BATON__FILE_DEVICES)
		return baton__diag(diag, -EINVAL, "snapshot", "%u VMs and %u devices; expected %d and %d "
				   "at most", s->vm_count, s->device_count, BATON__FILE_VMS,
				   BATON__FILE_DEVICES);
	for (uint32_t i = 0; i < s->device_count; i++) {
		const struct baton_device_ops *ops = s->devices[i].ops;

		if (ops->plain && (!ops->check || ops->plain > BATON__FILE_PLAIN))
			return baton__diag(diag, -ENOTSUP, "snapshot", "device `%s` cannot be put into a "
					   "file", ops->name);
	}
	return 0;
}

int baton_snapshot_write(const struct baton_snapshot *s, int fd, const void *note, size_t note_size,
			 struct baton_diag *diag)
{
	const struct baton__file_head head = {
		.magic = BATON__FILE_MAGIC, .version = BATON__FILE_VERSION, .vms = s->vm_count,
		.regions = s->region_count, .devices = s->device_count,
	};
	int error = check(s, note_size, diag);
	struct writer *w;

	if (error)
		return error;
	w = malloc(sizeof(*w));
	if (!w)
		return baton__diag(diag, -ENOMEM, "snapshot", "out of memory");
	w->fd = fd;
	w->error = 0;
	w->sum = w->used = 0;
	put(w, &head, sizeof(head));
	end_section(w);
	put_section(w, BATON__SECTION_CPU, s->leaves, s->leaf_count * sizeof(*s->leaves));
	put_section(w, BATON__SECTION_NOTE, note, note_size);
	for (uint32_t i = 0; i < s->vm_count; i++) {
		put_vm(w, i, &s->vms[i]);
		put_state(w, i, &s->vms[i].vcpu.state);
		put_memory(w, BATON__SECTION_MEMORY, i, s->vms[i].memory);
	}
	for (uint32_t i = 0; i < s->region_count; i++)
		put_memory(w, BATON__SECTION_REGION, i, s->regions[i].frozen);
	for (uint32_t i = 0; i < s->device_count; i++)
		put_device(w, i, &s->devices[i]);
	put_section(w, BATON__SECTION_END, NULL, 0);
	flush(w);
	error = w->error;
	free(w);
	return error ? baton__diag(diag, error, "snapshot", "cannot be written: %s", strerror(-error)) :
		       0;
}
