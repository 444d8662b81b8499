/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedule-rate.c - how fast schedules are read: ten million turns, checked and
 * then fed, in several spellings.
 *
 *	meson test --benchmark schedule-rate --verbose
 *
 * CPU time of this process; the best of several rounds, for the machine may have
 * other things to do.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "schedule.h"

#define TURNS  10000000
#define ROUNDS 5

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int write_file(const char *path, const char *turns, unsigned each)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return 1;
	for (unsigned i = 0; i < TURNS; i += each)
		fputs(turns, file);
	return fclose(file);
}

/* Seconds to check the file and to feed it; the better of these and the best so far. */
static int round_of(const char *path, size_t vms, double best[2])
{
	double begin = cpu_seconds(), checked, fed;
	struct schedule schedule;
	struct yaml_error error;
	unsigned turns = 0;

	if (schedule_open(&schedule, path, vms, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	checked = cpu_seconds();
	while (schedule.script.next(schedule.script.context) != BATON_NOBODY)
		turns++;
	fed = cpu_seconds();
	schedule_close(&schedule);
	best[0] = checked - begin < best[0] ? checked - begin : best[0];
	best[1] = fed - checked < best[1] ? fed - checked : best[1];
	return turns != TURNS;
}

int main(void)
{
	static const struct {
		const char *what, *turns;
		unsigned each;
		size_t vms;
	} spellings[] = {
		{ "digits", "1221212112", 10, 2 },
		{ "one a line", "1\n2\n2\n1\n2\n1\n2\n1\n1\n2\n", 10, 2 },
		{ "numbers", "7 12 1000 4096 3\n", 5, 4096 },
	};
	char path[] = "/tmp/schedule-rate-XXXXXX";
	int fd = mkstemp(path), failed = 0;
	struct rusage usage;

	if (fd < 0)
		return 1;
	close(fd);
	for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings) && !failed; i++) {
		double best[2] = { 1e9, 1e9 };

		failed = write_file(path, spellings[i].turns, spellings[i].each);
		for (unsigned k = 0; k < ROUNDS && !failed; k++)
			failed = round_of(path, spellings[i].vms, best);
		printf("%-10s  checked: %6.1f million turns a second, fed: %6.1f\n",
		       spellings[i].what, TURNS / best[0] / 1e6, TURNS / best[1] / 1e6);
	}
	unlink(path);
	getrusage(RUSAGE_SELF, &usage);
	printf("most memory: %ld KiB\n", usage.ru_maxrss);
	return failed;
}
