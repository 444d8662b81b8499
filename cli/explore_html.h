/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_html.h - what an exploration has found as a page: one file, which needs no other.
 */
#ifndef BATON_CLI_EXPLORE_HTML_H
#define BATON_CLI_EXPLORE_HTML_H

#include "explore_path.h"

/* Writes it. The schedule is gone again for that. 0, or -errno of writing. */
int explore_html(struct exploration *exploration, const struct explore_path *path, FILE *to);

#endif
