/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fluid.c - lag against the fluid ideal.
 */
#include "fluid.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>

#include "pairs.h"

static bool compared(const struct fluid *f, uint32_t i)
{
	return f->mix->runners[i].kind != RUNNER_SLEEPS;
}

void fluid_init(struct fluid *f, const struct mix *mix, double wall_ns)
{
	*f = (struct fluid){ .mix = mix, .wall_ns = wall_ns };
	f->had_ns = calloc(mix->count, sizeof(double));
	f->progress = calloc(mix->count, sizeof(double));
	if (!f->had_ns || !f->progress)
		err(1, "out of memory");
	for (int i = 0; i < FLUID_POINTS; i++)
		f->curve_ns[i] = NAN;
	for (uint32_t i = 0; i < mix->count; i++)
		if (compared(f, i))
			f->weight += (double)mix->runners[i].weight;
}

void fluid_fini(struct fluid *f)
{
	free(f->had_ns);
	free(f->progress);
}

void fluid_look(struct fluid *f, double at_ns)
{
	double all = 0, most = 0;
	int point = (int)(at_ns / f->wall_ns * FLUID_POINTS);

	for (uint32_t i = 0; i < f->mix->count; i++)
		if (compared(f, i))
			all += f->had_ns[i];
	for (uint32_t i = 0; i < f->mix->count; i++)
		if (compared(f, i))
			most = fmax(most, fabs(all * (double)f->mix->runners[i].weight / f->weight -
					       f->had_ns[i]));
	f->lag_ns = fmax(f->lag_ns, most);
	if (point >= FLUID_POINTS)
		point = FLUID_POINTS - 1;
	f->curve_ns[point] = fmax(f->curve_ns[point], most);
}

void fluid_late(struct fluid *f, double ns)
{
	if (f->lates < FLUID_WAKES)
		f->late_ns[f->lates++] = ns;
}

/* Furthest that a runner's part of `what` is from its weight's, in points; of one kind only. */
static double error_points(const struct fluid *f, const double *what, bool spinning)
{
	double all = 0, weight = 0, most = 0;
	unsigned n = 0;

	for (uint32_t i = 0; i < f->mix->count; i++) {
		if (!compared(f, i) || (spinning && f->mix->runners[i].kind != RUNNER_SPINS))
			continue;
		all += what[i];
		weight += (double)f->mix->runners[i].weight;
		n++;
	}
	if (!(all > 0) || n < 2)
		return NAN;
	for (uint32_t i = 0; i < f->mix->count; i++)
		if (compared(f, i) && (!spinning || f->mix->runners[i].kind == RUNNER_SPINS))
			most = fmax(most, fabs(what[i] / all - (double)f->mix->runners[i].weight / weight));
	return 100 * most;
}

static json_t *real_or_null(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

void fluid_report(struct fluid *f, json_t *to)
{
	json_t *curve = json_array(), *late = json_object();

	for (int i = 0; i < FLUID_POINTS; i++)
		json_array_append_new(curve, real_or_null(f->curve_ns[i] / 1e6));
	json_object_set_new(to, "lag_ms", json_real(f->lag_ns / 1e6));
	json_object_set_new(to, "error_points", real_or_null(error_points(f, f->had_ns, false)));
	json_object_set_new(to, "progress_points", real_or_null(error_points(f, f->progress, true)));
	if (f->lates)
		pairs_summary(late, f->late_ns, f->lates);
	json_object_set_new(to, "late_p99_ms",
			    f->lates ? json_real(pairs_quantile(f->late_ns, f->lates, 0.99) / 1e6) :
				       json_null());
	json_object_set_new(to, "curve_ms", curve);
	json_decref(late);
}
