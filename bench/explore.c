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
 * are the runs. Of threads, a sample is the exploration with one, and then with all that there
 * are processors for. Prints a line of JSON per row.
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

/* Moves with all that they take, or in what is known; runs; moves with threads to those with one. */
enum rate { WHOLE, SEARCH, RUNS, THREADS };

#define SC    "explore-sc.yaml"
#define TSO   "explore-tso.yaml"
#define MANY  "explore-many.yaml"
#define SLOTS "../labs/explore/spsc-two-slots.yaml"

#define STATES_MAX 10000000 /* MANY comes to that */

static const struct row {
	const char *name, *scenario;
	enum memory_model memory;
	enum rate rate;
} rows[] = {
	{ "explore", SC, MEMORY_SC, WHOLE },
	{ "explore-tso", TSO, MEMORY_TSO, WHOLE },
	{ "explore-threads", MANY, MEMORY_SC, THREADS },
	{ "explore-search", SC, MEMORY_SC, SEARCH },
	{ "explore-search-tso", TSO, MEMORY_TSO, SEARCH },
	{ "explore-runs", SLOTS, MEMORY_SC, RUNS },
	{ "explore-runs-tso", SLOTS, MEMORY_TSO, RUNS },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Of one exploration. */
struct sample {
	double first_s, second_s;
	uint64_t states, moves, runs; /* the runs that the first search took */
};

static unsigned processors(void)
{
	return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
}

static double search(struct exploration *e, const struct row *row, unsigned threads)
{
	const enum verdict expected = row->rate == THREADS ? VERDICT_BOUND : VERDICT_VERIFIED;
	const struct search_config config = {
		.order = SEARCH_BREADTH, .steps = UINT64_MAX, .states = STATES_MAX,
		.bytes = UINT64_C(4) << 30, .threads = threads,
	};
	struct yaml_error error;
	uint64_t begin = pairs_now();

	if (exploration_search(e, &config, &error))
		errx(1, "%s: %s", row->scenario, error.text);
	if (e->search.verdict != expected)
		errx(1, "%s: %s", row->scenario, verdict_name(e->search.verdict));
	return (double)(pairs_now() - begin) / 1e9;
}

static struct sample explore(const struct row *row, const struct scenario *scenario, unsigned threads)
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
	sample.first_s = search(&e, row, threads);
	sample.runs = machines_figures(e.machines).runs - before;
	sample.second_s = row->rate == THREADS ? 0 : search(&e, row, threads);
	sample.states = e.search.states.count;
	sample.moves = e.search.moves;
	exploration_end(&e);
	return sample;
}

/* In thousands a second; of threads, how many times as many. */
static double rate_of(const struct row *row, const struct scenario *scenario, struct sample *s)
{
	struct sample alone;

	switch (row->rate) {
	case WHOLE:
		*s = explore(row, scenario, 1);
		return (double)s->moves / s->first_s / 1e3;
	case SEARCH:
		*s = explore(row, scenario, 1);
		return (double)s->moves / s->second_s / 1e3;
	case THREADS:
		alone = explore(row, scenario, 1);
		*s = explore(row, scenario, processors());
		return alone.first_s / s->first_s;
	default:
		*s = explore(row, scenario, 1);
		/* If it was disturbed, the second search may seem to take longer than the first. */
		return s->first_s > s->second_s ? (double)s->runs / (s->first_s - s->second_s) / 1e3 : 0;
	}
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
	do
		rate[n] = rate_of(row, &subject.scenario, &sample);
	while (++n < limits->pairs &&
		 (!limits->seconds || (double)(pairs_now() - begin) < limits->seconds * 1e9));
	explore_subject_close(&subject);
	pairs_summary(object, rate, n);
	json_object_set_new(object, "wanted", json_integer(limits->pairs));
	if (row->rate == RUNS)
		pairs_note(object, "%llu runs in each", (unsigned long long)sample.runs);
	else if (row->rate == THREADS)
		pairs_note(object, "%u threads; %llu states, %llu moves", processors(),
			   (unsigned long long)sample.states, (unsigned long long)sample.moves);
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
		if (rows[i].rate == THREADS && processors() == 1)
			pairs_print(pairs_skipped(rows[i].name, "there is one processor"));
		else
			measure(&rows[i], folder, &limits);
	}
	return 0;
}
