/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workload.h - how a VM behaves on the virtual clock of `baton sim`. `baton run` has
 * guests for that, and does not heed it.
 */
#ifndef BATON_CLI_WORKLOAD_H
#define BATON_CLI_WORKLOAD_H

#include <stdint.h>

#include "duration_range.h"
#include "yaml_reader.h"

enum workload_shape {
	WORKLOAD_CPU,	  /* only computes */
	WORKLOAD_EXITS,	  /* computes, and exits all the time */
	WORKLOAD_HALTING, /* computes for a moment, then waits in HLT */
	WORKLOAD_MIXED,	  /* of copies, one is as the first, one as the second, one as the third */
	WORKLOAD_SHAPES
};

struct workload {
	enum workload_shape shape;
	struct duration_range exit, run, sleep; /* high 0: none; see struct baton__sim_entity */
	uint64_t work_ns, leaves_ns;		/* 0: never ends, never leaves */
};

/* Sets what a shape says; WORKLOAD_MIXED as WORKLOAD_CPU. */
void workload_take_shape(struct workload *workload, enum workload_shape shape);

/* "cpu", "exits", "halting", "mixed"; for suggest(). */
const char *workload_word(const void *none, size_t i);

/* Reads `workload:` into the struct workload at field->offset of `object`. */
int workload_read(struct yaml_reader *reader, const yaml_node_t *node,
		  const struct yaml_field *field, void *object);

#endif
