/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_missing.h - why nobody counts exits here, and what can be done about it.
 */
#ifndef BATON_CLI_EXITS_MISSING_H
#define BATON_CLI_EXITS_MISSING_H

#include <stdio.h>

#include "exits_source.h"

/* What machine_facts_read() does not tell. */
struct exits_facts {
	bool root, pvm, hardware; /* which KVM is loaded */
	char lockdown[24]; /* "integrity", "confidentiality", or "" */
};

void exits_facts_read(const char *root, struct exits_facts *facts);

/* Two lines or more for each source, of which `diags` says why it cannot be had. */
void exits_missing_print(const struct exits_facts *facts,
			 const struct baton_diag diags[EXITS_SOURCES], FILE *to);

#endif
