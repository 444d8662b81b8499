/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conductor.h - a run by the schedule that an exploration has found: who does which access
 * when, what is chosen, and when stores land.
 *
 *	baton-record 1
 *	scenario HASH
 *	seed N
 *	explored MODEL                        sc or tso
 *	step VM read|write|call ADDR SIZE DATA
 *	step VM choose|timer PORT SIZE CHOICE of the call `timer`: 1 if it fires before that
 *	step VM pass RIP                      no interrupt comes before that instruction
 *	step VM interrupt RIP LINE CHOICE     one does, or in HLT; 1: the timer fires just then
 *	land VM                               its oldest store is seen by all
 *	end
 *
 * VMs go by their number in the scenario, from 1; the rest is hexadecimal. VMs are held
 * at the accesses that others can see. A step lets one do its access, and go on to the next
 * one. What it does must be what stands there: DATA is what is written or passed, or was
 * read. `baton run --replay` tells such a file from a record by its fourth line.
 */
#ifndef BATON_CLI_CONDUCTOR_H
#define BATON_CLI_CONDUCTOR_H

#include <stdio.h>

#include "baton/control.h"
#include "explore/access.h"
#include "explore/model.h"
#include "yaml_reader.h" /* struct yaml_error */

struct cloud;
struct explore_path;
struct exploration;
struct scenario;

/* A VM under a conductor. */
struct conducted {
	bool goes;   /* it may do its access */
	bool asked;  /* its device has had it wait */
	bool atomic; /* what it does next is the other half of its access */
	struct timer timer;
	bool steps; /* the gate is asked for its instructions */
	bool stands; /* between two instructions, where it may be interrupted */
	struct access_spot spot; /* it is to make the instruction there; RIP of UINT64_MAX: it has */
	uint8_t queued;
	struct {
		uint64_t gpa, value;
		uint8_t size;
	} queue[MODEL_QUEUE]; /* stores on their way, the oldest first */
};

struct conductor {
	FILE *file; /* stands behind the head */
	const struct scenario *scenario;
	struct baton_gate gate; /* its context is this object */
	bool tso;
	struct conducted *vms;
	uint64_t line, moves;
	bool whole; /* its end has been read */
	char expected[80]; /* the access of the move under way, or "" */
	uint64_t choice;
	struct baton_host *host;
	char difference[300];	 /* or "" */
};

/*
 * Is this a schedule? The file stands behind its third line, and is put back there if not.
 * On success conductor_fini() frees what the conductor has; the file stays its owner's. 0, or
 * -EINVAL with `error`, or 1: it is none.
 */
int conductor_init(struct conductor *conductor, FILE *file, const char *path,
		   const struct scenario *scenario, struct yaml_error *error);
void conductor_fini(struct conductor *conductor);

/* The VMs are there, and nobody has run. The host is stopped at a difference. 0 or -errno. */
int conductor_begin(struct conductor *conductor, const struct cloud *cloud);

/* Nobody can go on: makes the next move. False: there is none, or the last one differed. */
bool conductor_next(struct conductor *conductor, const struct cloud *cloud);

/* Writes what was found. 0, or -errno of writing. */
int conductor_write(const struct exploration *exploration, const struct explore_path *path, FILE *to);

#endif
