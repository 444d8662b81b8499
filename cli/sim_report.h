/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_report.h - the figures of a simulation as tables, and as JSON.
 */
#ifndef BATON_CLI_SIM_REPORT_H
#define BATON_CLI_SIM_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct sim_plan;
struct sim_result;

#define SIM_JSON_VERSION 1

void sim_report_print(const struct sim_plan *plan, const struct sim_result *result, FILE *to);

/* One of each result. */
void sim_report_print_sweep(const struct sim_plan *plan, const struct sim_result *results,
			    size_t count, FILE *to);

/* All that repeats: no time of this machine is in it. The caller owns the object. */
json_t *sim_report_json(const struct sim_plan *plan, const struct sim_result *results, size_t count,
			bool sweep);

#endif
