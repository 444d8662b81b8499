/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mixes_process.c - a mix of processes on one processor, under Linux's own scheduler,
 * each in a control group of its weight.
 *
 * They are looked at from outside every 2 ms, so extremes between two looks are missed, in
 * the kernel's favour. What a process was charged is what its CPU clock says, which is
 * exact while it runs, too; what it did it counts itself, in shared memory. The looking
 * process runs elsewhere if it can, and before all others; its time is nobody's.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mixes.h"
#include "pairs.h"

#define LOOK_NS 2000000

struct lane {
	_Alignas(64) volatile uint64_t counted;
};

struct shared {
	_Atomic uint32_t go, ready, lates;
	double late_ns[FLUID_WAKES];
	struct lane lane[];
};

struct crowd {
	const struct mix *mix;
	struct shared *shared;
	size_t size;
	struct mixes_cgroup group;
	pid_t *pids;
	clockid_t *clocks;
	double *before_ns; /* CPU time when they were let go */
	uint32_t started;
	int cpu;
};

/* Somebody wants us to end: the groups have to be removed first. */
static volatile sig_atomic_t ended;

static void end_soon(int number)
{
	ended = number;
}

static double clock_ns(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t))
		err(1, "a process's CPU clock");
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* -------------------------------------------------------------- a process */

static void sleep_once(struct shared *s, uint64_t *seed)
{
	uint64_t due = pairs_now() + mix_sleep_ns(seed);
	const struct timespec t = { (time_t)(due / 1000000000), (long)(due % 1000000000) };
	uint32_t at;

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
	at = atomic_fetch_add(&s->lates, 1);
	if (at < FLUID_WAKES)
		s->late_ns[at] = (double)(pairs_now() - due);
}

_Noreturn static void run(const struct crowd *c, uint32_t i)
{
	const struct runner *runner = &c->mix->runners[i];
	struct lane *lane = &c->shared->lane[i];
	uint64_t seed = runner->seed;
	cpu_set_t cpus;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN); /* the parent ends us */
	signal(SIGTERM, SIG_DFL);
	CPU_ZERO(&cpus);
	CPU_SET((size_t)c->cpu, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	atomic_fetch_add(&c->shared->ready, 1);
	while (!atomic_load(&c->shared->go))
		syscall(SYS_futex, &c->shared->go, FUTEX_WAIT, 0, NULL, NULL, 0);
	for (;;) {
		lane->counted++;
		if (runner->kind == RUNNER_CALLS)
			syscall(SYS_getppid);
		else if (runner->kind == RUNNER_SLEEPS && lane->counted % RUNNER_BURST == 0)
			sleep_once(c->shared, &seed);
	}
}

/* -------------------------------------------------------------- the crowd */

/* The last processor is theirs, the others, if there are any, are ours. */
static void part_processors(struct crowd *c)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		err(1, "sched_getaffinity");
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET((size_t)i, &cpus))
			c->cpu = i;
	CPU_CLR((size_t)c->cpu, &cpus);
	if (CPU_COUNT(&cpus))
		sched_setaffinity(0, sizeof(cpus), &cpus);
}

static const char *start(struct crowd *c)
{
	const char *why = mixes_cgroup_make(&c->group, c->mix);

	for (uint32_t i = 0; i < c->mix->count && !why && !ended; i++) {
		pid_t pid = fork();

		if (!pid)
			run(c, i);
		if (pid < 0)
			return "not enough processes can be made";
		c->pids[c->started++] = pid;
		if (!mixes_cgroup_put(&c->group, i, pid))
			return "a process cannot be put into a control group";
		if (clock_getcpuclockid(pid, &c->clocks[i]))
			return "a process has no CPU clock";
	}
	while (!why && !ended && atomic_load(&c->shared->ready) < c->mix->count)
		usleep(1000);
	return ended ? "it was interrupted" : why;
}

static void end(struct crowd *c)
{
	for (uint32_t i = 0; i < c->started; i++)
		kill(c->pids[i], SIGKILL);
	for (uint32_t i = 0; i < c->started; i++)
		waitpid(c->pids[i], NULL, 0);
	mixes_cgroup_remove(&c->group);
	munmap(c->shared, c->size);
	free(c->pids);
	free(c->clocks);
	free(c->before_ns);
}

static void look(struct crowd *c, struct fluid *f, uint64_t begin)
{
	for (uint32_t i = 0; i < c->mix->count; i++)
		f->had_ns[i] = clock_ns(c->clocks[i]) - c->before_ns[i];
	fluid_look(f, (double)(pairs_now() - begin));
}

static void watch(struct crowd *c, struct fluid *f, uint64_t wall_ns)
{
	const struct timespec pause = { 0, LOOK_NS };
	uint64_t begin;

	for (uint32_t i = 0; i < c->mix->count; i++)
		c->before_ns[i] = clock_ns(c->clocks[i]);
	begin = pairs_now();
	atomic_store(&c->shared->go, 1);
	syscall(SYS_futex, &c->shared->go, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
	do {
		nanosleep(&pause, NULL);
		look(c, f, begin);
	} while (pairs_now() - begin < wall_ns && !ended);
	for (uint32_t i = 0; i < c->mix->count; i++)
		f->progress[i] = (double)c->shared->lane[i].counted;
	for (uint32_t i = 0; i < c->shared->lates && i < FLUID_WAKES; i++)
		fluid_late(f, c->shared->late_ns[i]);
}

/* ------------------------------------------------------------- the kernel */

/* The scheduler's own slice, in files of debugfs, as they were: of one kernel or another. */
struct knob {
	const char *path;
	char was[32];
};

/* What the file holds, if that can be read. It cannot be read and written by one descriptor. */
static bool knob_read(struct knob *knob)
{
	int fd = open(knob->path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, knob->was, sizeof(knob->was) - 1);

	if (fd >= 0)
		close(fd);
	knob->was[length > 0 ? length : 0] = '\0';
	return length > 0;
}

static bool knob_write(const struct knob *knob, const char *value)
{
	int fd = open(knob->path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, value, strlen(value)) > 0;

	if (fd >= 0)
		close(fd);
	return done;
}

/* Whether the kernel's slice is ours now. */
static bool slice_set(struct knob *knobs, size_t count, uint64_t ns)
{
	char value[32];
	bool any = false;

	snprintf(value, sizeof(value), "%llu", (unsigned long long)ns);
	for (size_t i = 0; i < count; i++)
		any |= knob_read(&knobs[i]) && knob_write(&knobs[i], value);
	return any;
}

static void slice_restore(const struct knob *knobs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (knobs[i].was[0])
			knob_write(&knobs[i], knobs[i].was);
}

const char *mixes_process(const struct mixes_run *run, struct fluid *fluid, json_t *to)
{
	struct knob knobs[] = {
		{ "/sys/kernel/debug/sched/base_slice_ns", "" },
		{ "/sys/kernel/debug/sched/min_granularity_ns", "" },
		{ "/sys/kernel/debug/sched/latency_ns", "" },
	};
	const size_t knob_count = sizeof(knobs) / sizeof(knobs[0]);
	const struct sched_param first = { .sched_priority = 1 };
	uint32_t n = fluid->mix->count;
	struct crowd c = { .mix = fluid->mix, .size = sizeof(struct shared) + n * sizeof(struct lane) };
	struct sigaction ends = { .sa_handler = end_soon }, before[2];
	const char *why;
	cpu_set_t cpus;
	bool set;

	sched_getaffinity(0, sizeof(cpus), &cpus);
	pairs_many_files();
	c.shared = mmap(NULL, c.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	c.pids = calloc(n, sizeof(*c.pids));
	c.clocks = calloc(n, sizeof(*c.clocks));
	c.before_ns = calloc(n, sizeof(*c.before_ns));
	if (c.shared == MAP_FAILED || !c.pids || !c.clocks || !c.before_ns)
		err(1, "out of memory");
	sigaction(SIGINT, &ends, &before[0]);
	sigaction(SIGTERM, &ends, &before[1]);
	part_processors(&c);
	set = slice_set(knobs, knob_count, run->slice_ns);
	why = start(&c);
	if (!why) {
		json_object_set_new(to, "slice_is_ours", json_boolean(set));
		json_object_set_new(to, "looks_first",
				    json_boolean(!sched_setscheduler(0, SCHED_FIFO, &first)));
		watch(&c, fluid, run->wall_ns);
		sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 });
	}
	slice_restore(knobs, knob_count);
	end(&c);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	sigaction(SIGINT, &before[0], NULL);
	sigaction(SIGTERM, &before[1], NULL);
	if (ended)
		raise(ended);
	return why;
}
