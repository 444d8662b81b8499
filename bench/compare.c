/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare.c - Baton against the bare loop, over the same guest, in one run.
 *
 *	compare [--only FIGURE] [--pairs N] [--exits N] [--json FILE] [--counted NAME:VALUE:GOAL:WHAT]…
 *
 * --counted adds a figure that somebody else counted (bench/run does), for the table.
 *
 * Each figure is the median of pairs: the floor, then Baton, then the floor …,
 * so that a machine that changes its speed changes both. Ratios are taken within
 * a pair. The guest does nothing but `out %ax, port; inc %ax`; those of the ring, ring.S.
 */
#include <err.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "baton/device.h"
#include "baton/traffic.h"
#include "floor.h"

/* again: out %ax, $0x10; inc %ax; jmp again */
static const uint8_t guest[] = { 0xE7, 0x10, 0x40, 0xEB, 0xFB };
#define PORT 0x10

extern const uint8_t ring_producer[], ring_producer_end[], ring_consumer[], ring_consumer_end[];

/* What a VM of a figure runs. */
struct code {
	const uint8_t *at;
	size_t size;
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

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
	count_down(context);
}

struct figure {
	const char *name, *what;
	const char *policy;
	unsigned vms;
	enum baton_verdict verdict;
	double goal;
	bool ring; /* instead of counters */
};

static struct code code_of(const struct figure *f, unsigned vm)
{
	if (!f->ring)
		return (struct code){ guest, sizeof(guest) };
	return vm ? (struct code){ ring_consumer, (size_t)(ring_consumer_end - ring_consumer) } :
		    (struct code){ ring_producer, (size_t)(ring_producer_end - ring_producer) };
}

static int connect(struct subject *s, const struct figure *f, struct baton_vm *const *vms,
		   struct baton_diag *diag)
{
	const struct baton_ring_config ring = {
		.traffic = { vms[0], vms[1], turn_ended, NULL, s },
		.capacity = FLOOR_RING_SLOTS, .state = FLOOR_RING_STATE,
		.layout = BATON_RING_COUNT,
		.begin = 0xF4, .produced = 0xF2, .consumed = 0xF3,
	};
	int error = 0;

	if (f->ring)
		return baton_device_create(s->host, &baton_ring, &ring, diag, NULL);
	for (unsigned i = 0; i < f->vms && !error; i++) {
		const struct counter_config c = { s, vms[i], f->verdict };

		error = baton_device_create(s->host, &counter_ops, &c, diag, NULL);
	}
	return error;
}

static void subject_create(struct subject *s, const struct figure *f)
{
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_vm *vms[2];
	struct baton_diag diag;
	int error;

	config.policy = f->policy;
	config.sched.slice_ns = 1000000;
	error = baton_host_create(&config, &diag, &s->host);
	for (unsigned i = 0; i < f->vms && !error; i++) {
		struct baton_vm_config vm = BATON_VM_CONFIG;
		struct code code = code_of(f, i);

		vm.name = i ? "second" : "first";
		vm.image = code.at;
		vm.image_size = code.size;
		vm.memory = 64 << 10;
		error = baton_vm_create(s->host, &vm, &diag, &vms[i]);
	}
	if (error || connect(s, f, vms, &diag))
		errx(4, "%s: %s", diag.where, diag.message);
}

static void subject_run(struct subject *s, uint64_t exits)
{
	s->left = exits;
	if (baton_host_run(s->host, BATON_FOREVER, NULL))
		errx(1, "the run failed");
	if (s->left)
		errx(1, "%llu are missing", (unsigned long long)s->left);
}

/* ---------------------------------------------------------------- figures */

static const struct figure figures[] = {
	{ "exit", "one port exit / bare KVM_RUN loop", "null", 1, BATON_RESUME, 1.02,
	  false },
	{ "turn", "one turn, policy turns / bare alternation", "turns", 2, BATON_RESUME, 1.05,
	  false },
	{ "turn-1ms", "one turn, policy quantum at 1 ms / bare alternation", "quantum", 2, BATON_YIELD,
	  1.05, false },
	{ "ring", "one turn at a copied ring / memcpy and bare exits", "quantum", 2, BATON_RESUME, 1.5,
	  true },
};

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(const double *sorted, unsigned n, double q)
{
	return sorted[(unsigned)(q * (n - 1) + 0.5)];
}

static const char *verdict(double value, double goal)
{
	return value <= goal ? "met" : "missed";
}

static json_t *measure(const struct figure *f, unsigned pairs, uint64_t exits)
{
	double *ratio = calloc(pairs, sizeof(double)), *floor_ns = calloc(pairs, sizeof(double));
	double *more_ns = calloc(pairs, sizeof(double));
	uint64_t (*floor)(struct floor_vm *, unsigned, uint64_t) = f->ring ? floor_ring : floor_run;
	struct floor_vm floors[2];
	struct subject subject;
	json_t *row;

	if (!ratio || !floor_ns || !more_ns)
		err(1, "out of memory");
	for (unsigned i = 0; i < f->vms; i++) {
		struct code code = code_of(f, i);

		floor_create(&floors[i], code.at, code.size);
	}
	subject_create(&subject, f);
	floor(floors, f->vms, exits / 10 + 1);
	subject_run(&subject, exits / 10 + 1);
	for (unsigned i = 0; i < pairs; i++) {
		uint64_t a = now(), b, c;

		floor(floors, f->vms, exits);
		b = now();
		subject_run(&subject, exits);
		c = now();
		floor_ns[i] = (double)(b - a) / (double)exits;
		ratio[i] = (double)(c - b) / (double)(b - a);
		more_ns[i] = ((double)(c - b) - (double)(b - a)) / (double)exits;
	}
	baton_host_destroy(subject.host);
	for (unsigned i = 0; i < f->vms; i++)
		floor_destroy(&floors[i]);
	qsort(ratio, pairs, sizeof(double), ascending);
	qsort(floor_ns, pairs, sizeof(double), ascending);
	qsort(more_ns, pairs, sizeof(double), ascending);
	printf("%-14s %-52s %9.3f %7.3f %7.3f %9.2f %9.0f %8.0f  %s\n", f->name, f->what,
	       quantile(ratio, pairs, 0.5), quantile(ratio, pairs, 0.1),
	       quantile(ratio, pairs, 0.9), f->goal, quantile(floor_ns, pairs, 0.5),
	       quantile(more_ns, pairs, 0.5), verdict(quantile(ratio, pairs, 0.5), f->goal));
	row = json_pack("{s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:i, s:I}", "name", f->name, "what",
			f->what, "ratio", quantile(ratio, pairs, 0.5), "ratio_p10",
			quantile(ratio, pairs, 0.1), "ratio_p90", quantile(ratio, pairs, 0.9), "goal",
			f->goal, "floor_ns", quantile(floor_ns, pairs, 0.5), "more_ns",
			quantile(more_ns, pairs, 0.5), "pairs", (int)pairs, "exits",
			(json_int_t)exits);
	free(ratio);
	free(floor_ns);
	free(more_ns);
	return row;
}

/* A figure that was counted elsewhere: NAME:VALUE:GOAL:WHAT. */
static json_t *counted(const char *text)
{
	char name[32], what[96];
	double value, goal;

	if (sscanf(text, "%31[^:]:%lf:%lf:%95[^\n]", name, &value, &goal, what) != 4)
		errx(2, "--counted %s: expected NAME:VALUE:GOAL:WHAT", text);
	printf("%-14s %-52s %9.1f %25.0f %20s%s\n", name, what, value, goal, "", verdict(value, goal));
	return json_pack("{s:s, s:s, s:f, s:f}", "name", name, "what", what, "value", value, "goal",
			 goal);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "only", required_argument, NULL, 'o' },
		{ "pairs", required_argument, NULL, 'p' },
		{ "exits", required_argument, NULL, 'e' },
		{ "json", required_argument, NULL, 'j' },
		{ "counted", required_argument, NULL, 'c' },
		{ 0 },
	};
	unsigned pairs = 41;
	uint64_t exits = 5000;
	const char *json = NULL, *only = NULL;
	json_t *rows = json_array(), *counts = json_array();
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'p')
			pairs = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'e')
			exits = strtoull(optarg, NULL, 10);
		else if (option == 'o')
			only = optarg;
		else if (option == 'j')
			json = optarg;
		else if (option == 'c')
			json_array_append_new(counts, json_string(optarg));
		else
			return 2;
	}
	if (!pairs || !exits)
		errx(2, "--pairs and --exits must be above 0");
	printf("%-14s %-52s %9s %7s %7s %9s %9s %8s\n", "figure", "what", "median", "p10", "p90", "goal",
	       "floor ns", "more ns");
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (!only || !strcmp(only, figures[i].name))
			json_array_append_new(rows, measure(&figures[i], pairs, exits));
	for (size_t i = 0; i < json_array_size(counts); i++)
		json_array_append_new(rows, counted(json_string_value(json_array_get(counts, i))));
	json_decref(counts);
	if (json && json_dump_file(rows, json, JSON_INDENT(2)))
		errx(1, "%s cannot be written", json);
	json_decref(rows);
	return 0;
}
