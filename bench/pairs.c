/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pairs.c - floor, subject, floor, subject …, and what comes of it.
 */
#include "pairs.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

uint64_t pairs_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void pairs_many_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double pairs_quantile(const double *sorted, unsigned count, double q)
{
	return sorted[(unsigned)(q * (count - 1) + 0.5)];
}

static double median(double *samples, unsigned count)
{
	qsort(samples, count, sizeof(*samples), ascending);
	return pairs_quantile(samples, count, 0.5);
}

void pairs_summary(json_t *row, double *samples, unsigned count)
{
	json_object_set_new(row, "value", json_real(median(samples, count)));
	json_object_set_new(row, "p10", json_real(pairs_quantile(samples, count, 0.1)));
	json_object_set_new(row, "p90", json_real(pairs_quantile(samples, count, 0.9)));
	json_object_set_new(row, "samples", json_integer(count));
}

void pairs_measure(const struct pairs_limits *limits, pairs_half floor, pairs_half subject,
		   void *state, json_t *row)
{
	double *ratio = calloc(limits->pairs, sizeof(double));
	double *floor_ns = calloc(limits->pairs, sizeof(double));
	double *more_ns = calloc(limits->pairs, sizeof(double));
	uint64_t begin = pairs_now();
	unsigned n = 0;

	if (!ratio || !floor_ns || !more_ns)
		err(1, "out of memory");
	floor(state);
	subject(state);
	do {
		double ns;

		floor_ns[n] = floor(state);
		ns = subject(state);
		ratio[n] = ns / floor_ns[n];
		more_ns[n] = ns - floor_ns[n];
	} while (++n < limits->pairs &&
		 (!limits->seconds || (double)(pairs_now() - begin) < limits->seconds * 1e9));
	pairs_summary(row, ratio, n);
	json_object_set_new(row, "wanted", json_integer(limits->pairs));
	json_object_set_new(row, "floor_ns", json_real(median(floor_ns, n)));
	json_object_set_new(row, "more_ns", json_real(median(more_ns, n)));
	free(ratio);
	free(floor_ns);
	free(more_ns);
}

void pairs_note(json_t *row, const char *format, ...)
{
	va_list arguments;
	char text[256];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	json_object_set_new(row, "note", json_string(text));
}

json_t *pairs_row(const char *name)
{
	return json_pack("{s:s}", "name", name);
}

json_t *pairs_skipped(const char *name, const char *why)
{
	return json_pack("{s:s, s:s}", "name", name, "skipped", why);
}

void pairs_print(json_t *row)
{
	if (!row || json_dumpf(row, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9)) ||
	    putchar('\n') == EOF || fflush(stdout))
		errx(1, "a row cannot be printed");
	json_decref(row);
}
