/* SPDX-License-Identifier: Apache-2.0 */
/*
 * from.h - `--from FILE`: a run that goes on from a snapshot's file.
 *
 * The VMs are made anew, as the file's note says they were made, but without images; what
 * the file has takes their place.
 */
#ifndef BATON_CLI_FROM_H
#define BATON_CLI_FROM_H

#include "baton/snapshot.h"
#include "cloud.h"
#include "note.h"
#include "run_options.h"

struct from {
	struct baton_snapshot_file *file;
	struct note note;
	struct run_options made_by; /* the command line of the note */
	bool anew; /* whatever draws is to draw something else than it would have */
};

/* Opens a file. STATUS_MET, or STATUS_USAGE or STATUS_CANNOT with a message on stderr. */
enum status from_open(struct from *from, const char *command, const char *path);
void from_close(struct from *from);

/* What scenario_init() is to be given: the scenario's file, or NULL. */
const char *from_scenario(const struct from *from);

/* Reads the scenario that the note has, with the options of that time. 0, or -EINVAL with `error`. */
int from_parse(const struct from *from, struct scenario *scenario, struct yaml_error *error);

/* Before scenario_finish(): no image is needed, nor is a number of exits or turns expected. 0, or -EINVAL with `error`. */
int from_blank(const struct from *from, struct scenario *scenario, struct yaml_error *error);

/*
 * The VMs of a cloud that has not run become those of the file, on a new host. As
 * from_open(). After a failure the cloud can only be destroyed.
 */
enum status from_load(const struct from *from, struct cloud *cloud, struct show_lines *lines,
		      struct outlet *to);

#endif
