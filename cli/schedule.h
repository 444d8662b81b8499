/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedule.h - a schedule file: whose turn it is, one entry after the other.
 *
 * VMs go by their number in the scenario, from 1. With up to nine VMs each digit
 * is a turn, so "1221" is four of them. With more, a turn is a number, and blanks
 * or commas stand between numbers. Spaces, tabs, commas, line ends (\n and \r\n)
 * separate, and `#` begins a comment that goes on to the end of its line. Nothing
 * else is allowed; the last line may lack its end.
 *
 * The file is read twice: once to check all of it before anything runs, once to
 * feed the run. Memory is constant. A file that changes in between ends the
 * schedule where it is no longer what was checked.
 */
#ifndef BATON_CLI_SCHEDULE_H
#define BATON_CLI_SCHEDULE_H

#include <stdio.h>

#include "baton/sched.h"
#include "yaml_reader.h" /* struct place, struct yaml_error */

/* As many VMs as single digits can name. */
#define SCHEDULE_DIGITS 9

struct schedule {
	struct baton_script script; /* gives the turns; its context is this very object */
	FILE *file;
	size_t vms;
	int byte;	 /* the last that was read, or EOF */
	struct place at; /* where it stands */
	uint64_t turns;	 /* in the file, as it was checked */
	uint64_t given;	 /* of these, by script.next() */
	bool over;
	bool changed; /* the file turned out not to be what was checked */
};

/*
 * Opens a schedule for so many VMs and checks all of it. Returns 0, or -EINVAL
 * with `error`: at its place in the file, or at line 0 where the file as such is
 * at fault. On success schedule_close() closes it, and it must not move.
 */
int schedule_open(struct schedule *schedule, const char *path, size_t vms,
		  struct yaml_error *error);

/* The same for a file that is open, and can be rewound. On failure it stays open. */
int schedule_check(struct schedule *schedule, FILE *file, size_t vms, struct yaml_error *error);

void schedule_close(struct schedule *schedule);

#endif
