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

#define BUDGET_NS UINT64_C(100000000)
#define VMS	  2

/* The slices that are tried, and how many turns of each: 80 ms if all are needed. */
static const struct rung {
	uint64_t slice_ns;
	uint32_t turns;
} ladder[] = {
	{ 20000, 16 },
	{ 50000, 16 },
	{ 100000, 16 },
	{ 200000, 16 },
	{ 500000, 16 },
	{ 1000000, 8 },
	{ 2000000, 8 },
	{ 5000000, 8 },
};

#define RUNGS (sizeof(ladder) / sizeof(*ladder))

/* Where on the ladder we are. Policy and observer count alike, so they stay together. */
struct position {
	uint32_t rung;
	uint32_t turns; /* had on this rung */
	uint32_t late;	/* of these: longer than one and a half slices */
};

enum step {
	STEP_STAY,
	STEP_FAILED, /* the median is too long, whatever comes; a rung higher now */
	STEP_PASSED, /* all turns are in, and the median is good; a rung higher now */
};

static enum step step(struct position *position, uint64_t ns)
{
	const struct rung *rung = &ladder[position->rung];
	enum step step = STEP_STAY;

	position->turns++;
	position->late += ns > rung->slice_ns * 3 / 2;
	if (2 * position->late >= rung->turns)
		step = STEP_FAILED;
	else if (position->turns == rung->turns)
		step = STEP_PASSED;
	if (step != STEP_STAY)
		*position = (struct position){ .rung = position->rung + 1 };
	return step;
}

/* ------------------------------------------------------------- the policy */

struct climb {
	bool runnable[VMS];
	uint32_t next; /* whose turn it is */
	struct position position;
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
	if (climb->position.rung < RUNGS)
		step(&climb->position, ns);
}

static struct baton_sched_pick climb_pick(void *state, uint64_t now)
{
	const struct climb *climb = state;
	uint32_t rung = climb->position.rung;
	struct baton_sched_pick pick = {
		.entity = BATON_NOBODY,
		.slice_ns = ladder[rung < RUNGS ? rung : RUNGS - 1].slice_ns,
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
	struct position position;
	uint32_t moved;	    /* turns of this rung in which RAX moved on */
	uint64_t usable_ns; /* the answer; 0 while there is none */
};

static void measure_turn(void *context, const struct baton_turn *turn)
{
	struct measurement *m = context;
	uint32_t vm = turn->vm == m->vms[1], rung = m->position.rung;
	enum step result;

	if (m->usable_ns || rung == RUNGS)
		return;
	m->moved += turn->regs->rax != m->last_rax[vm];
	m->last_rax[vm] = turn->regs->rax;
	result = step(&m->position, turn->charged_ns);
	if (result == STEP_STAY)
		return;
	if (result == STEP_PASSED && m->moved * 10 >= ladder[rung].turns * 9)
		m->usable_ns = ladder[rung].slice_ns;
	m->moved = 0;
	if (m->usable_ns || m->position.rung == RUNGS)
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
