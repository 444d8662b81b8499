/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unmap.c - collects ranges that touch.
 */
#include "kvm/unmap.h"

#include <sys/mman.h>

void baton__unmap_add(struct baton__unmap *unmap, void *at, size_t size)
{
	uintptr_t from = (uintptr_t)at;

	if (unmap->size && from == unmap->at + unmap->size) {
		unmap->size += size;
	} else if (unmap->size && from + size == unmap->at) {
		unmap->at = from;
		unmap->size += size;
	} else {
		baton__unmap_flush(unmap);
		*unmap = (struct baton__unmap){ .at = from, .size = size };
	}
}

void baton__unmap_flush(struct baton__unmap *unmap)
{
	if (unmap->size)
		munmap((void *)unmap->at, unmap->size);
	*unmap = (struct baton__unmap){ 0 };
}
