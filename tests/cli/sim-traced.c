/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim-traced.c - writes the trace of a simulated run, and says what came of that run.
 *
 *	sim-traced POLICY FILE [tampered | exits | stray | unset | cut | lossy]
 *
 * Four VMs: one computes and has exits, one yields, one sleeps, one comes later and ends.
 * What the policy is told and answers goes into the file as a host would have written it. On
 * stdout: turns and CPU time of each VM, as two lines of `baton sim --json` each. With the
 * third argument the file says of the 40th decision that its slice was a nanosecond longer, or
 * was for one more exit, or was for a VM that there is not, and stdout has the number of that
 * record; or has a slice of 0; or has no end; or lacks a record and says so.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "baton/trace.h"
#include "sim/sim.h"

#define MS    UINT64_C(1000000)
#define FIRST UINT64_C(5000000000) /* the clock when the run began */
#define COUNT 4

static const struct baton_sched_ops *real;
static FILE *file;
static const char *fault;
static uint64_t picks, records, wrong; /* which record is */

static const struct baton__sim_entity vms[COUNT] = {
	{ .weight = 3, .exit_ns = { MS, 2 * MS } },
	{ .weight = 1, .run_ns = { MS, 4 * MS } },
	{ .weight = 2, .run_ns = { MS, 4 * MS }, .sleep_ns = { 5 * MS, 30 * MS },
	  .exit_ns = { MS / 10, MS / 10 } },
	{ .weight = 5, .arrives_ns = 100 * MS, .work_ns = 77 * MS },
};
static const char *const names[COUNT] = { "busy", "polite", "sleepy", "brief" };

static void put(uint64_t now, enum baton_trace_kind kind, unsigned detail, baton_entity_t e,
		uint64_t a, uint64_t b)
{
	const struct baton_trace_record r = {
		.at_ns = FIRST + now, .kind = (uint8_t)kind, .detail = (uint8_t)detail, .entity = e,
		.a = a, .b = b,
	};

	records++;
	fwrite(&r, sizeof(r), 1, file);
}

static int add(void *state, baton_entity_t e, const struct baton_sched_entity *what, uint64_t now,
	       struct baton_diag *diag)
{
	put(now, BATON_TRACE_ADD, 0, e, what->weight, 0);
	return real->add(state, e, what, now, diag);
}

static void leave(void *state, baton_entity_t e, uint64_t now)
{
	put(now, BATON_TRACE_REMOVE, 0, e, 0, 0);
	real->remove(state, e, now);
}

static void wake(void *state, baton_entity_t e, uint64_t now)
{
	put(now, BATON_TRACE_WAKE, 0, e, FIRST + now, 0);
	real->wake(state, e, now);
}

/* What it answers goes back as it was; what is told of it may be another. */
static struct baton_sched_pick pick(void *state, uint64_t now)
{
	const struct baton_sched_pick p = real->pick(state, now);
	struct baton_sched_pick told = p;

	picks++;
	if (picks == 40) {
		told.slice_ns += !strcmp(fault, "tampered");
		told.exits += !strcmp(fault, "exits");
		told.entity = strcmp(fault, "stray") ? told.entity : COUNT;
		wrong = records + 1;
	}
	if (picks == 50 && !strcmp(fault, "lossy"))
		put(now, BATON_TRACE_LOST, 0, BATON_NOBODY, 1, 1);
	else
		put(now, BATON_TRACE_PICK, told.over, told.entity,
		    told.entity == BATON_NOBODY ? told.deadline_ns : told.slice_ns, told.exits);
	return p;
}

/* In place of ran(), which does not know the exits, and is called right before. */
static void turn_ended(void *context, const struct baton__sim_turn *turn)
{
	put(turn->begin_ns + turn->charged_ns, BATON_TRACE_RAN, turn->why, turn->entity,
	    turn->charged_ns, turn->exits);
}

static void write_head(const char *policy, const struct baton_sched_config *sched)
{
	struct baton_trace_header h = {
		.byte_order = BATON_TRACE_BYTE_ORDER, .version = BATON_TRACE_VERSION,
		.record_size = BATON_TRACE_RECORD_SIZE, .header_size = sizeof(h),
		.vm_size = sizeof(struct baton_trace_vm), .vm_count = COUNT, .capacity = COUNT,
		.slice_ns = strcmp(fault, "unset") ? sched->slice_ns : 0,
		.seed = sched->seed, .burst = sched->burst,
	};

	memcpy(h.magic, BATON_TRACE_MAGIC, sizeof(h.magic));
	snprintf(h.policy, sizeof(h.policy), "%s", policy);
	fwrite(&h, sizeof(h), 1, file);
	for (uint32_t e = 0; e < COUNT; e++) {
		struct baton_trace_vm vm = { .entity = e, .weight = vms[e].weight };

		snprintf(vm.name, sizeof(vm.name), "%s", names[e]);
		fwrite(&vm, sizeof(vm), 1, file);
	}
}

static void print_vms(const struct baton__sim *sim)
{
	for (uint32_t e = 0; e < COUNT; e++) {
		struct baton__sim_entity_stats had;

		baton__sim_entity_stats(sim, e, &had);
		printf("\"turns\":%" PRIu64 ",\n\"cpu_ns\":%" PRIu64 ",\n", had.turns, had.charged_ns);
	}
}

int main(int argc, char **argv)
{
	static const struct baton__sim_observer observer = { .turn = turn_ended };
	struct baton__sim_config config = {
		.sched = { .slice_ns = 10 * MS, .burst = 3, .seed = 1 },
		.entities = vms, .count = COUNT, .seed = 9, .observer = &observer,
	};
	struct baton__sim_stats stats;
	struct baton_sched_ops ops;
	struct baton__sim *sim;

	real = argc >= 3 ? baton_policy(argv[1]) : NULL;
	file = real ? fopen(argv[2], "wbe") : NULL;
	fault = argc > 3 ? argv[3] : "";
	if (!file)
		return 1;
	ops = *real;
	ops.add = add;
	ops.remove = leave;
	ops.wake = wake;
	ops.pick = pick;
	config.ops = &ops;
	write_head(argv[1], &config.sched);
	put(0, BATON_TRACE_OPEN, 0, BATON_NOBODY, 0, 0);
	if (baton__sim_create(&config, NULL, &sim) || baton__sim_run(sim, 2000 * MS))
		return 1;
	baton__sim_stats(sim, &stats);
	put(stats.now_ns, BATON_TRACE_IDLE, 0, BATON_NOBODY, 0, 0);
	if (strcmp(fault, "cut"))
		put(stats.now_ns, BATON_TRACE_END, 0, BATON_NOBODY, records, 0);
	if (*fault)
		printf("%" PRIu64 "\n", wrong);
	else
		print_vms(sim);
	baton__sim_destroy(sim);
	return fclose(file) != 0;
}
