/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_plot.c - see sim_plot.h. gnuplot gets text on its standard input, and the picture is its
 * standard output: no name of a file is part of what it interprets.
 */
#include "sim_plot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim_plan.h"
#include "sim_run.h"
#include "units.h"

/* Starts gnuplot; `in` and `out` become its standard streams. 0 or -errno. */
static int start(const char *argument, int in, int out, pid_t *pid)
{
	char *argv[] = { (char *)"gnuplot", (char *)argument, NULL };
	posix_spawn_file_actions_t actions;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	error = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

/* Did it end well? */
static bool ended_well(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

int sim_plot_check(void)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC), error;
	pid_t pid;

	if (nowhere < 0)
		return -errno;
	error = start("--version", nowhere, nowhere, &pid);
	if (!error && !ended_well(pid))
		error = -ENOENT;
	close(nowhere);
	return error;
}

/* ---------------------------------------------------------------- the text */

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

/* The largest value that is drawn. */
static double highest(const struct sim_result *results, size_t count)
{
	uint64_t most = 1;

	for (size_t i = 0; i < count; i++) {
		const struct sim_result *r = &results[i];
		const uint64_t later = r->stats.lag.lag_later_ns;
		const uint64_t allowed = later ? r->allowed.later_bound_ns : r->allowed.bound_ns;

		most = r->stats.lag.lag_ns > most ? r->stats.lag.lag_ns : most;
		most = later > most ? later : most;
		most = r->share && allowed > most ? allowed : most;
	}
	return ms(most);
}

static void write_head(FILE *to, const char *path, const struct sim_plan *plan, double top)
{
	const char *dot = strrchr(path, '.');

	if (!strcmp(dot, ".svg"))
		fputs("set terminal svg size 800,480 font 'DejaVu Sans,12' background 'white'\n", to);
	else
		fputs("set terminal png size 1200,720\n", to);
	fprintf(to, "set grid\nset key top left\nset yrange [0:%.9g]\nset ylabel 'ms'\n", 1.2 * top);
	fprintf(to, "set title 'Lag under policy %s'\n", plan->ops->name);
}

static void write_over_time(FILE *to, const struct sim_plan *plan, const struct sim_result *result)
{
	const struct expectation_lag *allowed = &result->allowed;
	bool later = result->stats.lag.lag_later_ns;

	fputs("$lag << EOD\n", to);
	for (size_t i = 0; i < result->sample_count; i++)
		fprintf(to, "%.9g %.9g\n", (double)result->samples[i].at_ns / 1e9,
			ms(result->samples[i].lag_ns));
	fprintf(to, "EOD\nset xlabel 'virtual time in s, %u VMs'\n", result->count);
	fputs("plot $lag with lines lw 1.5 title 'largest lag of any VM'", to);
	if (result->share)
		fprintf(to, ", %.9g with lines dt 2 title 'allowed'",
			ms(later ? allowed->later_bound_ns : allowed->bound_ns));
	fputc('\n', to);
}

static void write_over_vms(FILE *to, const struct sim_result *results, size_t count)
{
	bool later = false;

	fputs("$lag << EOD\n", to);
	for (size_t i = 0; i < count; i++) {
		const struct sim_result *r = &results[i];

		later |= r->stats.lag.lag_later_ns > 0;
		fprintf(to, "%u %.9g %.9g %.9g %.9g\n", r->count, ms(r->stats.lag.lag_ns),
			ms(r->allowed.bound_ns), ms(r->stats.lag.lag_later_ns),
			ms(r->allowed.later_bound_ns));
	}
	fputs("EOD\nset logscale x\nset xlabel 'VMs'\n"
	      "plot $lag using 1:2 with linespoints lw 1.5 pt 7 title 'largest lag'", to);
	if (later)
		fputs(", $lag using 1:4 with linespoints lw 1.5 pt 5 title 'once VMs came and went'", to);
	if (results[0].share)
		fputs(", $lag using 1:3 with lines dt 2 title 'allowed'", to);
	if (results[0].share && later)
		fputs(", $lag using 1:5 with lines dt 3 title 'allowed then'", to);
	fputc('\n', to);
}

static int draw(int out, const char *path, const struct sim_plan *plan,
		const struct sim_result *results, size_t count)
{
	FILE *text = tmpfile(); /* rather than a pipe, whose reader may be gone */
	int error;
	pid_t pid;

	if (!text)
		return -errno;
	write_head(text, path, plan, highest(results, count));
	if (results[0].samples)
		write_over_time(text, plan, results);
	else
		write_over_vms(text, results, count);
	error = fflush(text) ? -errno : 0;
	rewind(text);
	if (!error)
		error = start("-", fileno(text), out, &pid);
	fclose(text);
	if (!error && !ended_well(pid))
		error = -EIO;
	return error;
}

int sim_plot(const char *path, const struct sim_plan *plan, const struct sim_result *results,
	     size_t count)
{
	int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), error;

	if (out < 0) {
		fprintf(stderr, "baton sim: cannot write %s: %s\n", path, strerror(errno));
		return -EINVAL;
	}
	error = draw(out, path, plan, results, count);
	close(out);
	if (error)
		fprintf(stderr, "baton sim: gnuplot could not draw %s: %s\n", path, strerror(-error));
	return error ? -EINVAL : 0;
}
