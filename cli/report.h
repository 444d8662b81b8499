/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - a run's figures, as a table for people.
 */
#ifndef BATON_CLI_REPORT_H
#define BATON_CLI_REPORT_H

struct cloud;
struct terminal;

/* VMs, exits, ledger, deaths, expectations: everything, at most 80 columns wide. */
void report_print(const struct cloud *cloud, const struct terminal *terminal);

/* Only what went wrong: a line per death and per unmet expectation. */
void report_print_faults(const struct cloud *cloud, const struct terminal *terminal);

#endif
