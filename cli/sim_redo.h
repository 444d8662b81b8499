/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_redo.h - `baton sim --redo`: every decision of a traced run, once more.
 */
#ifndef BATON_CLI_SIM_REDO_H
#define BATON_CLI_SIM_REDO_H

#include <stdint.h>

struct trace_reader;

struct sim_redo {
	uint64_t decisions;
	uint64_t record; /* number of the first that differs, from 1; 0: none does */
	uint64_t offset; /* behind it, in bytes */
	char was[160], is[160];
};

/* 0, also if one differs; or -EINVAL with trace->error: it is no trace that can be true. */
int sim_redo(struct trace_reader *trace, struct sim_redo *redo);

#endif
