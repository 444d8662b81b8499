/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decisions.c - how many decisions a second a policy makes in the simulator.
 *
 *	decisions [--entities N] [--pairs N] [--seconds S] POLICY…
 *
 * A decision is a turn of sim/: pick, run, tell, the lag meter beside it. Random weights,
 * slices that end late. Of the CPU time of this process, since the machine may have other
 * things to do. The floor, in turn with it, is to change one record of 64 bytes out of as
 * many as there are entities, chosen at random: what any decision has to do at least.
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "baton/baton.h"
#include "pairs.h"
#include "sim/random.h"
#include "sim/sim.h"

#define MS	  UINT64_C(1000000)
#define DECISIONS 100000 /* in each half of a pair */

struct record {
	uint64_t word[8];
};

struct both {
	struct baton__sim *sim;
	struct record *records;
	uint32_t count;
	struct baton__random random;
};

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double floor_half(void *state)
{
	struct both *b = state;
	double begin = cpu_ns();
	uint64_t at = 0;

	for (unsigned i = 0; i < DECISIONS; i++) {
		struct record *r = &b->records[(baton__random_next(&b->random) ^ (at & 1)) % b->count];

		at = r->word[0]++; /* the next one waits for this */
	}
	return (cpu_ns() - begin) / DECISIONS;
}

static double subject_half(void *state)
{
	struct both *b = state;
	double begin = cpu_ns();

	for (unsigned i = 0; i < DECISIONS; i++)
		if (baton__sim_step(b->sim, UINT64_MAX) != 1)
			errx(1, "the simulation ended");
	return (cpu_ns() - begin) / DECISIONS;
}

/* What ends the turns under a policy that gives no slices: exits, or the entities themselves. */
static struct baton__sim_entity entity_for(const char *policy, uint64_t weight)
{
	struct baton__sim_entity e = { .weight = weight };

	if (!strcmp(policy, "turns"))
		e.exit_ns = (struct baton__sim_range){ MS / 100, MS };
	if (!strcmp(policy, "null") || !strcmp(policy, "script"))
		e.run_ns = (struct baton__sim_range){ MS / 100, MS };
	return e;
}

/* One after the other, for the policy `script`. */
struct in_order {
	uint32_t count, next;
};

static baton_entity_t next_of(void *context)
{
	struct in_order *o = context;

	return o->next++ % o->count;
}

/* Entities and script are borrowed until the simulation is gone. */
static struct baton__sim *sim_of(const struct baton_sched_ops *ops, uint32_t count,
				 const struct baton__sim_entity *entities,
				 const struct baton_script *script)
{
	struct baton__sim_config config = {
		.ops = ops, .sched = BATON_SCHED_CONFIG, .count = count, .seed = 1,
		.entities = entities, .overrun = { .usual = { 0, MS / 10 } },
	};
	struct baton_diag diag;
	struct baton__sim *sim;

	config.sched.script = script;
	if (baton__sim_create(&config, &diag, &sim))
		errx(1, "%s: %s", diag.where, diag.message);
	return sim;
}

static struct baton__sim_entity *create_entities(const char *policy, uint32_t count)
{
	struct baton__sim_entity *entities = calloc(count, sizeof(*entities));
	struct baton__random random = baton__random_stream(1, 0);

	if (!entities)
		err(1, "out of memory");
	for (uint32_t i = 0; i < count; i++)
		entities[i] = entity_for(policy, baton__random_in(&random, 1, 1000));
	return entities;
}

/* The row's value is a rate, and its ratio one of times. */
static void rate_from_times(json_t *row)
{
	double floor_ns = json_real_value(json_object_get(row, "floor_ns"));
	double ratio = json_real_value(json_object_get(row, "value"));
	double low = json_real_value(json_object_get(row, "p10"));
	double high = json_real_value(json_object_get(row, "p90"));

	json_object_set_new(row, "value", json_real(1e3 / (ratio * floor_ns)));
	json_object_set_new(row, "p10", json_real(1e3 / (high * floor_ns)));
	json_object_set_new(row, "p90", json_real(1e3 / (low * floor_ns)));
	json_object_set_new(row, "ratio", json_real(ratio));
}

static void measure(const char *policy, const struct pairs_limits *limits, uint32_t count)
{
	const struct baton_sched_ops *ops = baton_policy(policy);
	struct in_order order = { .count = count };
	const struct baton_script script = { next_of, &order };
	struct both both = { .count = count, .random = { 1 } };
	struct baton__sim_entity *entities;
	char name[32];
	json_t *row;

	if (!ops)
		errx(2, "no policy is called \"%s\"", policy);
	snprintf(name, sizeof(name), "sim-%s", policy);
	row = pairs_row(name);
	both.records = calloc(count, sizeof(*both.records));
	if (!both.records)
		err(1, "out of memory");
	entities = create_entities(policy, count);
	both.sim = sim_of(ops, count, entities, &script);
	pairs_measure(limits, floor_half, subject_half, &both, row);
	rate_from_times(row);
	pairs_note(row, "%.2f times a bare change of a random record",
		   json_real_value(json_object_get(row, "ratio")));
	baton__sim_destroy(both.sim);
	free(entities);
	free(both.records);
	pairs_print(row);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "entities", required_argument, NULL, 'n' },
		{ "pairs", required_argument, NULL, 'p' },
		{ "seconds", required_argument, NULL, 's' },
		{ 0 },
	};
	struct pairs_limits limits = { .pairs = 41 };
	unsigned long count = 1000000;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'n')
			count = strtoul(optarg, NULL, 10);
		else if (option == 'p')
			limits.pairs = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 's')
			limits.seconds = strtod(optarg, NULL);
		else
			return 2;
	}
	if (!count || count > 100000000 || !limits.pairs)
		errx(2, "expected 1 to 100000000 entities, and a pair");
	for (; optind < argc; optind++)
		measure(argv[optind], &limits, (uint32_t)count);
	return 0;
}
