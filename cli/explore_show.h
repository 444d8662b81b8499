/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_show.h - what an exploration has found, as a person wants to read it, and as JSON.
 */
#ifndef BATON_CLI_EXPLORE_SHOW_H
#define BATON_CLI_EXPLORE_SHOW_H

#include "explore_path.h"

/* Verdict, figures, outcomes; and, if it is wanted, the listing of the schedule. */
void explore_show(const struct exploration *exploration, const struct explore_path *path, bool listing,
		  const struct terminal *terminal);

/* 0, or -errno of writing. `path` may be NULL. */
int explore_json(const struct exploration *exploration, const struct explore_path *path, FILE *to);

/* What was found, as a clause: "VM left: …"; "" if nothing. */
struct explore_finding {
	char text[400];
};
struct explore_finding explore_finding(const struct exploration *exploration);

#endif
