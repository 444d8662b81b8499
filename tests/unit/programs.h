/* SPDX-License-Identifier: Apache-2.0 */
/*
 * programs.h - machines for tests of what explores them: it replaces explore/machines.c at
 * link time. A VM is a small program, its registers are all the memory that it has to
 * itself, and the host's devices are a bell and a section.
 *
 * As the contract allows it, edges and nodes move at each call of machines_edge(): who uses
 * a pointer for longer reads rubbish.
 */
#ifndef BATON_TESTS_UNIT_PROGRAMS_H
#define BATON_TESTS_UNIT_PROGRAMS_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/machines.h"

enum op_kind {
	OP_WRITE,  /* `value`, to shared memory at `at` */
	OP_READ,   /* into register `r` */
	OP_ADD,	   /* atomic: the register gets what was there, which grows by `value` */
	OP_ACQUIRE, /* atomic: the register gets what was there; 1 is stored if that was 0 */
	OP_FENCE,
	OP_CHOOSE, /* one of `value`, into the register */
	OP_OPEN,   /* is it interrupted there? The register says so */
	OP_TAKE,   /* likewise, in one of `value` ways; so does the call `timer` */
	OP_IDLE,
	OP_RING,   /* the bell */
	OP_WAIT,   /* until it rings, unless it has */
	OP_ENTER,  /* the section; who enters where somebody is dies */
	OP_LEAVE,
	OP_GOTO,   /* `at`, an index … */
	OP_IF,	   /* … if the register is `value` */
	OP_END,	   /* the status is made of the registers */
	OP_DIE,
	OP_LOSE,
};

struct op {
	enum op_kind kind;
	uint8_t r, size;
	uint32_t at;
	uint64_t value;
};

#define WRITE(where, bytes, what) { .kind = OP_WRITE, .at = where, .size = bytes, .value = what }
#define READ(where, bytes, reg)	  { .kind = OP_READ, .at = where, .size = bytes, .r = reg }
#define ADD(where, bytes, reg, what)                                                             \
	{ .kind = OP_ADD, .at = where, .size = bytes, .r = reg, .value = what }
#define ACQUIRE(where, reg)	  { .kind = OP_ACQUIRE, .at = where, .size = 4, .r = reg }
#define CHOOSE(of, reg)		  { .kind = OP_CHOOSE, .r = reg, .value = of }
#define OPEN(reg)		  { .kind = OP_OPEN, .r = reg }
#define TAKE(of, reg)		  { .kind = OP_TAKE, .r = reg, .value = of }
#define IDLE			  { .kind = OP_IDLE }
#define GOTO(to)		  { .kind = OP_GOTO, .at = to }
#define IF(reg, is, to)		  { .kind = OP_IF, .r = reg, .value = is, .at = to }
#define END			  { .kind = OP_END }
#define FENCE			  { .kind = OP_FENCE }
#define RING			  { .kind = OP_RING }
#define WAIT			  { .kind = OP_WAIT }
#define ENTER			  { .kind = OP_ENTER }
#define LEAVE			  { .kind = OP_LEAVE }
#define DIE			  { .kind = OP_DIE }
#define LOSE			  { .kind = OP_LOSE }

#define REGION_SIZE		  4096 /* of the first of two regions; offsets from there on are in the second */

/* A VM between two accesses. */
struct local {
	uint32_t vm, pc;
	uint64_t r[4];
};

/* Goes to the next op that others can see. */
void local_settle(const struct op *program, struct local *local);
uint64_t local_status(const struct local *local);

struct programs {
	uint32_t count;
	const struct op *ops[MACHINES_MAX];
	bool no_devices; /* that can tell: so it is said */

	/* What was seen. */
	uint64_t fresh, resumed; /* calls with that answer */
	uint64_t edges;
	uint64_t fail_at; /* the edge that fails; 0: none */
};

/* One set of machines at a time. */
struct machines *programs_begin(const struct programs *programs);
struct programs programs_end(struct machines *machines); /* with what was seen */

/* Devices are a number: the bell's rings, 8 bits, then the section's holder plus 1. */
#define DEVICES(rings, holder) ((uint32_t)(rings) | (uint32_t)(holder) << 8)

#endif
