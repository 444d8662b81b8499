/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.c - fuzz target: any bytes as an image, flat, ELF32 or ELF64.
 *
 * The first byte chooses mode, load address and entry; the rest is the image.
 * With clang, `ninja tests/fuzz/fuzz-image` builds it for libFuzzer:
 *	build/tests/fuzz/fuzz-image CORPUS tests/fuzz/corpus/image
 * Everywhere else replay.c runs it over the corpus, as a test.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vm/image.h"
#include "vm/mode.h"

#define SIZE  (UINT64_C(32) << 10)
#define LIMIT (UINT64_C(20) << 10) /* the image's space */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct baton_vm_config config_of(uint8_t choice, const uint8_t *image, size_t size)
{
	static const uint64_t loads[] = { BATON_DEFAULT_ADDRESS, 0x1000, LIMIT - 1,
					  BATON_DEFAULT_ADDRESS - 1 };
	static const uint64_t entries[] = {
		BATON_DEFAULT_ADDRESS, 0, LIMIT - 1, LIMIT, BATON_PAGED_BASE, BATON_LONG_BASE,
		BATON_LONG_BASE + LIMIT, BATON_DEFAULT_ADDRESS - 1,
	};
	struct baton_vm_config c = BATON_VM_CONFIG;

	c.name = "fuzz";
	c.mode = (enum baton_mode)(choice & 3);
	c.load = loads[choice >> 2 & 3];
	c.entry = entries[choice >> 4 & 7];
	c.image = image;
	c.image_size = size;
	return c;
}

static bool all_zero(const struct baton__memory *memory, uint64_t from, uint64_t to)
{
	static const uint8_t zeroes[SIZE];

	return !memcmp(memory->base + from, zeroes, to - from);
}

/* Refused: with words, and as if it had never been there. */
static void check_refusal(int error, const struct baton_diag *diag,
			  const struct baton__memory *memory, const struct baton__placement *place)
{
	if (error != -EINVAL)
		abort();
	if (strcmp(diag->where, "fuzz") || !*diag->message)
		abort();
	if (!memchr(diag->message, 0, sizeof(diag->message)) || strchr(diag->message, '\n'))
		abort();
	if (!all_zero(memory, 0, SIZE))
		abort();
	if (place->entry != 1 || place->first != 2 || place->end != 3)
		abort();
}

/* Loaded: in its place and nowhere else, and the mode can enter it. */
static void check_placement(const struct baton_vm_config *c, const struct baton__memory *memory,
			    const struct baton__placement *place)
{
	uint64_t end = place->end;

	if (place->first >= end || end > LIMIT)
		abort();
	if (!all_zero(memory, 0, place->first) || !all_zero(memory, end, SIZE))
		abort();
	if (place->entry >= LIMIT && place->entry - baton__mode_alias(c->mode) >= LIMIT)
		abort();
	if (c->entry != BATON_DEFAULT_ADDRESS && place->entry != c->entry)
		abort();
	if (c->load != BATON_DEFAULT_ADDRESS &&
	    (place->first != c->load || end - c->load != c->image_size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct baton_vm_config c = config_of(size ? bytes[0] : 0, bytes + !!size, size - !!size);
	struct baton__memory memory = { .base = calloc(1, SIZE), .size = SIZE, .fd = -1 };
	struct baton__placement place = { 1, 2, 3 };
	struct baton_diag diag = { .where = "" };
	struct baton__image image;
	int error;

	if (!memory.base)
		abort();
	error = baton__image_open(&c, &diag, &image);
	if (!error) {
		error = baton__image_load(&image, &c, LIMIT, &memory, &diag, &place);
		baton__image_close(&image);
	}
	if (error)
		check_refusal(error, &diag, &memory, &place);
	else
		check_placement(&c, &memory, &place);
	free(memory.base);
	return 0;
}
