/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.c - reads, checks and places guest images.
 *
 * ELF32 and ELF64 headers are first brought into one form (struct header,
 * struct segment), so that every check stands here once.
 */
#include "vm/image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arith.h"
#include "base/diag.h"
#include "vm/mode.h"

#define SEGMENTS_MAX 32
#define IMAGE_SIZE_MAX (UINT64_C(1) << 32)

struct header {
	uint16_t type, machine, entry_size, count;
	uint64_t table;
	uint64_t entry;
};

struct segment {
	uint64_t offset, file_size;
	uint64_t linear, gpa, size;
};

static const char *const kind_names[] = { "flat", "ELF32", "ELF64" };

/* ---------------------------------------------------------------- reading */

static int read_all(int fd, uint8_t *to, uint64_t size)
{
	uint64_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, to + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO; /* it shrank while we read */
		done += (uint64_t)n;
	}
	return 0;
}

static int read_file(const char *path, struct baton_diag *diag, struct baton__image *image)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;
	struct stat st;

	if (fd < 0)
		return baton__diag(diag, -errno, path, "cannot be opened: %s", strerror(errno));
	if (fstat(fd, &st)) {
		error = baton__diag(diag, -errno, path, "%s", strerror(errno));
		goto close_fd;
	}
	if (!S_ISREG(st.st_mode)) {
		error = baton__diag(diag, -EINVAL, path, "is not a regular file; expected an image");
		goto close_fd;
	}
	image->size = (uint64_t)st.st_size;
	if (image->size > IMAGE_SIZE_MAX) {
		error = baton__diag(diag, -EFBIG, path, "is larger than 4 GiB");
		goto close_fd;
	}
	image->bytes = malloc(image->size + 1);
	if (!image->bytes) {
		error = baton__diag(diag, -ENOMEM, path, "no memory for its %" PRIu64 " bytes",
				    image->size);
		goto close_fd;
	}
	error = read_all(fd, image->bytes, image->size);
	if (error) {
		baton__diag(diag, error, path, "cannot be read: %s", strerror(-error));
		free(image->bytes);
	}
close_fd:
	close(fd);
	return error;
}

static enum baton__image_kind kind_of(const struct baton__image *image)
{
	if (image->size < SELFMAG || memcmp(image->bytes, ELFMAG, SELFMAG))
		return BATON__IMAGE_FLAT;
	return image->size > EI_CLASS && image->bytes[EI_CLASS] == ELFCLASS32 ? BATON__IMAGE_ELF32 :
										BATON__IMAGE_ELF64;
}

int baton__image_open(const struct baton_vm_config *config, struct baton_diag *diag,
		      struct baton__image *image)
{
	struct baton__image i = { .name = config->image_path ? config->image_path : config->name };
	int error;

	if (!config->image_path == !config->image)
		return baton__diag(diag, -EINVAL, config->name,
				   "expected an image, either by path or as bytes");
	if (config->image_path) {
		error = read_file(config->image_path, diag, &i);
		if (error)
			return error;
	} else {
		i.size = config->image_size;
		if (i.size > IMAGE_SIZE_MAX)
			return baton__diag(diag, -EFBIG, config->name, "its image is larger than 4 GiB");
		i.bytes = malloc(i.size + 1);
		if (!i.bytes)
			return baton__diag(diag, -ENOMEM, config->name, "no memory for its image");
		memcpy(i.bytes, config->image, i.size);
	}
	if (!i.size) {
		free(i.bytes);
		return baton__diag(diag, -EINVAL, i.name, "the image is empty");
	}
	i.kind = kind_of(&i);
	*image = i;
	return 0;
}

void baton__image_close(struct baton__image *image)
{
	free(image->bytes);
	image->bytes = NULL;
}

/* -------------------------------------------------------------------- ELF */

static int read_header(const struct baton__image *image, struct header *h, struct baton_diag *diag)
{
	if (image->kind == BATON__IMAGE_ELF64) {
		Elf64_Ehdr e;

		if (image->size < sizeof(e))
			goto truncated;
		memcpy(&e, image->bytes, sizeof(e));
		*h = (struct header){ e.e_type, e.e_machine, e.e_phentsize,
				      e.e_phnum, e.e_phoff, e.e_entry };
	} else {
		Elf32_Ehdr e;

		if (image->size < sizeof(e))
			goto truncated;
		memcpy(&e, image->bytes, sizeof(e));
		*h = (struct header){ e.e_type, e.e_machine, e.e_phentsize,
				      e.e_phnum, e.e_phoff, e.e_entry };
	}
	return 0;

truncated:
	return baton__diag(diag, -EINVAL, image->name, "is truncated: %" PRIu64
			   " bytes do not hold an ELF header", image->size);
}

static int check_header(const struct baton__image *image, enum baton_mode mode,
			const struct header *h, struct baton_diag *diag)
{
	bool elf64 = image->kind == BATON__IMAGE_ELF64;
	uint64_t entry_size = elf64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	if (image->bytes[EI_CLASS] != (elf64 ? ELFCLASS64 : ELFCLASS32) ||
	    image->bytes[EI_DATA] != ELFDATA2LSB)
		return baton__diag(diag, -EINVAL, image->name, "is neither ELF32 nor ELF64, "
				   "little-endian (class %u, data %u)",
				   image->bytes[EI_CLASS], image->bytes[EI_DATA]);
	if (elf64 != (mode == BATON_MODE_LONG))
		return baton__diag(diag, -EINVAL, image->name, "is %s, and mode `%s` wants %s",
				   kind_names[image->kind], baton_mode_name(mode),
				   elf64 ? "ELF32 or a flat image" : "ELF64 or a flat image");
	if (h->machine != (elf64 ? EM_X86_64 : EM_386))
		return baton__diag(diag, -EINVAL, image->name,
				   "is for another machine (e_machine %u), expected x86", h->machine);
	if (h->type != ET_EXEC)
		return baton__diag(diag, -EINVAL, image->name, "is not a static executable "
				   "(e_type %u, expected ET_EXEC): link it with -static -no-pie",
				   h->type);
	if (!h->count || h->count > SEGMENTS_MAX || h->entry_size != entry_size)
		return baton__diag(diag, -EINVAL, image->name, "has %u program headers of %u bytes, "
				   "expected 1 to %u of %" PRIu64, h->count, h->entry_size,
				   SEGMENTS_MAX, entry_size);
	if (!baton__in_range(h->table, h->count * entry_size, image->size))
		return baton__diag(diag, -EINVAL, image->name,
				   "is truncated: its program headers lie beyond its end");
	return 0;
}

/* The i-th program header if it is PT_LOAD and not empty. */
static bool read_segment(const struct baton__image *image, const struct header *h, unsigned i,
			 struct segment *s)
{
	const uint8_t *at = image->bytes + h->table + (uint64_t)i * h->entry_size;

	if (image->kind == BATON__IMAGE_ELF64) {
		Elf64_Phdr p;

		memcpy(&p, at, sizeof(p));
		*s = (struct segment){ p.p_offset, p.p_filesz, p.p_vaddr, p.p_paddr, p.p_memsz };
		return p.p_type == PT_LOAD && p.p_memsz;
	} else {
		Elf32_Phdr p;

		memcpy(&p, at, sizeof(p));
		*s = (struct segment){ p.p_offset, p.p_filesz, p.p_vaddr, p.p_paddr, p.p_memsz };
		return p.p_type == PT_LOAD && p.p_memsz;
	}
}

static int check_segment(const struct baton__image *image, enum baton_mode mode, uint64_t limit,
			 const struct segment *s, struct baton_diag *diag)
{
	if (s->file_size > s->size)
		return baton__diag(diag, -EINVAL, image->name, "segment at 0x%" PRIx64
				   " has more bytes in the file than in memory", s->gpa);
	if (!baton__in_range(s->offset, s->file_size, image->size))
		return baton__diag(diag, -EINVAL, image->name, "is truncated: the segment for 0x%"
				   PRIx64 " lies beyond the file's end", s->gpa);
	if (!baton__in_range(s->gpa, s->size, limit))
		return baton__diag(diag, -EINVAL, image->name, "segment at GPA 0x%" PRIx64
				   " of %" PRIu64 " bytes does not fit below 0x%" PRIx64
				   " (memory less Baton's tables and the stack): "
				   "link it lower or give the VM more memory",
				   s->gpa, s->size, limit);
	if (s->linear != s->gpa && s->linear != s->gpa + baton__mode_alias(mode))
		return baton__diag(diag, -EINVAL, image->name, "segment is linked at 0x%" PRIx64
				   " but loaded at GPA 0x%" PRIx64 "; mode `%s` maps a GPA at "
				   "itself and at +0x%" PRIx64, s->linear, s->gpa,
				   baton_mode_name(mode), baton__mode_alias(mode));
	return 0;
}

/* Settles where the guest begins: as configured, else where the image says. */
static int settle_entry(const struct baton__image *image, const struct baton_vm_config *config,
			uint64_t limit, struct baton_diag *diag, struct baton__placement *place)
{
	uint64_t end = config->mode == BATON_MODE_REAL ? baton__min(limit, 0x10000) : limit;

	if (config->entry != BATON_DEFAULT_ADDRESS)
		place->entry = config->entry;
	if (place->entry < end || place->entry - baton__mode_alias(config->mode) < end)
		return 0;
	return baton__diag(diag, -EINVAL, image->name, "entry 0x%" PRIx64 " is outside what mode `%s` "
			   "can enter (below 0x%" PRIx64 ")", place->entry,
			   baton_mode_name(config->mode), end);
}

static int load_elf(const struct baton__image *image, const struct baton_vm_config *config,
		    uint64_t limit, struct baton__memory *memory, struct baton_diag *diag,
		    struct baton__placement *placement)
{
	struct baton__placement place = { .first = UINT64_MAX };
	struct segment segments[SEGMENTS_MAX];
	struct header h = { 0 };
	unsigned count = 0;
	bool entered = false;
	int error;

	error = read_header(image, &h, diag);
	if (!error)
		error = check_header(image, config->mode, &h, diag);
	if (error)
		return error;
	for (unsigned i = 0; i < h.count; i++) {
		struct segment *s = &segments[count];

		if (!read_segment(image, &h, i, s))
			continue;
		error = check_segment(image, config->mode, limit, s, diag);
		if (error)
			return error;
		for (unsigned k = 0; k < count; k++)
			if (baton__overlap(s->gpa, s->size, segments[k].gpa, segments[k].size))
				return baton__diag(diag, -EINVAL, image->name, "segments at 0x%" PRIx64
						   " and 0x%" PRIx64 " overlap", segments[k].gpa,
						   s->gpa);
		if (h.entry - s->linear < s->size || h.entry - s->gpa < s->size)
			entered = true;
		place.first = baton__min(place.first, s->gpa);
		if (place.end < s->gpa + s->size)
			place.end = s->gpa + s->size;
		count++;
	}
	if (!count)
		return baton__diag(diag, -EINVAL, image->name, "has nothing to load (no PT_LOAD)");
	if (!entered)
		return baton__diag(diag, -EINVAL, image->name, "its entry 0x%" PRIx64
				   " lies in none of its segments", h.entry);
	place.entry = h.entry;
	error = settle_entry(image, config, limit, diag, &place);
	if (error)
		return error;
	for (unsigned i = 0; i < count; i++)
		baton__memory_write(memory, segments[i].gpa, image->bytes + segments[i].offset,
				    segments[i].file_size);
	*placement = place;
	return 0;
}

/* ------------------------------------------------------------------- flat */

static int load_flat(const struct baton__image *image, const struct baton_vm_config *config,
		     uint64_t limit, struct baton__memory *memory, struct baton_diag *diag,
		     struct baton__placement *placement)
{
	uint64_t load = config->load == BATON_DEFAULT_ADDRESS ? 0 : config->load;
	struct baton__placement place = { load, load, load + image->size };
	int error;

	if (!baton__in_range(load, image->size, limit))
		return baton__diag(diag, -EINVAL, image->name, "its %" PRIu64 " bytes at GPA 0x%" PRIx64
				   " do not fit below 0x%" PRIx64
				   " (memory less Baton's tables and the stack)",
				   image->size, load, limit);
	error = settle_entry(image, config, limit, diag, &place);
	if (error)
		return error;
	baton__memory_write(memory, load, image->bytes, image->size);
	*placement = place;
	return 0;
}

int baton__image_load(const struct baton__image *image, const struct baton_vm_config *config,
		      uint64_t limit, struct baton__memory *memory, struct baton_diag *diag,
		      struct baton__placement *placement)
{
	if (image->kind == BATON__IMAGE_FLAT)
		return load_flat(image, config, limit, memory, diag, placement);
	if (config->load != BATON_DEFAULT_ADDRESS)
		return baton__diag(diag, -EINVAL, image->name, "is %s, which says itself where it "
				   "goes: `load` is for flat images", kind_names[image->kind]);
	return load_elf(image, config, limit, memory, diag, placement);
}
