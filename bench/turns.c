/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turns.c - exits and turns, against the bare loop over the same guests.
 *
 * The guest does nothing but `out %ax, port; inc %ax`; those of the ring, ring.S.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "baton/device.h"
#include "baton/traffic.h"
#include "floor.h"
#include "pairs.h"

/* again: out %ax, $0x10; inc %ax; jmp again */
static const uint8_t guest[] = { 0xE7, 0x10, 0x40, 0xEB, 0xFB };
#define PORT 0x10

extern const uint8_t ring_producer[], ring_producer_end[], ring_consumer[], ring_consumer_end[];

/* What a VM of a figure runs. */
struct code {
	const uint8_t *at;
	size_t size;
};

struct figure {
	const char *name;
	const char *policy;
	unsigned vms;
	enum baton_verdict verdict;
	bool ring; /* instead of counters */
};

/* ------------------------------------------------------------ the subject */

struct subject {
	struct baton_host *host;
	uint64_t left; /* accesses, or turns at the ring, until the run ends */
};

/* Ends the run after so many accesses; says `verdict` to the others. */
struct counter_config {
	struct subject *subject;
	struct baton_vm *vm;
	enum baton_verdict verdict;
};

struct counter {
	struct counter_config config;
	uint64_t sum;
};

static void count_down(struct subject *s)
{
	if (!--s->left)
		baton_host_stop(s->host);
}

static enum baton_verdict count(void *state, struct baton_access *a)
{
	struct counter *c = state;

	c->sum += a->data;
	count_down(c->config.subject);
	return c->config.verdict;
}

static int counter_init(struct baton_device *device, void *state, const void *config,
			struct baton_diag *diag)
{
	struct counter *c = state;

	c->config = *(const struct counter_config *)config;
	return baton_device_claim_ports(device, c->config.vm, PORT, 1, count, diag);
}

static const struct baton_device_ops counter_ops = {
	.name = "counter", .size = sizeof(struct counter), .init = counter_init,
};

static void turn_ended(void *context, const struct baton_traffic *event)
{
	(void)event;
	count_down(context);
}

static struct code code_of(const struct figure *f, unsigned vm)
{
	if (!f->ring)
		return (struct code){ guest, sizeof(guest) };
	return vm ? (struct code){ ring_consumer, (size_t)(ring_consumer_end - ring_consumer) } :
		    (struct code){ ring_producer, (size_t)(ring_producer_end - ring_producer) };
}

static int connect_ring(struct subject *s, struct baton_diag *diag)
{
	const struct baton_ring_config ring = {
		.traffic = { baton_host_vm(s->host, 0), baton_host_vm(s->host, 1), turn_ended, NULL, s },
		.capacity = FLOOR_RING_SLOTS, .state = FLOOR_RING_STATE,
		.layout = BATON_RING_COUNT,
		.begin = 0xF4, .produced = 0xF2, .consumed = 0xF3,
	};

	return baton_device_create(s->host, &baton_ring, &ring, diag, NULL);
}

static int add_vm(struct subject *s, const struct figure *f, unsigned i, struct baton_diag *diag)
{
	struct baton_vm_config vm = BATON_VM_CONFIG;
	struct counter_config counter = { s, NULL, f->verdict };
	struct code code = code_of(f, i);
	char name[16];
	int error;

	snprintf(name, sizeof(name), "%u", i);
	vm.name = name;
	vm.image = code.at;
	vm.image_size = code.size;
	vm.memory = 64 << 10;
	error = baton_vm_create(s->host, &vm, diag, &counter.vm);
	if (error || f->ring)
		return error;
	return baton_device_create(s->host, &counter_ops, &counter, diag, NULL);
}

static void subject_create(struct subject *s, const struct figure *f)
{
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_diag diag;
	int error;

	config.policy = f->policy;
	config.sched.slice_ns = 1000000;
	config.max_vms = f->vms;
	error = baton_host_create(&config, &diag, &s->host);
	for (unsigned i = 0; i < f->vms && !error; i++)
		error = add_vm(s, f, i, &diag);
	if (!error && f->ring)
		error = connect_ring(s, &diag);
	if (error)
		errx(4, "%s: %s", diag.where, diag.message);
}

/* ------------------------------------------------------------------ pairs */

struct both {
	const struct figure *figure;
	uint64_t exits;
	struct floor_vm *floors;
	struct subject subject;
};

static double floor_half(void *state)
{
	struct both *b = state;
	uint64_t begin = pairs_now();

	if (b->figure->ring)
		floor_ring(b->floors, b->figure->vms, b->exits);
	else
		floor_run(b->floors, b->figure->vms, b->exits);
	return (double)(pairs_now() - begin) / (double)b->exits;
}

static double subject_half(void *state)
{
	struct both *b = state;
	uint64_t begin = pairs_now();

	b->subject.left = b->exits;
	if (baton_host_run(b->subject.host, BATON_FOREVER, NULL))
		errx(1, "the run failed");
	if (b->subject.left)
		errx(1, "%llu are missing", (unsigned long long)b->subject.left);
	return (double)(pairs_now() - begin) / (double)b->exits;
}

static void measure(const struct figure *f, const struct pairs_limits *limits)
{
	struct both both = { .figure = f, .exits = limits->exits };
	json_t *row = pairs_row(f->name);
	struct floor_kvm kvm;

	pairs_many_files();
	floor_open(&kvm);
	both.floors = calloc(f->vms, sizeof(*both.floors));
	if (!both.floors)
		err(1, "out of memory");
	for (unsigned i = 0; i < f->vms; i++) {
		struct code code = code_of(f, i);

		floor_create(&both.floors[i], &kvm, code.at, code.size);
	}
	subject_create(&both.subject, f);
	pairs_measure(limits, floor_half, subject_half, &both, row);
	baton_host_destroy(both.subject.host);
	for (unsigned i = 0; i < f->vms; i++)
		floor_destroy(&both.floors[i]);
	free(both.floors);
	floor_close(&kvm);
	if (f->vms > 2)
		pairs_note(row, "%u VMs", f->vms);
	pairs_print(row);
}

void turns_exit(const struct pairs_limits *limits)
{
	measure(&(struct figure){ "exit", "null", 1, BATON_RESUME, false }, limits);
}

void turns_turn(const struct pairs_limits *limits)
{
	measure(&(struct figure){ "turn", "turns", 2, BATON_RESUME, false }, limits);
}

/* Each VM has a turn at least in each half. */
void turns_many(const struct pairs_limits *limits)
{
	struct pairs_limits some = *limits;

	if (some.exits < limits->vms)
		some.exits = limits->vms;
	measure(&(struct figure){ "turn-many", "turns", limits->vms, BATON_RESUME, false }, &some);
}

void turns_timed(const struct pairs_limits *limits)
{
	measure(&(struct figure){ "turn-1ms", "quantum", 2, BATON_YIELD, false }, limits);
}

void turns_ring(const struct pairs_limits *limits)
{
	measure(&(struct figure){ "ring", "quantum", 2, BATON_RESUME, true }, limits);
}
