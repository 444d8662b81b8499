/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counts.h - how many exits there were, as the module says, and as KVM's tracepoint does.
 */
#ifndef TESTS_KMOD_COUNTS_H
#define TESTS_KMOD_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#define COUNTS_ROWS 1100 /* by code; VMX and SVM's are below; the last: all others */

struct counts {
	uint64_t exits[COUNTS_ROWS];
	uint64_t kvm, user, asleep, preempted; /* cycles of all */
	uint64_t fast, missed, guest, vms, gone;
	char isa[8];
	uint64_t tsc_khz;
};

/* Of a VM by its place among the living, from 0 on; -1: all, and those that are gone. */
void counts_read(struct counts *c, int vm);

/* A private instance of the tracer, from now on. */
void trace_begin(void);
void trace_end(void);
void trace_read(struct counts *c);

/* to - from, per code. */
void counts_delta(struct counts *to, const struct counts *from);
uint64_t counts_sum(const struct counts *c);

/* Writes one line into a file: 0 or -errno. */
int write_file(const char *path, const char *text);

#endif
