/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_json.h - a run's figures for programs, as baton-run(1) documents them.
 */
#ifndef BATON_CLI_REPORT_JSON_H
#define BATON_CLI_REPORT_JSON_H

#include <stdio.h>

struct cloud;

#define REPORT_JSON_VERSION 1

/* Writes one JSON object and a newline. 0 or -EIO. */
int report_json_write(const struct cloud *cloud, FILE *to);

#endif
