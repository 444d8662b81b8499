/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot_show.h - `baton snapshot --show FILE`: what is in a file. Needs no KVM.
 */
#ifndef BATON_CLI_SNAPSHOT_SHOW_H
#define BATON_CLI_SNAPSHOT_SHOW_H

#include <stdio.h>

struct from;

void snapshot_show(const struct from *from, FILE *to);

/* One object. 0, or -errno of writing it. */
int snapshot_show_json(const struct from *from, FILE *to);

#endif
