/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mix.c - mixes, drawn from a seed.
 */
#include "mix.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/random.h"

static enum runner_kind kind_of(const char *mix, uint32_t i)
{
	static const enum runner_kind thirds[] = { RUNNER_SPINS, RUNNER_CALLS, RUNNER_SLEEPS };

	if (!strcmp(mix, "exit"))
		return RUNNER_CALLS;
	if (!strcmp(mix, "halt"))
		return i % 2 ? RUNNER_SLEEPS : RUNNER_SPINS;
	return strcmp(mix, "mixed") ? RUNNER_SPINS : thirds[i % 3];
}

bool mix_make(struct mix *mix, const char *name, uint32_t count, uint64_t seed)
{
	static const char *const names[] = { "cpu", "exit", "halt", "mixed", "split" };
	struct baton__random random = baton__random_stream(seed, count);
	bool split = !strcmp(name, "split"), known = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		known |= !strcmp(name, names[i]);
	if (!known)
		return false;
	mix->count = split ? 2 : count;
	mix->runners = calloc(mix->count, sizeof(*mix->runners));
	if (!mix->runners)
		err(1, "out of memory");
	snprintf(mix->name, sizeof(mix->name), "%s", name);
	for (uint32_t i = 0; i < mix->count; i++) {
		struct runner *r = &mix->runners[i];

		r->kind = kind_of(name, i);
		r->weight = split ? (i ? 30 : 70) : baton__random_in(&random, 1, 100);
		r->seed = baton__random_next(&random);
	}
	return true;
}

void mix_free(struct mix *mix)
{
	free(mix->runners);
	mix->runners = NULL;
}

uint64_t mix_sleep_ns(uint64_t *seed)
{
	struct baton__random random = { *seed };
	uint64_t ns = baton__random_in(&random, 1000000, 10000000);

	*seed = random.counter;
	return ns;
}
