/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group_figures.c - sums, a median, and who is at the ends.
 */
#include "group_figures.h"

#include <stdlib.h>

#include "heap.h"

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median_turns(const struct cloud *cloud, struct scenario_vms vms)
{
	uint64_t *turns = heap_zeroed(vms.count, sizeof(*turns)), median;

	for (size_t i = 0; i < vms.count; i++)
		turns[i] = cloud->vms[vms.first + i].stats.turns;
	qsort(turns, vms.count, sizeof(*turns), by_size);
	median = turns[(vms.count - 1) / 2];
	free(turns);
	return median;
}

static void least(struct extreme *extreme, uint64_t value, size_t vm, bool first)
{
	if (first || value < extreme->value)
		*extreme = (struct extreme){ value, vm };
}

static void most(struct extreme *extreme, uint64_t value, size_t vm, bool first)
{
	if (first || value > extreme->value)
		*extreme = (struct extreme){ value, vm };
}

void group_figures(const struct cloud *cloud, struct scenario_vms vms, struct group_figures *figures)
{
	struct group_figures f = { .median_turns = median_turns(cloud, vms) };

	for (size_t i = vms.first; i < vms.first + vms.count; i++) {
		const struct baton_vm_stats *s = &cloud->vms[i].stats;
		uint64_t cpu_ns = s->run_ns + s->handler_ns;
		bool first = i == vms.first;

		f.outcomes[s->outcome]++;
		least(&f.fewest_turns, s->turns, i, first);
		most(&f.most_turns, s->turns, i, first);
		least(&f.least_cpu_ns, cpu_ns, i, first);
		most(&f.most_cpu_ns, cpu_ns, i, first);
		most(&f.furthest_ns, (uint64_t)llabs(s->lag_ns), i, first);
		f.cpu_ns += cpu_ns;
		f.share += cloud->vms[i].share;
		f.target += cloud->vms[i].target;
		for (unsigned kind = 0; kind < BATON_EXIT_KINDS; kind++) {
			f.by_kind[kind].count += s->by_kind[kind].count;
			f.by_kind[kind].run_ns += s->by_kind[kind].run_ns;
			f.by_kind[kind].handler_ns += s->by_kind[kind].handler_ns;
		}
	}
	*figures = f;
}
