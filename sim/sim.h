/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.h - a host without KVM: a virtual clock, and entities that behave as told.
 *
 * It drives any policy exactly as the host's loop does: it delivers the wakes
 * that are due, asks for a decision, lets the entity run until its slice, its
 * exits, its work or its patience is over, and tells what was measured. The lag
 * meter runs beside the policy. Everything repeats from the seed, and what an
 * entity does depends on the CPU time that it had, never on the policy.
 *
 * O(log n) for each turn and each wake, and O(1) for each exit, so a million
 * entities are no trouble. It reads no clock and prints nothing.
 */
#ifndef BATON_SIM_SIM_H
#define BATON_SIM_SIM_H

#include "baton/sched.h"
#include "sched/lag.h"

/* A duration in nanoseconds, drawn anew each time: each value from low to high is as likely. */
struct baton__sim_range {
	uint64_t low, high;
};

/* A stretch of CPU time, and the time asleep that follows; 0: it yields instead. */
struct baton__sim_part {
	uint64_t run_ns;   /* above 0; UINT64_MAX: does not end */
	uint64_t sleep_ns; /* UINT64_MAX: for ever */
};

/*
 * How an entity behaves. Times are CPU time of its own, save those at which it
 * arrives and is removed, and those for which it sleeps.
 */
struct baton__sim_entity {
	uint64_t weight;
	uint64_t arrives_ns;		/* when it first becomes runnable */
	uint64_t work_ns;		/* it ends after so much; 0: never */
	uint64_t removed_ns;		/* when it is taken away, whatever it does; 0: never */
	struct baton__sim_range exit_ns;  /* from one exit to the next; high 0: no exits */
	struct baton__sim_range run_ns;	  /* until it gives the CPU up; high 0: never does */
	struct baton__sim_range sleep_ns; /* then blocks for so long; high 0: yields instead */
	const struct baton__sim_part *parts; /* in place of these two, one after the other; or NULL */
	uint32_t part_count;		     /* behind the last it only runs */
};

/* How late a slice ends: as a rule, and once in `rare_in` turns (0: never). */
struct baton__sim_overrun {
	struct baton__sim_range usual, rare;
	uint32_t rare_in;
};

/* A turn that ended. */
struct baton__sim_turn {
	baton_entity_t entity;
	uint64_t begin_ns;
	uint64_t waited_ns;  /* since it woke; UINT64_MAX: it had a turn since then */
	uint64_t slice_ns;   /* as the policy gave it */
	uint64_t charged_ns;
	uint64_t exits;
	enum baton_why why;
};

/* What happens, in order, after the policy was told; each may be NULL. */
struct baton__sim_observer {
	void (*wake)(void *context, baton_entity_t e, uint64_t now);
	void (*turn)(void *context, const struct baton__sim_turn *turn);
	void (*remove)(void *context, baton_entity_t e, uint64_t now); /* after its end, or early */
};

/*
 * How a simulation is made. What pointers lead to is borrowed until it is destroyed,
 * save `weights`, which is for the call.
 */
struct baton__sim_config {
	const struct baton_sched_ops *ops;
	struct baton_sched_config sched;
	const struct baton__sim_entity *entities;
	uint32_t count;
	uint32_t kinds;		 /* entity e behaves as entities[e % kinds]; 0: each is its own */
	const uint64_t *weights; /* of each entity; NULL: those in `entities` */
	struct baton__sim_overrun overrun;
	uint64_t seed;
	const struct baton__sim_observer *observer;
	void *context;
};

struct baton__sim_stats {
	uint64_t now_ns;
	uint64_t idle_ns; /* nobody was runnable */
	uint64_t turns;
	uint64_t skipped; /* entries of a script whose entity could not run */
	size_t bytes;	  /* that it holds: policy, meter, entities and all */
	struct baton__lag_stats lag;
};

/* What an entity got. The charged times and idle_ns add up to now_ns. */
struct baton__sim_entity_stats {
	uint64_t charged_ns;
	uint64_t turns;
	uint64_t exits;
};

struct baton__sim;

/* -ENOMEM, or what the policy's init() and add() refuse with, with the diagnostic. */
int baton__sim_create(const struct baton__sim_config *config, struct baton_diag *diag,
		      struct baton__sim **sim);
void baton__sim_destroy(struct baton__sim *sim);

/*
 * One turn, with the idle time before it. 1; 0 if nothing more would happen
 * before `until_ns`, or the policy's schedule is over; -EPROTO if the policy picked
 * one that is not runnable, or gave a slice of 0. A turn that is under way at
 * `until_ns` is completed, save one that would never end: that is cut off there,
 * without telling the policy.
 */
int baton__sim_step(struct baton__sim *sim, uint64_t until_ns);

/* Steps for as long as baton__sim_step() gives 1. 0 or -EPROTO. */
int baton__sim_run(struct baton__sim *sim, uint64_t until_ns);

/* Those but lag, which costs more. O(1). */
void baton__sim_progress(const struct baton__sim *sim, struct baton__sim_stats *stats);

/* O(n). */
void baton__sim_stats(const struct baton__sim *sim, struct baton__sim_stats *stats);

/* The largest lag of anybody at this moment, see baton__lag_now(). O(n). */
uint64_t baton__sim_lag_now(const struct baton__sim *sim);
void baton__sim_entity_stats(const struct baton__sim *sim, baton_entity_t e,
			     struct baton__sim_entity_stats *stats);

#endif
