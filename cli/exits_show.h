/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_show.h - figures about exits, as tables for people, as JSON and as CSV.
 */
#ifndef BATON_CLI_EXITS_SHOW_H
#define BATON_CLI_EXITS_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "exits.h"

struct terminal;

#define EXITS_JSON_VERSION 1

struct exits_show {
	const struct terminal *terminal; /* where it goes, and its colours */
	const char *source; /* its name */
	bool all;  /* every VM is shown, so that they make a host */
	bool rates; /* per second; needs an interval */
	size_t width; /* columns; 0: 80 */
};

/* Tables. `exits` is sorted. */
void exits_show(const struct exits_show *show, const struct exits *exits);

/* The reasons that there are, with what they mean. */
void exits_show_names(const struct terminal *terminal);

/* The whole as a JSON object, and sums as members of one. */
json_t *exits_json(const struct exits *exits, const char *source);
void exits_json_sums(json_t *object, const struct exits *exits, const struct exits_sums *sums);

/* A line of names, and then one for each VM and reason. */
void exits_csv_head(FILE *to);
void exits_csv(const struct exits *exits, FILE *to);

#endif
