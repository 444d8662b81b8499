/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * sched.h - scheduling policies: who runs next, and for how long.
 *
 * A policy is a const table of functions over a state block that the caller
 * owns. It reads no clock, allocates nothing, logs nothing and knows no KVM:
 * `now` comes in, a decision comes out by value. The state holds no pointers
 * and may be copied with memcpy(). So the host, a simulator and a replayed run
 * use the very same objects and reach the very same decisions.
 *
 * The one exception is the policy `script`, whose state keeps the pointer to its
 * script, which is too long to be part of it. A state and its copy would take
 * turns out of the same script, so only one of the two may go on. A simulation
 * or a replay does not copy it: it starts a policy of its own on a script of its
 * own that gives the same turns.
 *
 * An *entity* is a number below the capacity that init() was given. It is what
 * is scheduled: a vCPU. An entity is *runnable* from wake() to the ran() whose
 * `why` says that it is not any more (see baton_why_leaves()).
 */
#ifndef BATON_SCHED_H
#define BATON_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct baton_diag;

typedef uint32_t baton_entity_t;

#define BATON_NOBODY UINT32_MAX

/*
 * A schedule: who has the turns, one after the other. next() gives the entity of
 * the next turn, or BATON_NOBODY at the end and ever after. It is called by
 * pick(), as late as possible, on the thread of the policy's owner; what it
 * takes is time between turns, so it should not block for long. It must not
 * call the owner (a host, say).
 */
struct baton_script {
	baton_entity_t (*next)(void *context);
	void *context;
};

/* Settings of a policy. Each policy says which it reads; the others are ignored. */
struct baton_sched_config {
	uint64_t slice_ns; /* quantum, share: length of a turn; above 0 */
	uint32_t burst;	   /* turns: exits per turn; above 0 */
	uint64_t seed;	   /* policies that draw */
	const struct baton_script *script; /* script: borrowed until the policy's state is gone */
};

#define BATON_SCHED_CONFIG { .slice_ns = 10000000, .burst = 1, .seed = 1 }

/* What a policy is told of an entity when it joins. */
struct baton_sched_entity {
	uint64_t weight; /* share: proportional; 0 never runs; at most BATON_WEIGHT_MAX */
};

#define BATON_WEIGHT_MAX (UINT64_C(1) << 32)

/* Why a turn ended. */
enum baton_why {
	BATON_WHY_SLICE, /* its time was over */
	BATON_WHY_EXITS, /* its exits were used up */
	BATON_WHY_YIELD, /* it gave the rest away, and is still runnable */
	BATON_WHY_BLOCK, /* it waits; wake() will come */
	BATON_WHY_END,	 /* halted or dead; remove() will come */
};

/* "slice", "exits", "yield", "block", "end"; static storage. */
const char *baton_why_name(enum baton_why why);

/* Does a turn that ended so leave the entity not runnable? */
static inline bool baton_why_leaves(enum baton_why why)
{
	return why == BATON_WHY_BLOCK || why == BATON_WHY_END;
}

/* A decision. Times are in nanoseconds, `deadline_ns` on the clock of `now`. */
struct baton_sched_pick {
	baton_entity_t entity; /* or BATON_NOBODY: nobody is runnable */
	uint64_t slice_ns;     /* the turn's length; UINT64_MAX: no limit */
	uint64_t exits;	       /* the turn's exits; UINT64_MAX: no limit; 0: what is pending, no entry */
	uint64_t deadline_ns;  /* with BATON_NOBODY: ask again by then even if nobody wakes;
				  UINT64_MAX: no need */
	uint64_t skipped;      /* script: entries passed over so far, since init(); others: 0 */
	bool over;	       /* script, with BATON_NOBODY: its end; nobody has a turn any more */
};

struct baton_sched_ops {
	const char *name;
	const char *summary; /* one line for help texts */

	/* Bytes of state for so many entities. */
	size_t (*size)(uint32_t capacity);

	/*
	 * Prepares `size(capacity)` zeroed bytes, aligned to 16. -EINVAL with a
	 * diagnostic when the settings make no sense.
	 */
	int (*init)(void *state, uint32_t capacity, const struct baton_sched_config *config,
		    struct baton_diag *diag);

	/* Registers an entity, not yet runnable. -EINVAL (weight), -EEXIST, -ENOSPC. */
	int (*add)(void *state, baton_entity_t e, const struct baton_sched_entity *what,
		   uint64_t now, struct baton_diag *diag);

	/*
	 * Forgets an entity, runnable or not; its number may be used again. If it
	 * has the turn, the turn is over and no ran() follows.
	 */
	void (*remove)(void *state, baton_entity_t e, uint64_t now);

	/*
	 * The entity is runnable from now on. A second wake() changes nothing. In
	 * the middle of a turn it counts as if it had come at the turn's beginning.
	 */
	void (*wake)(void *state, baton_entity_t e, uint64_t now);

	/*
	 * The entity that pick() named had `ns` of CPU time, as measured; its turn is
	 * over. That may be less than its slice, more, or nothing.
	 */
	void (*ran)(void *state, baton_entity_t e, uint64_t ns, enum baton_why why, uint64_t now);

	/*
	 * Who is next? The same state and `now` always give the same answer. It may
	 * put the state in order, which changes no answer: asking twice is allowed.
	 */
	struct baton_sched_pick (*pick)(void *state, uint64_t now);
};

/* All policies of the library, ended by NULL, in the order of help texts. */
const struct baton_sched_ops *const *baton_policies(void);

/* The policy of that name, or NULL. */
const struct baton_sched_ops *baton_policy(const char *name);

#ifdef __cplusplus
}
#endif
#endif
