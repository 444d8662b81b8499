/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interrupt.h - Ctrl-C and SIGTERM stop a run, so that it still reports.
 */
#ifndef BATON_CLI_INTERRUPT_H
#define BATON_CLI_INTERRUPT_H

struct baton_host;

#include <stdbool.h>

/*
 * From now on the first SIGINT or SIGTERM stops this host, and a second one of
 * its kind ends the process as usual. One host at a time; NULL: none is stopped, but
 * interrupt_came() tells.
 */
void interrupt_stops(struct baton_host *host);

/* Has there been one since? */
bool interrupt_came(void);

/* Puts both signals back to what they do by default. */
void interrupt_ends(void);

#endif
