/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake.c - the world of the fake: time, events, signals, faults, counts.
 */
#include "fake.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define EVENTS_MAX 4096

struct event {
	uint64_t at_ns, order;
	void (*fn)(void *context);
	void *context;
};

struct fake fake;
struct fake_world fake_world;

static struct {
	struct event events[EVENTS_MAX];
	unsigned count;
	uint64_t order;
	bool interrupted;
	uint64_t fail_in[FAKE_OPS]; /* calls until it fails; 0: it does not */
	int fail_error[FAKE_OPS];
	uint64_t fail_any_in;
	bool failed;
	enum fake_op failed_op;
	int descriptors;
} world;

static const struct {
	const char *name;
	int error; /* a typical one */
} ops[FAKE_OPS] = {
	[FAKE_SYSTEM_OPEN] = { "system_open", EACCES },
	[FAKE_MACHINE_CREATE] = { "machine_create", EMFILE },
	[FAKE_MACHINE_MAP] = { "machine_map", EINVAL },
	[FAKE_VCPU_CREATE] = { "vcpu_create", ENOMEM },
	[FAKE_VCPU_MASK] = { "vcpu_mask", EINVAL },
	[FAKE_GET_REGS] = { "get_regs", EIO },
	[FAKE_SET_REGS] = { "set_regs", EIO },
	[FAKE_GET_SREGS] = { "get_sregs", EIO },
	[FAKE_SET_SREGS] = { "set_sregs", EINVAL },
	[FAKE_INTERRUPT] = { "interrupt", ENXIO },
	[FAKE_STATE_SAVE] = { "state_save", EINVAL },
	[FAKE_STATE_LOAD] = { "state_load", EINVAL },
	[FAKE_STATE_STEP] = { "state_step", EINVAL },
	[FAKE_STATS] = { "stats", ENOTSUP },
	[FAKE_TIMER_CREATE] = { "timer_create", EAGAIN },
	[FAKE_MALLOC] = { "malloc", ENOMEM },
	[FAKE_CALLOC] = { "calloc", ENOMEM },
	[FAKE_REALLOC] = { "realloc", ENOMEM },
	[FAKE_STRDUP] = { "strdup", ENOMEM },
	[FAKE_MEMFD] = { "memfd_create", EMFILE },
	[FAKE_FTRUNCATE] = { "ftruncate", ENOSPC },
	[FAKE_FALLOCATE] = { "fallocate", ENOMEM },
	[FAKE_LSEEK] = { "lseek", EIO },
	[FAKE_MMAP] = { "mmap", ENOMEM },
	[FAKE_MPROTECT] = { "mprotect", ENOMEM },
	[FAKE_OPEN] = { "open", EACCES },
	[FAKE_FSTAT] = { "fstat", EIO },
	[FAKE_READ] = { "read", EIO },
	[FAKE_PREAD] = { "pread", EIO },
	[FAKE_PWRITE] = { "pwrite", ENOSPC },
	[FAKE_WRITE] = { "write", ENOSPC },
	[FAKE_FCNTL] = { "fcntl", EBUSY },
	[FAKE_MADVISE] = { "madvise", EINVAL },
	[FAKE_RUN] = { "run", EFAULT },
	[FAKE_TIMER_SET] = { "timer_set", 0 },
	[FAKE_TIMER_TAKE] = { "timer_take", 0 },
	[FAKE_CLOCK] = { "clock", 0 },
	[FAKE_CPU_CLOCK] = { "cpu_clock", 0 },
	[FAKE_MUNMAP] = { "munmap", 0 },
};

const char *fake_op_name(enum fake_op op)
{
	return ops[op].name;
}

void fake_broken(const char *what)
{
	if (fake.broken)
		fake.broken(what);
	fprintf(stderr, "fake: %s\n", what);
	abort();
}

uint64_t fake_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545F4914F6CDD1D);
}

/* ------------------------------------------------------------------- time */

void fake_at(uint64_t at_ns, void (*fn)(void *context), void *context)
{
	if (world.count == EVENTS_MAX)
		fake_broken("too many events");
	world.events[world.count++] = (struct event){ at_ns, world.order++, fn, context };
}

/* The first event by time, then by the order in which they were asked for. */
static struct event *first_event(void)
{
	struct event *first = NULL;

	for (unsigned i = 0; i < world.count; i++) {
		struct event *e = &world.events[i];

		if (!first || e->at_ns < first->at_ns ||
		    (e->at_ns == first->at_ns && e->order < first->order))
			first = e;
	}
	return first;
}

uint64_t fake_next_event(void)
{
	const struct event *e = first_event();

	return e ? e->at_ns : FAKE_NEVER;
}

static void move(uint64_t to, bool busy)
{
	if (to <= fake.now_ns)
		return;
	if (busy)
		fake.cpu_ns += to - fake.now_ns;
	fake.now_ns = to;
}

bool fake_go(uint64_t until_ns, bool busy)
{
	struct event *first = first_event();
	struct event e;

	if (!first || first->at_ns > until_ns) {
		move(until_ns, busy);
		return true;
	}
	e = *first;
	*first = world.events[--world.count];
	move(e.at_ns, busy);
	e.fn(e.context);
	return false;
}

void fake_advance(uint64_t ns)
{
	uint64_t until = fake.now_ns + ns;

	while (!fake_go(until, true))
		;
}

void fake_sleep(uint64_t ns)
{
	uint64_t until = fake.now_ns + ns;

	while (!fake_go(until, false))
		;
}

/* ---------------------------------------------------------------- signals */

void fake_signal(int signal)
{
	if (fake_world.pending_count == PENDING_MAX)
		fake_broken("too many pending signals");
	fake_world.pending[fake_world.pending_count++] = (struct pending){ signal, NULL };
}

void fake_interrupt(void)
{
	world.interrupted = true;
}

bool fake_interrupted(void)
{
	bool was = world.interrupted;

	world.interrupted = false;
	return was;
}

unsigned fake_pending(void)
{
	return fake_world.pending_count;
}

bool fake_deliverable(const sigset_t *blocked)
{
	for (unsigned i = 0; i < fake_world.pending_count; i++)
		if (!sigismember(blocked, fake_world.pending[i].signal))
			return true;
	return false;
}

/* ----------------------------------------------------------------- faults */

void fake_fail(enum fake_op op, uint64_t nth, int error)
{
	world.failed = false;
	world.fail_in[op] = nth;
	world.fail_error[op] = error;
}

void fake_fail_any(uint64_t nth)
{
	world.failed = false;
	world.fail_any_in = nth;
}

bool fake_failed(enum fake_op *op)
{
	if (world.failed && op)
		*op = world.failed_op;
	return world.failed;
}

static int failed(enum fake_op op, int error)
{
	world.failed = true;
	world.failed_op = op;
	return -error;
}

void fake_tick(void)
{
	if (++fake.ticks == fake.inject_at)
		fake.inject(fake.inject_context);
}

int fake_call(enum fake_op op)
{
	fake.calls[op]++;
	fake_tick();
	if (world.fail_in[op] && !--world.fail_in[op])
		return failed(op, world.fail_error[op]);
	if (op < FAKE_RUN && world.fail_any_in && !--world.fail_any_in)
		return failed(op, ops[op].error);
	return 0;
}

/* ------------------------------------------------------------------ counts */

static int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

const char *fake_leak(void)
{
	return fake.live.systems     ? "a system" :
	       fake.live.machines    ? "a machine" :
	       fake.live.vcpus	     ? "a vCPU" :
	       fake.live.timers	     ? "a timer" :
	       fake.live.blocks	     ? "heap memory" :
	       fake.live.mapped_bytes ? "a mapping" :
	       descriptors() != world.descriptors ? "a descriptor" :
						    NULL;
}

void fake_reset(void)
{
	void (*broken)(const char *what) = fake.broken;

	fake_forget_vcpus();
	memset(&fake_world, 0, sizeof(fake_world));
	memset(&world, 0, sizeof(world));
	fake = (struct fake){
		.now_ns = 1000000000,
		.thread = 1,
		.api_version = KVM_API_VERSION,
		.cpuid = { 3, 0, {
			{ .eax = 1, .ebx = 0x656b6146, .ecx = 0x00555043, .edx = 0x20734920 },
			{ .function = 1, .eax = 0x00A20F12, .ebx = 0x07010800 },
			{ .function = 0x80000002, .eax = 0x656b6146 },
		} },
		.capability = { 1, KVM_SYNC_X86_REGS },
		.broken = broken,
	};
	world.descriptors = descriptors();
}
