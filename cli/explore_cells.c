/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_cells.c - an array in order of regions and offsets.
 */
#include "explore_cells.h"

#include <stdlib.h>
#include <string.h>

#include "heap.h"

bool explore_cell_has(const struct explore_cell *cell, size_t region, uint32_t offset)
{
	return cell->region == region && offset >= cell->offset && offset - cell->offset < cell->size;
}

static bool overlap(const struct explore_cell *a, const struct explore_cell *b)
{
	return explore_cell_has(a, b->region, b->offset) || explore_cell_has(b, a->region, a->offset);
}

static bool is_before(const struct explore_cell *a, const struct explore_cell *b)
{
	return a->region < b->region || (a->region == b->region && a->offset < b->offset);
}

/* One of 1, 2, 4 or 8 bytes that has both. */
static struct explore_cell join(const struct explore_cell *a, const struct explore_cell *b)
{
	struct explore_cell both = *a;

	while (!(both.offset <= a->offset && both.offset + both.size >= a->offset + a->size &&
		 both.offset <= b->offset && both.offset + both.size >= b->offset + b->size)) {
		both.size = both.size < 2 ? 2 : both.size < 4 ? 4 : 8;
		both.offset &= ~(both.size - 1);
	}
	return both;
}

static void take_out(struct explore_cells *c, size_t i)
{
	memmove(&c->cells[i], &c->cells[i + 1], (--c->count - i) * sizeof(*c->cells));
}

void explore_cells_add(struct explore_cells *c, size_t region, uint32_t offset, unsigned size)
{
	struct explore_cell cell = { region, offset, size };
	size_t at = 0;

	for (size_t i = 0; i < c->count;) {
		if (!overlap(&c->cells[i], &cell)) {
			i++;
			continue;
		}
		cell = join(&cell, &c->cells[i]);
		take_out(c, i);
		i = 0; /* it may overlap others now */
	}
	while (at < c->count && is_before(&c->cells[at], &cell))
		at++;
	c->cells = heap_grow(c->cells, c->count, sizeof(*c->cells));
	memmove(&c->cells[at + 1], &c->cells[at], (c->count++ - at) * sizeof(*c->cells));
	c->cells[at] = cell;
}

void explore_cells_fini(struct explore_cells *c)
{
	free(c->cells);
	*c = (struct explore_cells){ 0 };
}
