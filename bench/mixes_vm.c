/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mixes_vm.c - a mix of VMs, under Baton's policy `share`.
 *
 * Looked at after each turn, when lags have their extremes. What a VM is charged is what
 * Baton says, and what it did it counts itself, in its own memory.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "baton/device.h"
#include "mixes.h"
#include "pairs.h"

#define COUNT 0x400 /* GPA of the counter */
#define CALL  0x10  /* ports */
#define SLEEP 0x11

/* 16-bit code. incl 0x400 is 66 FF 06 00 04. */
static const uint8_t spins[] = { 0x66, 0xFF, 0x06, 0x00, 0x04, 0xEB, 0xF9 };
static const uint8_t calls[] = { 0x66, 0xFF, 0x06, 0x00, 0x04, 0xE7, CALL, 0xEB, 0xF7 };
/* again: mov $RUNNER_BURST, %cx; 1: incl 0x400; loop 1b; out %ax, $SLEEP; jmp again */
static const uint8_t sleeps[] = {
	0xB9, RUNNER_BURST & 0xFF, RUNNER_BURST >> 8, 0x66, 0xFF, 0x06, 0x00, 0x04,
	0xE2, 0xF9, 0xE7, SLEEP, 0xEB, 0xF2,
};

static const struct {
	const uint8_t *code;
	size_t size;
} guests[] = {
	[RUNNER_SPINS] = { spins, sizeof(spins) },
	[RUNNER_CALLS] = { calls, sizeof(calls) },
	[RUNNER_SLEEPS] = { sleeps, sizeof(sleeps) },
};

/* What is known of a VM; its device's state points here. */
struct runner_vm {
	struct cloud *cloud;
	struct baton_vm *vm;
	uint64_t seed, due_ns;
	uint32_t counted; /* the guest's counter when last read */
};

struct cloud {
	struct fluid *fluid;
	struct baton_host *host;
	struct runner_vm *vms;
	uint64_t begin_ns;
};

/* ---------------------------------------------------------------- device */

static enum baton_verdict serve_call(void *state, struct baton_access *a)
{
	(void)state, (void)a;
	return BATON_RESUME;
}

static enum baton_verdict serve_sleep(void *state, struct baton_access *a)
{
	struct runner_vm *r = *(struct runner_vm **)state;

	if (a->resumed) {
		fluid_late(r->cloud->fluid, (double)a->now_ns - (double)r->due_ns);
		return BATON_RESUME;
	}
	r->due_ns = a->now_ns + mix_sleep_ns(&r->seed);
	baton_vcpu_wake_at(a->vcpu, r->due_ns);
	return BATON_BLOCK;
}

static int ports_init(struct baton_device *device, void *state, const void *config,
		      struct baton_diag *diag)
{
	struct runner_vm *r = *(struct runner_vm **)state = *(struct runner_vm *const *)config;
	int error = baton_device_claim_ports(device, r->vm, CALL, 1, serve_call, diag);

	return error ? error : baton_device_claim_ports(device, r->vm, SLEEP, 1, serve_sleep, diag);
}

static const struct baton_device_ops ports = {
	.name = "ports", .size = sizeof(struct runner_vm *), .init = ports_init,
};

/* -------------------------------------------------------------- the cloud */

static void turn(void *context, const struct baton_turn *t)
{
	struct cloud *c = context;
	uint32_t i = (uint32_t)strtoul(baton_vm_name(t->vm), NULL, 10), counted;
	struct runner_vm *r = &c->vms[i];

	if (!c->begin_ns)
		c->begin_ns = t->begin_ns;
	baton_vm_read(t->vm, COUNT, &counted, sizeof(counted));
	c->fluid->progress[i] += counted - r->counted;
	r->counted = counted;
	c->fluid->had_ns[i] += (double)t->charged_ns;
	fluid_look(c->fluid, (double)(t->end_ns - c->begin_ns));
}

static int add(struct cloud *c, uint32_t i, struct baton_diag *diag)
{
	const struct runner *runner = &c->fluid->mix->runners[i];
	struct baton_vm_config config = BATON_VM_CONFIG;
	struct runner_vm *r = &c->vms[i];
	char name[16];
	int error;

	snprintf(name, sizeof(name), "%u", i);
	config.name = name;
	config.image = guests[runner->kind].code;
	config.image_size = guests[runner->kind].size;
	config.memory = 64 << 10;
	config.share = runner->weight;
	r->cloud = c;
	r->seed = runner->seed;
	error = baton_vm_create(c->host, &config, diag, &r->vm);
	return error ? error : baton_device_create(c->host, &ports, &r, diag, NULL);
}

static void report(const struct cloud *c, const struct mixes_run *run, json_t *to)
{
	struct baton_host_stats stats;

	baton_host_stats(c->host, &stats);
	mixes_promise(to, run->slice_ns, stats.lag_ns, stats.lag_later_ns, stats.overrun_ns);
	json_object_set_new(to, "turns", json_integer((json_int_t)stats.turns));
}

const char *mixes_vm(const struct mixes_run *run, struct fluid *fluid, json_t *to)
{
	static const struct baton_observer observer = { .turn = turn };
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct cloud c = { .fluid = fluid };
	static char why[sizeof(struct baton_diag) + 2];
	struct baton_diag diag;
	int error;

	pairs_many_files();
	config.policy = "share";
	config.sched.slice_ns = run->slice_ns;
	config.max_vms = fluid->mix->count;
	config.observer = &observer;
	config.observer_context = &c;
	c.vms = calloc(fluid->mix->count, sizeof(*c.vms));
	if (!c.vms)
		err(1, "out of memory");
	error = baton_host_create(&config, &diag, &c.host);
	for (uint32_t i = 0; i < fluid->mix->count && !error; i++)
		error = add(&c, i, &diag);
	if (error)
		snprintf(why, sizeof(why), "%s: %s", diag.where, diag.message);
	else if (baton_host_run(c.host, run->wall_ns, NULL))
		errx(1, "the run failed");
	else
		report(&c, run, to);
	baton_host_destroy(c.host);
	free(c.vms);
	return error ? why : NULL;
}
