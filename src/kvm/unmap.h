/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unmap.h - gives ranges of this process's addresses back, neighbours in one call.
 *
 * The kernel tells each KVM VM of a process of every munmap(), so one call for each of n
 * VMs would cost n * n of those. VMs that were created one after the other lie side by
 * side as a rule: taken from the last to the first, they go in one call.
 */
#ifndef BATON_KVM_UNMAP_H
#define BATON_KVM_UNMAP_H

#include <stddef.h>
#include <stdint.h>

/* What is to go, and has not yet. Begin with { 0 }, end with baton__unmap_flush(). */
struct baton__unmap {
	uintptr_t at;
	size_t size;
};

/* A whole mapping is to go, or several side by side. It may go at once, or wait for others. */
void baton__unmap_add(struct baton__unmap *unmap, void *at, size_t size);

/* Now everything has gone. */
void baton__unmap_flush(struct baton__unmap *unmap);

#endif
