/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore.c - how fast `baton explore` is: moves that its search makes in a second, and runs of
 * VMs that find out what a move leads to.
 *
 *	explore [--pairs N] [--seconds S] FOLDER ROW…
 *
 * FOLDER has bench's scenarios, and the labs beside it are those that the runs are taken from.
 * A sample is an exploration from its beginning, and then its search once more. By then all
 * that the VMs do is known, so that the second is the search alone; what the first took longer
 * are the runs. Prints a line of JSON per row.
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exploration.h"
#include "explore_subject.h"
#include "pairs.h"

enum rate { WHOLE, SEARCH, RUNS }; /* moves with all that they take, or in what is known; runs */

#define SC    "explore-sc.yaml"
#define TSO   "explore-tso.yaml"
#define SLOTS "../labs/explore/spsc-two-slots.yaml"

static const struct row {
	const char *name, *scenario;
	enum memory_model memory;
	enum rate rate;
	bool threads;
} rows[] = {
	{ "explore", SC, MEMORY_SC, WHOLE, false },
	{ "explore-tso", TSO, MEMORY_TSO, WHOLE, false },
	{ "explore-threads", SC, MEMORY_SC, WHOLE, true },
	{ "explore-search", SC, MEMORY_SC, SEARCH, false },
	{ "explore-search-tso", TSO, MEMORY_TSO, SEARCH, false },
	{ "explore-runs", SLOTS, MEMORY_SC, RUNS, false },
	{ "explore-runs-tso", SLOTS, MEMORY_TSO, RUNS, false },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Of one exploration. */
struct sample {
	double first_s, second_s;
	uint64_t states, moves, runs; /* the runs that the first search took */
};

static double search(struct exploration *e, const struct row *row)
{
	const struct search_config config = {
		.order = SEARCH_BREADTH, .steps = UINT64_MAX, .states = 20000000,
		.bytes = UINT64_C(4) << 30, .threads = row->threads ? (unsigned)sysconf(_SC_NPROCESSORS_ONLN) : 0,
	};
	struct yaml_error error;
	uint64_t begin = pairs_now();

	if (exploration_search(e, &config, &error))
		errx(1, "%s: %s", row->scenario, error.text);
	if (e->search.verdict != VERDICT_VERIFIED)
		errx(1, "%s: %s", row->scenario, verdict_name(e->search.verdict));
	return (double)(pairs_now() - begin) / 1e9;
}

static struct sample explore(const struct row *row, const struct scenario *scenario)
{
	struct terminal terminal;
	struct exploration e;
	struct yaml_error error;
	struct sample sample;
	uint64_t before;

	terminal_init(&terminal, stderr);
	terminal.live = false;
	if (exploration_begin(&e, scenario, row->memory, &terminal, &error))
		errx(1, "%s: %s", row->scenario, error.text);
	before = machines_figures(e.machines).runs;
	sample.first_s = search(&e, row);
	sample.runs = machines_figures(e.machines).runs - before;
	sample.second_s = search(&e, row);
	sample.states = e.search.states.count;
	sample.moves = e.search.moves;
	exploration_end(&e);
	return sample;
}

/* In thousands a second. */
static double rate_of(const struct sample *s, enum rate rate)
{
	if (rate == WHOLE)
		return (double)s->moves / s->first_s / 1e3;
	if (rate == SEARCH)
		return (double)s->moves / s->second_s / 1e3;
	/* If it was disturbed, the second search may seem to take longer than the first. */
	return s->first_s > s->second_s ? (double)s->runs / (s->first_s - s->second_s) / 1e3 : 0;
}

static void measure(const struct row *row, const char *folder, const struct pairs_limits *limits)
{
	double *rate = calloc(limits->pairs, sizeof(*rate));
	json_t *object = pairs_row(row->name);
	uint64_t begin = pairs_now();
	struct explore_subject subject;
	struct sample sample;
	char path[4096];
	unsigned n = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, row->scenario);
	if (!rate || explore_subject_open(&subject, "explore", path))
		errx(1, "%s cannot be explored", path);
	do {
		sample = explore(row, &subject.scenario);
		rate[n] = rate_of(&sample, row->rate);
	} while (++n < limits->pairs &&
		 (!limits->seconds || (double)(pairs_now() - begin) < limits->seconds * 1e9));
	explore_subject_close(&subject);
	pairs_summary(object, rate, n);
	json_object_set_new(object, "wanted", json_integer(limits->pairs));
	if (row->rate == RUNS)
		pairs_note(object, "%llu runs in each", (unsigned long long)sample.runs);
	else
		pairs_note(object, "%llu states, %llu moves", (unsigned long long)sample.states,
			   (unsigned long long)sample.moves);
	pairs_print(object);
	free(rate);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "pairs", required_argument, NULL, 'p' },
		{ "seconds", required_argument, NULL, 's' },
		{ 0 },
	};
	struct pairs_limits limits = { .pairs = 21 };
	const char *folder;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'p')
			limits.pairs = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 's')
			limits.seconds = strtod(optarg, NULL);
		else
			return 2;
	}
	if (!limits.pairs || optind == argc)
		errx(2, "expected at least one pair, and a folder");
	folder = argv[optind++];
	for (; optind < argc; optind++) {
		size_t i = 0;

		while (i < ROWS && strcmp(argv[optind], rows[i].name))
			i++;
		if (i == ROWS)
			errx(2, "no row \"%s\" is measured here", argv[optind]);
		measure(&rows[i], folder, &limits);
	}
	return 0;
}
