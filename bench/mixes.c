/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mixes.c - Baton's shares beside those of Linux's scheduler, of one mix.
 *
 *	mixes [--sides SIDE[,SIDE]] [--vms N] [--seconds S] [--rounds N] [--slice-us N] [--seed N]
 *	      MIX | lag | split
 *
 * A side is vm (VMs under KVM), sim (entities of the simulator) or process. Each round draws
 * weights of its own, the same for all sides. Prints a row: how the largest lag of the VMs
 * compares to that of the processes, and what is known of each side. Of a simulation there is
 * no such ratio: nothing disturbs its clock. `lag` is the largest
 * lag in any mix by what the policy promises, as Baton's own meter has it; `split` is two
 * rows, of two VMs that spin, 70 to 30.
 */
#include <err.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mixes.h"
#include "pairs.h"

#define ROUNDS 64

struct side {
	const char *name;
	const char *(*run)(const struct mixes_run *run, struct fluid *fluid, json_t *to);
};

static const struct side sides[] = {
	{ "vm", mixes_vm }, { "sim", mixes_sim }, { "process", mixes_process },
};

struct settings {
	const struct side *first, *second; /* second: may be NULL */
	uint32_t vms;
	double seconds;
	unsigned rounds;
	uint64_t slice_ns, seed;
};

void mixes_promise(json_t *to, uint64_t slice_ns, uint64_t lag_ns, uint64_t lag_later_ns,
		   uint64_t overrun_ns)
{
	double allowed = (double)(slice_ns + overrun_ns);

	json_object_set_new(to, "lag_of_allowed",
			    json_real(fmax((double)lag_ns / allowed,
					   (double)lag_later_ns / (2 * allowed))));
	json_object_set_new(to, "overrun_ms", json_real((double)overrun_ns / 1e6));
}

/* One side of one round. Its figures, or an object with "skipped". */
static json_t *run_side(const struct side *side, const struct settings *s, const char *name,
			unsigned round)
{
	struct mixes_run run = { s->slice_ns, (uint64_t)(s->seconds * 1e9), s->seed + round };
	json_t *to = json_pack("{s:s}", "on", side->name);
	struct fluid fluid;
	struct mix mix;
	const char *why;

	if (!mix_make(&mix, name, s->vms, run.seed))
		errx(2, "no mix is called \"%s\"", name);
	fluid_init(&fluid, &mix, (double)run.wall_ns);
	why = side->run(&run, &fluid, to);
	if (why)
		json_object_set_new(to, "skipped", json_string(why));
	else
		fluid_report(&fluid, to);
	fluid_fini(&fluid);
	mix_free(&mix);
	return to;
}

static double figure(const json_t *side, const char *key)
{
	const json_t *value = json_object_get(side, key);

	return json_is_real(value) ? json_real_value(value) : NAN;
}

/* Into the first round's figures: the largest of all rounds; its curve stays. */
static void merge(json_t *into, const json_t *from)
{
	static const char *const keys[] = { "lag_ms", "error_points", "progress_points", "late_p99_ms",
					    "lag_of_allowed", "overrun_ms" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (figure(from, keys[i]) > figure(into, keys[i]))
			json_object_set_new(into, keys[i], json_real(figure(from, keys[i])));
}

static bool skipped(const json_t *side)
{
	return json_object_get(side, "skipped");
}

static bool simulated(const struct settings *s)
{
	return s->first->run == mixes_sim;
}

static void mix_row(const struct settings *s, const char *mix)
{
	json_t *first = NULL, *second = NULL, *row;
	double ratio[ROUNDS];
	unsigned n = 0;
	char name[48];

	snprintf(name, sizeof(name), "share-%s-%u", mix, s->vms);
	row = pairs_row(name);
	for (unsigned round = 0; round < s->rounds; round++) {
		json_t *a = run_side(s->first, s, mix, round);
		json_t *b = s->second ? run_side(s->second, s, mix, round) : NULL;

		if (b && !skipped(a) && !skipped(b) && !simulated(s))
			ratio[n++] = figure(a, "lag_ms") / figure(b, "lag_ms");
		if (round) {
			merge(first, a);
			merge(second, b);
			json_decref(a);
			json_decref(b);
		} else {
			first = a;
			second = b;
		}
		if (skipped(first) || (second && skipped(second)))
			break;
	}
	if (skipped(first))
		json_object_set(row, "skipped", json_object_get(first, "skipped"));
	else if (n)
		pairs_summary(row, ratio, n);
	json_object_set_new(row, "wanted", json_integer(s->rounds));
	json_object_set_new(row, "slice_ms", json_real((double)s->slice_ns / 1e6));
	json_object_set_new(row, "seconds", json_real(s->seconds));
	json_object_set_new(row, "baton", first);
	if (second)
		json_object_set_new(row, "linux", second);
	pairs_print(row);
}

static void lag_row(const struct settings *s)
{
	static const char *const mixes[] = { "cpu", "exit", "halt", "mixed" };
	bool sim = simulated(s);
	json_t *row = pairs_row(sim ? "lag-sim" : "lag");
	double worst[4], most = 0;

	for (int i = 0; i < 4; i++) {
		json_t *side = run_side(s->first, s, mixes[i], 0);

		if (skipped(side))
			errx(4, "%s", json_string_value(json_object_get(side, "skipped")));
		worst[i] = figure(side, "lag_of_allowed");
		most = fmax(most, worst[i]);
		json_decref(side);
	}
	pairs_note(row, "%u %s, %.0f s of each mix: cpu %.2f, exit %.2f, halt %.2f, mixed %.2f", s->vms,
		   sim ? "simulated" : "VMs", s->seconds, worst[0], worst[1], worst[2], worst[3]);
	pairs_summary(row, &most, 1);
	pairs_print(row);
}

static void split_row(const char *name, const json_t *side, const char *key, double seconds)
{
	json_t *row = pairs_row(name);
	double value = figure(side, key);

	if (isnan(value)) {
		json_object_set_new(row, "skipped", json_string("the guests counted nothing"));
	} else {
		pairs_summary(row, &value, 1);
		pairs_note(row, "%.0f s", seconds);
	}
	pairs_print(row);
}

static void split_rows(const struct settings *s)
{
	json_t *side = run_side(s->first, s, "split", 0);

	if (skipped(side))
		errx(4, "%s", json_string_value(json_object_get(side, "skipped")));
	split_row("split", side, "error_points", s->seconds);
	split_row("split-progress", side, "progress_points", s->seconds);
	json_decref(side);
}

static const struct side *side_of(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++)
		if (strlen(sides[i].name) == length && !strncmp(sides[i].name, name, length))
			return &sides[i];
	errx(2, "--sides \"%s\": expected vm, sim or process, or two with a comma", name);
}

static void set_sides(struct settings *s, const char *text)
{
	size_t length = strcspn(text, ",");

	s->first = side_of(text, length);
	s->second = text[length] ? side_of(text + length + 1, strlen(text + length + 1)) : NULL;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "sides", required_argument, NULL, 'a' },    { "vms", required_argument, NULL, 'v' },
		{ "seconds", required_argument, NULL, 's' },  { "rounds", required_argument, NULL, 'r' },
		{ "slice-us", required_argument, NULL, 'q' }, { "seed", required_argument, NULL, 'd' },
		{ 0 },
	};
	struct settings s = { &sides[0], NULL, 10, 3, 1, 4000000, 1 };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'a': set_sides(&s, optarg); break;
		case 'v': s.vms = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 's': s.seconds = strtod(optarg, NULL); break;
		case 'r': s.rounds = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'q': s.slice_ns = strtoull(optarg, NULL, 10) * 1000; break;
		case 'd': s.seed = strtoull(optarg, NULL, 10); break;
		default: return 2;
		}
	}
	if (!s.vms || !(s.seconds > 0) || !s.rounds || s.rounds > ROUNDS || !s.slice_ns)
		errx(2, "expected at least a VM, a time, a slice, and 1 to %d rounds", ROUNDS);
	if (optind + 1 != argc)
		errx(2, "expected one mix");
	if (!strcmp(argv[optind], "lag"))
		lag_row(&s);
	else if (!strcmp(argv[optind], "split"))
		split_rows(&s);
	else
		mix_row(&s, argv[optind]);
	return 0;
}
