/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pairs.h - a row of the benchmark: its floor and Baton, measured in turn.
 *
 * A pair is the floor and then the subject, so that a machine that changes its speed
 * changes both; ratios are taken within a pair, and the median counts. What comes out
 * is a JSON object per row, the fields of which docs/performance.md lists.
 */
#ifndef BENCH_PAIRS_H
#define BENCH_PAIRS_H

#include <jansson.h>
#include <stdint.h>

/* What bounds a row: whichever comes first. */
struct pairs_limits {
	unsigned pairs; /* wanted */
	double seconds; /* after which no further pair begins; 0: no limit */
	uint64_t exits; /* in each half of a pair, where halves are made of exits */
	unsigned vms;	/* that there may be at once: some KVMs take 20 ms to make one */
};

/* Half of a pair: the nanoseconds that a unit took. */
typedef double (*pairs_half)(void *state);

/* Measures, after one pair to warm up, and sets the row's fields. */
void pairs_measure(const struct pairs_limits *limits, pairs_half floor, pairs_half subject,
		   void *state, json_t *row);

/* Sets "value", "p10", "p90" and "samples" of a row. Sorts the samples. */
void pairs_summary(json_t *row, double *samples, unsigned count);

/* The quantile `q`, 0 to 1, of sorted samples. */
double pairs_quantile(const double *sorted, unsigned count, double q);

/* Sets "note" of a row, as printf() would. */
__attribute__((format(printf, 2, 3))) void pairs_note(json_t *row, const char *format, ...);

/* A row of the name; one that cannot be measured, for a reason. */
json_t *pairs_row(const char *name);
json_t *pairs_skipped(const char *name, const char *why);

/* Prints a row in a line, and lets go of it. */
void pairs_print(json_t *row);

/* CLOCK_MONOTONIC, in nanoseconds. */
uint64_t pairs_now(void);

/* Lets this process have as many files open as it may. */
void pairs_many_files(void);

/* The rows, by file. Each measures one and prints it. */
void turns_exit(const struct pairs_limits *limits);
void turns_turn(const struct pairs_limits *limits);
void turns_many(const struct pairs_limits *limits);
void turns_timed(const struct pairs_limits *limits);
void turns_ring(const struct pairs_limits *limits);
void lives_create(const struct pairs_limits *limits);
void lives_fork(const struct pairs_limits *limits);
void lives_reset(const struct pairs_limits *limits);
void start_bare(const struct pairs_limits *limits);
void start_qemu(const struct pairs_limits *limits);

#endif
