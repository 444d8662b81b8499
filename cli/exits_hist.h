/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_hist.h - reads a histogram of tracefs whose keys are a thread, an instruction
 * set and a reason (Documentation/trace/histogram.rst).
 */
#ifndef BATON_CLI_EXITS_HIST_H
#define BATON_CLI_EXITS_HIST_H

#include <stddef.h>
#include <stdint.h>

#include "exits_text.h"

#define EXITS_HIST_KEYS "common_pid,isa,exit_reason"

struct exits_hist_entry {
	uint32_t thread, isa, reason;
	uint64_t hits;
};

struct exits_hist {
	struct exits_hist_entry *entries;
	size_t count;
	uint64_t dropped; /* hits for which its table had no room */
};

/* 0, or -EINVAL with `error` and nothing to be freed; else the caller frees the entries. */
int exits_hist_read(const char *text, size_t size, struct exits_hist *hist,
		    struct exits_error *error);

#endif
