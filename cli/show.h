/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show.h - a line per exit or per turn while a run goes on.
 */
#ifndef BATON_CLI_SHOW_H
#define BATON_CLI_SHOW_H

#include <stdint.h>

#include "baton/baton.h"
#include "scenario.h"

struct terminal;

struct show_lines {
	struct terminal *terminal; /* borrowed */
	struct baton_observer observer;
	int name_width;	   /* so that columns line up */
	uint64_t begin_ns; /* of the first turn; 0 before it */
};

/* `lines` must outlive the host that is created with &lines->observer and `lines` as context. */
void show_init(struct show_lines *lines, const struct scenario *scenario,
	       struct terminal *terminal);

/* One exit in words, without the VM: "out 0x10 ← 7". Death reports use it too. */
struct show_exit_text {
	char text[80];
};
struct show_exit_text show_exit(const struct baton_exit *exit);

#endif
