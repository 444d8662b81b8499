/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_read.c - reads files of snapshots, once, from front to back. Needs no KVM.
 *
 * What a file says of sizes is checked before anything is allocated by it; what it says of a
 * guest is checked where that is used (file_load.c). A section counts once its sum was right.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arith.h"
#include "base/diag.h"
#include "base/hash.h"
#include "host/file.h"

struct reader {
	int fd;
	const char *name;
	struct baton_diag *diag;
	uint64_t at; /* of the next byte in the file */
	uint64_t sum;
	size_t begin, end; /* what is left in `bytes` */
	uint8_t bytes[64 << 10];
};

__attribute__((format(printf, 3, 4)))
static int bad(const struct reader *r, uint64_t at, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return baton__diag(r->diag, -EINVAL, r->name, "at 0x%" PRIx64 ": %s", at, text);
}

static int no_memory(const struct reader *r)
{
	return baton__diag(r->diag, -ENOMEM, r->name, "out of memory");
}

/* ------------------------------------------------------------------- bytes */

/* Gets more. 0 bytes: the file ends here. */
static int fill(struct reader *r)
{
	ssize_t got;

	do
		got = read(r->fd, r->bytes, sizeof(r->bytes));
	while (got < 0 && errno == EINTR);
	r->begin = 0;
	r->end = got > 0 ? (size_t)got : 0;
	return got < 0 ? baton__diag(r->diag, -errno, r->name, "cannot be read: %s", strerror(errno)) :
			 0;
}

static int get_raw(struct reader *r, void *to, size_t size)
{
	uint8_t *bytes = to;

	while (size) {
		size_t here = size < r->end - r->begin ? size : r->end - r->begin;
		int error = here ? 0 : fill(r);

		if (error)
			return error;
		if (!here && !r->end)
			return bad(r, r->at, "the file ends; expected %zu bytes more", size);
		memcpy(bytes, r->bytes + r->begin, here);
		r->begin += here;
		r->at += here;
		bytes += here;
		size -= here;
	}
	return 0;
}

static int get(struct reader *r, void *to, size_t size)
{
	int error = get_raw(r, to, size);

	if (!error)
		r->sum = baton__hash(r->sum, to, size);
	return error;
}

static int check_sum(struct reader *r, const char *of)
{
	uint64_t sum, at = r->at;
	int error = get_raw(r, &sum, sizeof(sum));

	if (!error && sum != r->sum)
		return bad(r, at, "the sum is 0x%016" PRIx64 ", expected 0x%016" PRIx64 ": the %s is "
			   "damaged", sum, r->sum, of);
	return error;
}

static const char *section_name(enum baton__section kind)
{
	static const char *const names[] = {
		[BATON__SECTION_CPU] = "processor",   [BATON__SECTION_NOTE] = "note",
		[BATON__SECTION_VM] = "VM",	      [BATON__SECTION_STATE] = "vCPU's state",
		[BATON__SECTION_MEMORY] = "memory",   [BATON__SECTION_REGION] = "region",
		[BATON__SECTION_DEVICE] = "device",   [BATON__SECTION_END] = "end",
	};

	return names[kind];
}

/* The next section is of that kind, `least` bytes long, or longer by a multiple of `step`. */
static int begin_section(struct reader *r, enum baton__section kind, uint32_t number, uint64_t least,
			 uint64_t step, uint64_t most, uint64_t *size)
{
	struct baton__file_section s;
	uint64_t at = r->at;
	int error = get(r, &s, sizeof(s));

	if (error)
		return error;
	if (s.kind != (uint32_t)kind || s.number != number)
		return bad(r, at, "section %u of number %u; expected %d of number %u, the %s", s.kind,
			   s.number, kind, number, section_name(kind));
	if (s.size < least || s.size > most || (s.size != least && (s.size - least) % step))
		return bad(r, at, "the %s has %" PRIu64 " bytes; expected %" PRIu64 " to %" PRIu64
			   " in steps of %" PRIu64, section_name(kind), s.size, least, most, step);
	*size = s.size;
	return 0;
}

static int get_section(struct reader *r, enum baton__section kind, uint32_t number, void *to,
		       size_t fixed)
{
	uint64_t size;
	int error = begin_section(r, kind, number, fixed, 1, fixed, &size);

	if (!error && fixed)
		error = get(r, to, fixed);
	return error ? error : check_sum(r, section_name(kind));
}

/* -------------------------------------------------------------------- parts */

static int get_head(struct reader *r, struct baton__file_head *head)
{
	static const char magic[sizeof(head->magic)] = BATON__FILE_MAGIC;
	int error = get(r, head, sizeof(*head));

	if (error)
		return error;
	if (memcmp(head->magic, magic, sizeof(magic)))
		return bad(r, 0, "this is no snapshot of Baton's; expected \"BATON\" and so on");
	if (head->version != BATON__FILE_VERSION)
		return bad(r, offsetof(struct baton__file_head, version), "version %u; this Baton reads "
			   "version %d", head->version, BATON__FILE_VERSION);
	error = check_sum(r, "head");
	if (error)
		return error;
	if (!head->vms || head->vms > BATON__FILE_VMS ||
	    head->regions > head->vms * BATON__WINDOWS || head->devices > BATON__FILE_DEVICES)
		return bad(r, offsetof(struct baton__file_head, vms), "%u VMs, %u regions, %u devices; "
			   "expected 1 to %d VMs, %d regions each, %d devices at most", head->vms,
			   head->regions, head->devices, BATON__FILE_VMS, BATON__WINDOWS,
			   BATON__FILE_DEVICES);
	return 0;
}

static int get_leaves(struct reader *r, struct baton_snapshot_file *f)
{
	const size_t one = sizeof(*f->leaves);
	uint64_t size;
	int error = begin_section(r, BATON__SECTION_CPU, 0, 0, one, BATON__LEAVES * one, &size);

	if (error)
		return error;
	f->leaves = malloc(size + 1);
	if (!f->leaves)
		return no_memory(r);
	f->leaf_count = (uint32_t)(size / one);
	if (size)
		error = get(r, f->leaves, size);
	return error ? error : check_sum(r, section_name(BATON__SECTION_CPU));
}

static int get_note(struct reader *r, struct baton_snapshot_file *f)
{
	uint64_t size;
	int error = begin_section(r, BATON__SECTION_NOTE, 0, 0, 1, BATON__FILE_NOTE, &size);

	if (error)
		return error;
	f->note = malloc(size + 1);
	if (!f->note)
		return no_memory(r);
	f->note_size = size;
	if (size)
		error = get(r, f->note, size);
	return error ? error : check_sum(r, section_name(BATON__SECTION_NOTE));
}

static int get_state(struct reader *r, uint32_t i, struct baton__vcpu_state *state)
{
	const size_t one = sizeof(state->msrs[0]);
	struct baton__file_state s;
	uint64_t size;
	int error = begin_section(r, BATON__SECTION_STATE, i, sizeof(s), one,
				  sizeof(s) + BATON__MSRS * one, &size);

	if (!error)
		error = get(r, &s, sizeof(s));
	if (error)
		return error;
	state->regs = s.regs;
	state->sregs = s.sregs;
	state->debug = s.debug;
	state->events = s.events;
	state->xcrs = s.xcrs;
	memcpy(&state->xsave, s.xsave, sizeof(s.xsave));
	state->msr_count = (uint32_t)((size - sizeof(s)) / one);
	if (state->msr_count)
		error = get(r, state->msrs, state->msr_count * one);
	return error ? error : check_sum(r, section_name(BATON__SECTION_STATE));
}

/* One page into a memfd of `size` bytes. Numbers grow. */
static int get_page(struct reader *r, int fd, uint64_t size, uint64_t *next)
{
	uint64_t at = r->at, page;
	uint8_t bytes[BATON__PAGE];
	int error = get(r, &page, sizeof(page));
	ssize_t done;

	if (error)
		return error;
	if (page < *next || page >= size / BATON__PAGE)
		return bad(r, at, "page %" PRIu64 "; expected %" PRIu64 " or more, below %" PRIu64, page,
			   *next, size / BATON__PAGE);
	*next = page + 1;
	error = get(r, bytes, sizeof(bytes));
	if (error)
		return error;
	do
		done = pwrite(fd, bytes, sizeof(bytes), (off_t)(page * BATON__PAGE));
	while (done < 0 && errno == EINTR);
	if (done == (ssize_t)sizeof(bytes))
		return 0;
	error = done < 0 ? -errno : -EIO;
	return baton__diag(r->diag, error, r->name, "its memory cannot be kept: %s", strerror(-error));
}

static int get_pages(struct reader *r, enum baton__section kind, uint64_t size, uint64_t pages,
		     struct baton__frozen **frozen)
{
	int fd = baton__frozen_memfd(size), error = 0;
	uint64_t next = 0;

	if (fd < 0)
		return baton__diag(r->diag, fd, r->name, "no memory for it: %s", strerror(-fd));
	for (uint64_t i = 0; i < pages && !error; i++)
		error = get_page(r, fd, size, &next);
	if (!error)
		error = check_sum(r, section_name(kind));
	if (!error && (error = baton__frozen_seal(fd, 0, size, frozen)))
		baton__diag(r->diag, error, r->name, "its memory cannot be sealed: %s",
			    strerror(-error));
	if (error)
		close(fd);
	return error;
}

static int get_memory(struct reader *r, enum baton__section kind, uint32_t number,
		      struct baton__file_memory *memory)
{
	const uint64_t most = BATON__MEMORY_MAX, least = sizeof(uint64_t);
	uint64_t bytes, size, at;
	int error = begin_section(r, kind, number, least, BATON__FILE_PAGE,
				  least + most / BATON__PAGE * BATON__FILE_PAGE, &bytes);

	at = r->at;
	if (!error)
		error = get(r, &size, sizeof(size));
	if (error)
		return error;
	memory->pages = (bytes - least) / BATON__FILE_PAGE;
	if (!size || size % BATON__PAGE || size > most || memory->pages > size / BATON__PAGE)
		return bad(r, at, "%" PRIu64 " bytes, of which %" PRIu64 " pages are there; expected "
			   "whole pages, %" PRIu64 " bytes at most", size, memory->pages, most);
	return get_pages(r, kind, size, memory->pages, &memory->frozen);
}

/* A text that ends within its field, and has no bytes behind that. */
static bool is_text(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	for (size_t i = length; i < size; i++)
		if (text[i])
			return false;
	return length && length < size;
}

static int get_vm(struct reader *r, uint32_t i, struct baton__file_saved *saved)
{
	uint64_t at = r->at + sizeof(struct baton__file_section);
	struct baton__file_vm *vm = &saved->vm;
	int error = get_section(r, BATON__SECTION_VM, i, vm, sizeof(*vm));

	if (error)
		return error;
	if (!is_text(vm->name, sizeof(vm->name)))
		return bad(r, at, "expected a name of 1 to %zu bytes", sizeof(vm->name) - 1);
	if (vm->mode >= BATON_MODES || vm->flags & ~BATON__FILE_FLAGS || vm->zero)
		return bad(r, at, "mode %u, flags 0x%x; expected a mode below %d, flags below 0x%x",
			   vm->mode, vm->flags, BATON_MODES, BATON__FILE_FLAGS + 1);
	if (vm->standing_count > BATON__STANDING || vm->place_count > BATON__WINDOWS)
		return bad(r, at, "%u writes that stand, %u regions; expected %d and %d at most",
			   vm->standing_count, vm->place_count, BATON__STANDING, BATON__WINDOWS);
	error = get_state(r, i, &saved->state);
	at = r->at + sizeof(struct baton__file_section);
	if (!error)
		error = get_memory(r, BATON__SECTION_MEMORY, i, &saved->memory);
	if (!error && saved->memory.frozen->size != vm->memory)
		return bad(r, at, "%" PRIu64 " bytes of memory; expected the VM's %" PRIu64,
			   saved->memory.frozen->size, vm->memory);
	return error;
}

static int get_device(struct reader *r, uint32_t i, uint32_t vms, struct baton__file_kept *kept)
{
	struct baton__file_device *d = &kept->device;
	uint64_t at = r->at, size;
	int error = begin_section(r, BATON__SECTION_DEVICE, i, sizeof(*d), 1,
				  sizeof(*d) + BATON__FILE_PLAIN, &size);

	if (!error)
		error = get(r, d, sizeof(*d));
	if (error)
		return error;
	if (!is_text(d->type, sizeof(d->type)) || d->plain != size - sizeof(*d) || d->zero ||
	    (d->alarm_vm >= vms && d->alarm_vm != BATON_NOBODY))
		return bad(r, at, "%u bytes of a device that sets an alarm for VM %u; expected %" PRIu64
			   " bytes, a name, and one of %u VMs or none", d->plain, d->alarm_vm,
			   size - sizeof(*d), vms);
	kept->plain = malloc(d->plain + 1);
	if (!kept->plain)
		return no_memory(r);
	if (d->plain)
		error = get(r, kept->plain, d->plain);
	return error ? error : check_sum(r, section_name(BATON__SECTION_DEVICE));
}

/* -------------------------------------------------------------------- whole */

static int get_all(struct reader *r, struct baton_snapshot_file *f)
{
	uint8_t more;
	int error = get_head(r, &f->head);

	if (error)
		return error;
	f->vms = calloc(f->head.vms, sizeof(*f->vms));
	f->regions = calloc(f->head.regions + 1, sizeof(*f->regions));
	f->devices = calloc(f->head.devices + 1, sizeof(*f->devices));
	if (!f->vms || !f->regions || !f->devices)
		return no_memory(r);
	error = get_leaves(r, f);
	if (!error)
		error = get_note(r, f);
	for (uint32_t i = 0; i < f->head.vms && !error; i++)
		error = get_vm(r, i, &f->vms[i]);
	for (uint32_t i = 0; i < f->head.regions && !error; i++)
		error = get_memory(r, BATON__SECTION_REGION, i, &f->regions[i]);
	for (uint32_t i = 0; i < f->head.devices && !error; i++)
		error = get_device(r, i, f->head.vms, &f->devices[i]);
	if (!error)
		error = get_section(r, BATON__SECTION_END, 0, &more, 0);
	if (!error && r->begin == r->end)
		error = fill(r);
	if (!error && r->begin != r->end)
		return bad(r, r->at, "something follows; expected the file's end");
	return error;
}

int baton_snapshot_file_read(int fd, const char *name, struct baton_diag *diag,
			     struct baton_snapshot_file **out)
{
	struct baton_snapshot_file *f = calloc(1, sizeof(*f));
	struct reader *r = f ? malloc(sizeof(*r)) : NULL;
	int error;

	if (!r) {
		free(f);
		return baton__diag(diag, -ENOMEM, name, "out of memory");
	}
	r->fd = fd;
	r->name = name;
	r->diag = diag;
	r->at = r->sum = r->begin = r->end = 0;
	snprintf(f->name, sizeof(f->name), "%s", name);
	error = get_all(r, f);
	free(r);
	if (error)
		baton_snapshot_file_close(f);
	else
		*out = f;
	return error;
}

void baton_snapshot_file_close(struct baton_snapshot_file *f)
{
	if (!f)
		return;
	for (uint32_t i = 0; f->vms && i < f->head.vms; i++)
		baton__frozen_put(f->vms[i].memory.frozen);
	for (uint32_t i = 0; f->regions && i < f->head.regions; i++)
		baton__frozen_put(f->regions[i].frozen);
	for (uint32_t i = 0; f->devices && i < f->head.devices; i++)
		free(f->devices[i].plain);
	free(f->leaves);
	free(f->note);
	free(f->vms);
	free(f->regions);
	free(f->devices);
	free(f);
}
