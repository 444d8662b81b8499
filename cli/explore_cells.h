/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_cells.h - the places of shared memory that VMs were seen at, in order.
 */
#ifndef BATON_CLI_EXPLORE_CELLS_H
#define BATON_CLI_EXPLORE_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One of them: no two overlap, and none crosses a boundary of eight bytes. */
struct explore_cell {
	size_t region;
	uint32_t offset;
	unsigned size;
};

struct explore_cells {
	struct explore_cell *cells;
	size_t count;
};

/*
 * Adds a place, if it is none that is there. One that overlaps others becomes one with
 * them. Begin with { 0 }.
 */
void explore_cells_add(struct explore_cells *cells, size_t region, uint32_t offset, unsigned size);
void explore_cells_fini(struct explore_cells *cells);

/* Does a place have to do with the cell? */
bool explore_cell_has(const struct explore_cell *cell, size_t region, uint32_t offset);

#endif
