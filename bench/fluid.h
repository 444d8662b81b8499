/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fluid.h - how far the runners of a mix are from their ideal share, over time.
 *
 * The ideal is a fluid, which gives all that want to run at a moment time by weight. Two
 * that always want to run get time by weight whatever the others do, so only these are
 * compared, with one another: lag is the runner's part, by weight, of the CPU time that
 * all of them had since the beginning, less the time that it had itself. It needs no
 * knowledge of when the others slept, and is never counted anew. Of those that sleep it
 * keeps how late they came on: from the time to wake to the first instruction.
 *
 * Time that something else took from all of them is in nobody's sum.
 */
#ifndef BENCH_FLUID_H
#define BENCH_FLUID_H

#include <jansson.h>

#include "mix.h"

#define FLUID_POINTS 100 /* of the curve */
#define FLUID_WAKES  4096

struct fluid {
	const struct mix *mix;
	double *had_ns;	  /* CPU time since the beginning, by runner; the measuring side sets it */
	double *progress; /* counted by the runner itself; likewise, 0 if nobody counts */
	double weight;	  /* of all that are compared */
	double wall_ns;	  /* what the curve spans */
	double lag_ns;	  /* largest so far */
	double curve_ns[FLUID_POINTS]; /* largest in each part of the time; NAN: nobody looked */
	double late_ns[FLUID_WAKES];
	unsigned lates;
};

void fluid_init(struct fluid *fluid, const struct mix *mix, double wall_ns);
void fluid_fini(struct fluid *fluid);

/* Notes all lags, as of `had_ns` and a time since the beginning. */
void fluid_look(struct fluid *fluid, double at_ns);

/* A sleeper came on so late. */
void fluid_late(struct fluid *fluid, double ns);

/* Sets lag_ms, error_points, progress_points, late_p99_ms (null without any) and curve_ms. */
void fluid_report(struct fluid *fluid, json_t *to);

#endif
