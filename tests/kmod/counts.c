/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counts.c - reads the module's file and the tracer's histogram.
 */
#include "counts.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "baton/exitstats.h"

#define TRACE "/sys/kernel/tracing/instances/baton-test"
#define EVENT TRACE "/events/kvm/kvm_exit"

static FILE *must_open(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	return f;
}

static uint64_t *at(struct counts *c, uint64_t code)
{
	return &c->exits[code < COUNTS_ROWS - 1 ? code : COUNTS_ROWS - 1];
}

void counts_read(struct counts *c, int vm)
{
	FILE *f = must_open(BATON_EXITSTATS_FILE);
	bool ours = false, end = false;
	char line[256];
	unsigned version = 0;

	memset(c, 0, sizeof(*c));
	while (fgets(line, sizeof(line), f)) {
		uint64_t n, guest, fast, kvm, user, asleep, preempted;
		unsigned vcpus;
		uint32_t code;
		int pid;

		sscanf(line, "baton_exits %u", &version);
		sscanf(line, "isa %7s", c->isa);
		sscanf(line, "tsc_khz %" SCNu64, &c->tsc_khz);
		sscanf(line, "missed %" SCNu64, &c->missed);
		if (sscanf(line, "vm %" SCNu64 " %d %u %" SCNu64 " %" SCNu64, &n, &pid, &vcpus, &fast,
			   &guest) == 5)
			ours = vm < 0 || vm == (int)c->vms;
		else if (sscanf(line, "gone %" SCNu64 " %" SCNu64 " %" SCNu64, &c->gone, &fast, &guest) == 3)
			ours = vm < 0;
		else if (sscanf(line, "exits %x %*s %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %"
				SCNu64, &code, &n, &kvm, &user, &asleep, &preempted) == 6) {
			if (ours) {
				*at(c, code) += n;
				c->kvm += kvm;
				c->user += user;
				c->asleep += asleep;
				c->preempted += preempted;
			}
			continue;
		} else {
			end = !strcmp(line, "end\n");
			continue;
		}
		c->vms += line[0] == 'v';
		if (ours) {
			c->fast += fast;
			c->guest += guest;
		}
	}
	fclose(f);
	assert_int_equal(version, BATON_EXITSTATS_VERSION);
	assert_true(end);
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		error = -errno;
	close(fd);
	return error;
}

void trace_begin(void)
{
	if (mkdir(TRACE, 0700) && errno != EEXIST)
		fail_msg("%s: %s", TRACE, strerror(errno));
	assert_int_equal(write_file(EVENT "/trigger", "hist:keys=exit_reason:size=4096"), 0);
}

void trace_end(void)
{
	write_file(EVENT "/trigger", "!hist:keys=exit_reason:size=4096");
	rmdir(TRACE);
}

void trace_read(struct counts *c)
{
	FILE *f = must_open(EVENT "/hist");
	uint64_t reason, count, dropped = 0;
	char line[256];

	memset(c, 0, sizeof(*c));
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, " Dropped: %" SCNu64, &dropped);
		if (sscanf(line, "{ exit_reason: %" SCNu64 " } hitcount: %" SCNu64, &reason, &count) == 2)
			*at(c, reason) += count;
	}
	fclose(f);
	assert_int_equal(dropped, 0);
}

void counts_delta(struct counts *to, const struct counts *from)
{
	for (unsigned i = 0; i < COUNTS_ROWS; i++)
		to->exits[i] -= from->exits[i];
	to->kvm -= from->kvm;
	to->user -= from->user;
	to->asleep -= from->asleep;
	to->preempted -= from->preempted;
	to->fast -= from->fast;
	to->guest -= from->guest;
}

uint64_t counts_sum(const struct counts *c)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < COUNTS_ROWS; i++)
		sum += c->exits[i];
	return sum;
}
