/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulate.c - fuzz target: any bytes as a trace for `baton sim`, decided again, and as
 * workloads that are simulated for some turns.
 *
 * With clang, `ninja tests/fuzz/fuzz-simulate` builds it for libFuzzer; tests/cli/trace-sample
 * and tests/cli/sim-traced write traces to begin with. Everywhere else replay.c runs it over
 * those of the latter, as a test.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_plan.h"
#include "sim_redo.h"
#include "trace_reader.h"

#define MOST_TURNS 2000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A refusal has words, all of them printable. */
static void check_text(const char *text)
{
	if (!*text)
		abort();
	for (const char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			abort();
}

/* Time is neither lost nor made, whatever the VMs do. */
static void simulate(const struct sim_plan *plan)
{
	const struct baton__sim_config config = {
		.ops = plan->ops, .sched = plan->sched, .entities = plan->kinds,
		.count = plan->count, .seed = 1,
	};
	struct baton__sim_entity_stats had;
	struct baton__sim_stats stats;
	struct baton__sim *sim;
	uint64_t sum = 0;

	if (baton__sim_create(&config, NULL, &sim))
		return;
	for (int i = 0; i < MOST_TURNS && baton__sim_step(sim, sim_plan_until(plan)) > 0; i++)
		;
	baton__sim_stats(sim, &stats);
	for (uint32_t e = 0; e < plan->count; e++) {
		baton__sim_entity_stats(sim, e, &had);
		sum += had.charged_ns;
	}
	if (sum + stats.idle_ns != stats.now_ns)
		abort();
	baton__sim_destroy(sim);
}

static void try_redo(struct trace_reader *trace)
{
	struct sim_redo redo;

	if (sim_redo(trace, &redo))
		check_text(trace->error);
	else if (redo.record && (!*redo.was || !strcmp(redo.was, redo.is)))
		abort();
}

static void try_plan(struct trace_reader *trace)
{
	struct sim_plan plan;

	if (sim_plan_of_trace(&plan, trace))
		check_text(trace->error);
	else
		simulate(&plan);
	sim_plan_fini(&plan);
}

static void try(const uint8_t *bytes, size_t size, void (*what)(struct trace_reader *trace))
{
	FILE *file = fmemopen((void *)(uintptr_t)bytes, size, "r");
	struct trace_reader trace;

	if (!file)
		abort();
	if (!trace_reader_init(&trace, file))
		what(&trace);
	trace_reader_fini(&trace);
	fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (!size) /* a stream of 0 bytes cannot be had */
		return 0;
	try(bytes, size, try_redo);
	try(bytes, size, try_plan);
	return 0;
}
