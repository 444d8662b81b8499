/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c - compares pages, of those that were ever touched.
 */
#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096

int memories_init(struct memories *m)
{
	static const uint8_t zeroes[PAGE];

	return store_add(&m->pages, zeroes, PAGE, NULL) == 0 ? 0 : -ENOMEM;
}

void memories_fini(struct memories *m)
{
	store_fini(&m->pages);
	store_fini(&m->changes);
}

int memory_init(struct memory *v, struct baton_vm *vm)
{
	*v = (struct memory){ .vm = vm, .page_count = baton_vm_memory(vm) / PAGE };
	v->seen = calloc(v->page_count, PAGE);
	v->pages = calloc(v->page_count, sizeof(*v->pages));
	return v->seen && v->pages ? 0 : -ENOMEM;
}

void memory_fini(struct memory *v)
{
	free(v->seen);
	free(v->pages);
	free(v->first);
}

static int look(struct memories *m, struct memory *v)
{
	uint8_t page[PAGE];
	baton_gpa_t begin, end = 0;
	int error;

	while (!(error = baton_vm_touched(v->vm, end, &begin, &end)))
		for (baton_gpa_t at = begin; at < end; at += PAGE) {
			baton_vm_read(v->vm, at, page, PAGE);
			if (!memcmp(page, v->seen + at, PAGE))
				continue;
			memcpy(v->seen + at, page, PAGE);
			v->pages[at / PAGE] = store_add(&m->pages, page, PAGE, NULL);
			if (v->pages[at / PAGE] == STORE_NONE)
				return -ENOMEM;
		}
	return error == -ENOENT ? 0 : error;
}

int memory_look(struct memories *m, struct memory *v)
{
	int error = look(m, v);

	if (error || v->first)
		return error;
	v->first = malloc(v->page_count * sizeof(*v->first));
	if (!v->first)
		return -ENOMEM;
	memcpy(v->first, v->pages, v->page_count * sizeof(*v->first));
	return 0;
}

uint32_t memory_number(struct memories *m, const struct memory *v)
{
	uint32_t *changed = malloc(2 * v->page_count * sizeof(*changed)), number;
	size_t count = 0;

	if (!changed)
		return STORE_NONE;
	for (uint64_t i = 0; i < v->page_count; i++)
		if (v->pages[i] != v->first[i]) {
			changed[count++] = (uint32_t)i;
			changed[count++] = v->pages[i];
		}
	number = store_add(&m->changes, changed, count * sizeof(*changed), NULL);
	free(changed);
	return number;
}

/* A page has the bytes of that number from here on. */
static void put_page(struct memories *m, struct memory *v, baton_gpa_t at, uint32_t number)
{
	uint8_t page[PAGE];
	size_t size;
	const void *bytes = store_get(&m->pages, number, &size);

	baton_vm_read(v->vm, at, page, PAGE);
	if (memcmp(page, bytes, PAGE))
		baton_vm_write(v->vm, at, bytes, PAGE);
	if (v->pages[at / PAGE] != number)
		memcpy(v->seen + at, bytes, PAGE);
	v->pages[at / PAGE] = number;
}

/* What is on its way when a capture is loaded may have changed any page. */
int memory_put(struct memories *m, struct memory *v, uint32_t number)
{
	size_t size;
	const uint32_t *changed = store_get(&m->changes, number, &size), *last;
	baton_gpa_t begin, end = 0;
	int error;

	last = changed + size / sizeof(*changed);
	while (!(error = baton_vm_touched(v->vm, end, &begin, &end)))
		for (baton_gpa_t at = begin; at < end; at += PAGE) {
			bool differs;

			while (changed < last && *changed < at / PAGE)
				changed += 2;
			differs = changed < last && *changed == at / PAGE;
			put_page(m, v, at, differs ? changed[1] : v->first[at / PAGE]);
		}
	return error == -ENOENT ? 0 : error;
}
