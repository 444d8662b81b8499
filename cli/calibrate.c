/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calibrate.c - measures the shortest usable slice through the public API.
 *
 * One host and two guests serve for all slices: the policy below alternates
 * between them and goes from one slice to the next by itself. It is also what a
 * policy outside of the library looks like.
 */
#include "calibrate.h"

#include <errno.h>
#include <stdlib.h>

#define BUDGET_NS UINT64_C(100000000)
#define VMS	  2
#define MOST_TURNS 16

/* The slices that are tried, and how many turns of each; 80 ms if all are needed. */
static const struct rung {
	uint64_t slice_ns;
	uint32_t turns;
} ladder[] = {
	{ 20000, 16 },	 { 50000, 16 },	  { 100000, 16 },  { 200000, 16 },
	{ 500000, 16 },	 { 1000000, 8 },  { 2000000, 8 },  { 5000000, 8 },
};

#define RUNGS (sizeof(ladder) / sizeof(*ladder))

/* ------------------------------------------------------------- the policy */

struct climb {
	bool runnable[VMS];
	uint32_t next;	/* whose turn it is */
	uint32_t rung;	/* of the ladder */
	uint32_t turns; /* had on this rung */
};

static size_t climb_size(uint32_t capacity)
{
	return sizeof(struct climb);
}

static int climb_init(void *state, uint32_t capacity, const struct baton_sched_config *config,
		      struct baton_diag *diag)
{
	return capacity == VMS ? 0 : -EINVAL;
}

static int climb_add(void *state, baton_entity_t e, const struct baton_sched_entity *what,
		     uint64_t now, struct baton_diag *diag)
{
	return 0;
}

static void climb_remove(void *state, baton_entity_t e, uint64_t now)
{
	((struct climb *)state)->runnable[e] = false;
}

static void climb_wake(void *state, baton_entity_t e, uint64_t now)
{
	((struct climb *)state)->runnable[e] = true;
}

static void climb_ran(void *state, baton_entity_t e, uint64_t ns, enum baton_why why, uint64_t now)
{
	struct climb *climb = state;

	if (baton_why_leaves(why))
		climb->runnable[e] = false;
	climb->next = (e + 1) % VMS;
	if (++climb->turns == ladder[climb->rung].turns && climb->rung + 1 < RUNGS) {
		climb->turns = 0;
		climb->rung++;
	}
}

static struct baton_sched_pick climb_pick(void *state, uint64_t now)
{
	const struct climb *climb = state;
	struct baton_sched_pick pick = {
		.entity = BATON_NOBODY,
		.slice_ns = ladder[climb->rung].slice_ns,
		.exits = UINT64_MAX,
		.deadline_ns = UINT64_MAX,
	};

	for (uint32_t i = 0; i < VMS && pick.entity == BATON_NOBODY; i++)
		if (climb->runnable[(climb->next + i) % VMS])
			pick.entity = (climb->next + i) % VMS;
	return pick;
}

static const struct baton_sched_ops climb_ops = {
	.name = "climb",
	.summary = "alternates with ever longer slices",
	.size = climb_size,
	.init = climb_init,
	.add = climb_add,
	.remove = climb_remove,
	.wake = climb_wake,
	.ran = climb_ran,
	.pick = climb_pick,
};

/* --------------------------------------------------------- the measurement */

struct measurement {
	struct baton_host *host;
	struct baton_vm *vms[VMS];
	uint64_t last_rax[VMS];
	uint32_t rung, turns, moved;
	uint64_t length_ns[MOST_TURNS];
	uint64_t usable_ns; /* the answer; 0 while there is none */
};

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* All turns of a rung are in: is its slice usable? */
static bool usable(struct measurement *m)
{
	uint64_t median;

	qsort(m->length_ns, m->turns, sizeof(*m->length_ns), ascending);
	median = m->length_ns[m->turns / 2];
	return median <= ladder[m->rung].slice_ns * 3 / 2 && m->moved * 10 >= m->turns * 9;
}

static void measure_turn(void *context, const struct baton_turn *turn)
{
	struct measurement *m = context;
	uint32_t vm = turn->vm == m->vms[1];

	if (m->usable_ns || m->rung == RUNGS)
		return;
	m->length_ns[m->turns++] = turn->end_ns - turn->begin_ns;
	m->moved += turn->regs->rax != m->last_rax[vm];
	m->last_rax[vm] = turn->regs->rax;
	if (m->turns < ladder[m->rung].turns)
		return;
	if (usable(m)) {
		m->usable_ns = ladder[m->rung].slice_ns;
		baton_host_stop(m->host);
	}
	m->turns = m->moved = 0;
	m->rung++;
	if (m->rung == RUNGS)
		baton_host_stop(m->host);
}

static int add_guests(struct measurement *m, struct baton_diag *diag)
{
	/* inc eax; jmp back: it never exits. */
	static const unsigned char spin[] = { 0x66, 0x40, 0xeb, 0xfc };
	static const char *const names[VMS] = { "left", "right" };
	struct baton_vm_config config = BATON_VM_CONFIG;
	int error = 0;

	config.image = spin;
	config.image_size = sizeof(spin);
	config.memory = 64 << 10;
	for (uint32_t i = 0; i < VMS && !error; i++) {
		config.name = names[i];
		error = baton_vm_create(m->host, &config, diag, &m->vms[i]);
	}
	return error;
}

int calibrate_slice(struct baton_diag *diag, uint64_t *slice_ns)
{
	static const struct baton_observer observer = { .turn = measure_turn };
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct measurement m = { 0 };
	enum baton_run_end end;
	int error;

	config.ops = &climb_ops;
	config.max_vms = VMS;
	config.observer = &observer;
	config.observer_context = &m;
	error = baton_host_create(&config, diag, &m.host);
	if (error)
		return error;
	error = add_guests(&m, diag);
	if (!error)
		error = baton_host_run(m.host, BUDGET_NS, &end);
	baton_host_destroy(m.host);
	if (error)
		return error;
	if (!m.usable_ns)
		return -ENODATA;
	*slice_ns = m.usable_ns;
	return 0;
}
