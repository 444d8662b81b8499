/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd.h - the commands of `baton`. Each gets argv with its own name first, and
 * returns an enum status.
 */
#ifndef BATON_CLI_CMD_H
#define BATON_CLI_CMD_H

struct run_options;

int cmd_run(int argc, char **argv);
int cmd_lab(int argc, char **argv);
int cmd_sim(int argc, char **argv);
int cmd_snapshot(int argc, char **argv);
int cmd_exits(int argc, char **argv);
int cmd_explore(int argc, char **argv);
int cmd_play(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

/* `baton run` with its command line already taken apart. */
int cmd_run_with(const struct run_options *options);

#endif
